//! The table and its rows.

use mizzle::prelude::*;

/// A row, as each of the three reads it.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "people")]
pub struct Person {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
    #[column(unique)]
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

mizzle::schema!(pub People = [Person]);

/// Row number `number`, before it has a key.
pub fn new_person(number: i64) -> NewPerson {
    NewPerson::builder()
        .name(format!("Person {number}"))
        .email(format!("person{number}@example.com"))
        .maybe_nickname((number % 3 == 0).then(|| format!("P{number}")))
        .age(18 + (number % 60) as i32)
        .balance(number as f64 * 1.25)
        .active(number % 2 == 0)
        .build()
}

/// The SQL of the table, as mizzle creates it.
pub fn create_table() -> String {
    use mizzle::{Dialect, Schema};
    mizzle::schema::create_schema(&People::tables(), Dialect::Sqlite).expect("a valid schema").join(";\n")
}
