//! By hand, over rusqlite with its cache of prepared statements.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use super::{ROWS, Workload, key};
use crate::table::{Author, Comment, NewPerson, Person, Post, create_table, fill_blog, new_person};

const COLUMNS: &str = "id, name, email, nickname, age, balance, active";

fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        nickname: row.get(3)?,
        age: row.get(4)?,
        balance: row.get(5)?,
        active: row.get(6)?,
    })
}

fn insert_sql(rows: usize) -> String {
    let values = vec!["(?, ?, ?, ?, ?, ?)"; rows].join(", ");
    format!("INSERT INTO people (name, email, nickname, age, balance, active) VALUES {values}")
}

fn insert_many(connection: &Connection, sql: &str, rows: &[NewPerson]) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut values: Vec<&dyn rusqlite::ToSql> = Vec::with_capacity(rows.len() * 6);
    for row in rows {
        values.extend_from_slice(&[
            &row.name as &dyn rusqlite::ToSql,
            &row.email,
            &row.nickname,
            &row.age,
            &row.balance,
            &row.active,
        ]);
    }
    statement.execute(&*values)
}

/// Three statements, grouped by hand.
fn blog(connection: &Connection) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached("SELECT id, name FROM authors")?;
    let authors = statement
        .query_map([], |row| Ok(Author { id: row.get(0)?, name: row.get(1)? }))?
        .collect::<Result<Vec<_>, _>>()?;
    let marks = |count: usize| vec!["?"; count].join(", ");
    let sql = format!("SELECT id, author_id, title FROM posts WHERE author_id IN ({})", marks(authors.len()));
    let mut statement = connection.prepare_cached(&sql)?;
    let posts = statement
        .query_map(rusqlite::params_from_iter(authors.iter().map(|author| author.id)), |row| {
            Ok(Post { id: row.get(0)?, author_id: row.get(1)?, title: row.get(2)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let sql = format!("SELECT id, post_id, text FROM comments WHERE post_id IN ({})", marks(posts.len()));
    let mut statement = connection.prepare_cached(&sql)?;
    let comments = statement
        .query_map(rusqlite::params_from_iter(posts.iter().map(|post| post.id)), |row| {
            Ok(Comment { id: row.get(0)?, post_id: row.get(1)?, text: row.get(2)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut of_posts: HashMap<i64, Vec<Comment>> = HashMap::with_capacity(posts.len());
    for comment in comments {
        of_posts.entry(comment.post_id).or_default().push(comment);
    }
    let mut of_authors: HashMap<i64, Vec<(Post, Vec<Comment>)>> = HashMap::with_capacity(authors.len());
    for post in posts {
        let comments = of_posts.remove(&post.id).unwrap_or_default();
        of_authors.entry(post.author_id).or_default().push((post, comments));
    }
    let blog: Vec<(Author, Vec<(Post, Vec<Comment>)>)> = authors
        .into_iter()
        .map(|author| {
            let posts = of_authors.remove(&author.id).unwrap_or_default();
            (author, posts)
        })
        .collect();
    Ok(blog.iter().flat_map(|(_, posts)| posts).map(|(_, comments)| comments.len() as u64).sum())
}

fn batch(time: u64) -> Vec<NewPerson> {
    (0..100).map(|number| new_person(ROWS + 1 + time as i64 * 100 + number)).collect()
}

pub fn run(workload: Workload, times: u64) -> u64 {
    try_run(workload, times).expect("the workload runs")
}

fn try_run(workload: Workload, times: u64) -> rusqlite::Result<u64> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(&create_table())?;
    for number in 1..=ROWS {
        insert_many(&connection, &insert_sql(1), &[new_person(number)])?;
    }
    let mut sum = 0;
    match workload {
        Workload::Find => {
            let sql = format!("SELECT {COLUMNS} FROM people WHERE id = ?");
            for time in 0..times {
                let mut statement = connection.prepare_cached(&sql)?;
                let found = statement.query_row([key(time)], person)?;
                sum += found.age as u64;
            }
        }
        Workload::Filter => {
            let sql = format!("SELECT {COLUMNS} FROM people WHERE email = ?");
            for time in 0..times {
                let email = format!("person{}@example.com", key(time));
                let mut statement = connection.prepare_cached(&sql)?;
                let found = statement.query_map([&email], person)?.collect::<Result<Vec<_>, _>>()?;
                sum += found.len() as u64;
            }
        }
        Workload::Page => {
            let sql = format!("SELECT {COLUMNS} FROM people WHERE active = ? ORDER BY id LIMIT ?+0");
            for _ in 0..times {
                let mut statement = connection.prepare_cached(&sql)?;
                let found = statement.query_map(params![true, 20], person)?.collect::<Result<Vec<_>, _>>()?;
                sum += found.len() as u64;
            }
        }
        Workload::Load => {
            let sql = format!("SELECT {COLUMNS} FROM people");
            for _ in 0..times {
                let mut statement = connection.prepare_cached(&sql)?;
                let found = statement.query_map([], person)?.collect::<Result<Vec<_>, _>>()?;
                sum += found.len() as u64;
            }
        }
        Workload::Insert => {
            let sql = format!("{} RETURNING {COLUMNS}", insert_sql(1));
            for time in 0..times {
                let new = new_person(ROWS + 1 + time as i64);
                let mut statement = connection.prepare_cached(&sql)?;
                let stored = statement.query_row(
                    params![new.name, new.email, new.nickname, new.age, new.balance, new.active],
                    person,
                )?;
                sum += stored.age as u64;
            }
        }
        Workload::Insert100 => {
            let sql = insert_sql(100);
            for time in 0..times {
                sum += insert_many(&connection, &sql, &batch(time))? as u64;
            }
        }
        Workload::Relations => {
            connection.execute_batch(&fill_blog())?;
            for _ in 0..times {
                sum += blog(&connection)?;
            }
        }
        Workload::Update => {
            let sql = "UPDATE people SET name = ?, email = ?, nickname = ?, age = ?, balance = ?, active = ? WHERE id = ?";
            let mut row = connection
                .query_row(&format!("SELECT {COLUMNS} FROM people WHERE id = 5000"), [], person)?;
            for time in 0..times {
                row.age = (time % 100) as i32;
                let mut statement = connection.prepare_cached(sql)?;
                sum += statement.execute(params![
                    row.name, row.email, row.nickname, row.age, row.balance, row.active, row.id
                ])? as u64;
            }
        }
    }
    Ok(sum)
}
