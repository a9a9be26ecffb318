//! By hand, over rusqlite with its cache of prepared statements.

use rusqlite::{Connection, Row, params};

use super::{ROWS, Workload, key};
use crate::table::{NewPerson, Person, create_table, new_person};

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
