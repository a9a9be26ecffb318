//! An upsert by a column of another table.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub email: String,
}

#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
}

fn upsert(db: &Db) -> mizzle::Result<User> {
    db.upsert_on(posts::id, NewUser::builder().email("ada@example.com").build())
}

fn main() {}
