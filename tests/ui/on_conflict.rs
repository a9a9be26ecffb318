//! A condition and a column of another table in an upsert.

use mizzle::on_conflict;
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
    pub draft: bool,
}

fn condition() {
    let _ = on_conflict(users::email).filter_target(posts::draft);
}

fn column() {
    let _ = on_conflict(users::email).except(posts::draft);
}

fn upsert(db: &Db) -> mizzle::Result<User> {
    db.upsert_on(on_conflict(posts::id), NewUser::builder().email("ada@example.com").build())
}

fn main() {}
