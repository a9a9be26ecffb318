//! diesel, as its guides write it.

use diesel::prelude::*;

use super::{ROWS, Workload, key};
use crate::table::{Person, create_table, fill_blog, new_person};

diesel::table! {
    people (id) {
        id -> BigInt,
        name -> Text,
        email -> Text,
        nickname -> Nullable<Text>,
        age -> Integer,
        balance -> Double,
        active -> Bool,
    }
}

diesel::table! {
    authors (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    posts (id) {
        id -> BigInt,
        author_id -> BigInt,
        title -> Text,
    }
}

diesel::table! {
    comments (id) {
        id -> BigInt,
        post_id -> BigInt,
        text -> Text,
    }
}

diesel::joinable!(posts -> authors (author_id));
diesel::joinable!(comments -> posts (post_id));
diesel::allow_tables_to_appear_in_same_query!(authors, posts, comments);

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = authors)]
#[diesel(check_for_backend(diesel::sqlite::Sqlite))]
#[allow(dead_code)]
struct Author {
    id: i64,
    name: String,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = posts, belongs_to(Author))]
#[diesel(check_for_backend(diesel::sqlite::Sqlite))]
#[allow(dead_code)]
struct Post {
    id: i64,
    author_id: i64,
    title: String,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = comments, belongs_to(Post))]
#[diesel(check_for_backend(diesel::sqlite::Sqlite))]
#[allow(dead_code)]
struct Comment {
    id: i64,
    post_id: i64,
    text: String,
}

#[derive(Queryable, Selectable, AsChangeset, Identifiable)]
#[diesel(table_name = people)]
#[diesel(treat_none_as_null = true)]
#[diesel(check_for_backend(diesel::sqlite::Sqlite))]
struct Row {
    id: i64,
    name: String,
    email: String,
    nickname: Option<String>,
    age: i32,
    balance: f64,
    active: bool,
}

#[derive(Insertable)]
#[diesel(table_name = people)]
struct NewRow {
    name: String,
    email: String,
    nickname: Option<String>,
    age: i32,
    balance: f64,
    active: bool,
}

fn new_row(number: i64) -> NewRow {
    let new = new_person(number);
    NewRow {
        name: new.name,
        email: new.email,
        nickname: new.nickname,
        age: new.age,
        balance: new.balance,
        active: new.active,
    }
}

pub fn run(workload: Workload, times: u64) -> u64 {
    try_run(workload, times).expect("the workload runs")
}

fn try_run(workload: Workload, times: u64) -> QueryResult<u64> {
    use diesel::connection::SimpleConnection;
    let connection = &mut SqliteConnection::establish(":memory:").expect("a database in memory");
    connection.batch_execute(&create_table())?;
    for number in 1..=ROWS {
        diesel::insert_into(people::table).values(new_row(number)).execute(connection)?;
    }
    let mut sum = 0;
    match workload {
        Workload::Find => {
            for time in 0..times {
                let found = people::table.find(key(time)).select(Row::as_select()).get_result(connection)?;
                sum += found.age as u64;
            }
        }
        Workload::Filter => {
            for time in 0..times {
                let email = format!("person{}@example.com", key(time));
                let found = people::table
                    .filter(people::email.eq(&email))
                    .select(Row::as_select())
                    .load(connection)?;
                sum += found.len() as u64;
            }
        }
        Workload::Page => {
            for _ in 0..times {
                let found = people::table
                    .filter(people::active.eq(true))
                    .order_by(people::id)
                    .limit(20)
                    .select(Row::as_select())
                    .load(connection)?;
                sum += found.len() as u64;
            }
        }
        Workload::Load => {
            for _ in 0..times {
                sum += people::table.select(Row::as_select()).load(connection)?.len() as u64;
            }
        }
        Workload::Insert => {
            for time in 0..times {
                let stored = diesel::insert_into(people::table)
                    .values(new_row(ROWS + 1 + time as i64))
                    .returning(Row::as_returning())
                    .get_result(connection)?;
                sum += stored.age as u64;
            }
        }
        Workload::Insert100 => {
            for time in 0..times {
                let rows: Vec<NewRow> =
                    (0..100).map(|number| new_row(ROWS + 1 + time as i64 * 100 + number)).collect();
                sum += diesel::insert_into(people::table).values(&rows).execute(connection)? as u64;
            }
        }
        Workload::Relations => {
            connection.batch_execute(&fill_blog())?;
            for _ in 0..times {
                let authors = authors::table.select(Author::as_select()).load(connection)?;
                let posts = Post::belonging_to(&authors).select(Post::as_select()).load(connection)?;
                let comments =
                    Comment::belonging_to(&posts).select(Comment::as_select()).load(connection)?;
                let comments = comments.grouped_by(&posts);
                let posts = posts.into_iter().zip(comments).grouped_by(&authors);
                let blog: Vec<(Author, Vec<(Post, Vec<Comment>)>)> =
                    authors.into_iter().zip(posts).collect();
                sum += blog
                    .iter()
                    .flat_map(|(_, posts)| posts)
                    .map(|(_, comments)| comments.len() as u64)
                    .sum::<u64>();
            }
        }
        Workload::Update => {
            let mut row = people::table.find(5000).select(Row::as_select()).first(connection)?;
            for time in 0..times {
                row.age = (time % 100) as i32;
                sum += diesel::update(&row).set(&row).execute(connection)? as u64;
            }
        }
    }
    Ok(sum)
}

/// Keeps the table's struct in one place with the others.
#[allow(dead_code)]
fn same_row(row: Row) -> Person {
    Person {
        id: row.id,
        name: row.name,
        email: row.email,
        nickname: row.nickname,
        age: row.age,
        balance: row.balance,
        active: row.active,
    }
}
