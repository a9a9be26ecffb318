//! Names that a database or diesel's module can't have.

use mizzle::prelude::*;

#[derive(Table)]
#[table(name = "user-accounts")]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub table: String,
    #[column(name = "a_name_that_is_far_too_long_for_postgresql_which_keeps_63_bytes_of_it")]
    pub long: String,
}

#[derive(Table)]
#[table(name = "status")]
pub struct Status {
    #[column(primary_key, auto)]
    pub id: i64,
    pub status: String,
}

#[derive(Table)]
#[table(name = "sqlite_things")]
pub struct Thing {
    #[column(primary_key, auto)]
    pub id: i64,
}

fn main() {}
