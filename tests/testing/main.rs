//! Tests by `#[mizzle::test]`: what they contain, what becomes of their databases, and what they count.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod content;
#[cfg(unix)]
mod cost;
mod counts;
mod inner;
mod runs;

use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq)]
struct User {
    #[column(primary_key, auto)]
    id: i64,
    #[column(unique)]
    email: String,
}

mizzle::schema!(Blog = [User]);

fn user(email: &str) -> NewUser {
    NewUser::builder().email(email).build()
}

fn emails(on: &impl Executor) -> Vec<String> {
    on.load(users::table.select(users::email).order_by(users::id)).unwrap()
}
