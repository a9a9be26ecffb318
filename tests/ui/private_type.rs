//! A table that shows more than it may.

use mizzle::prelude::*;

#[derive(Enum, Debug, Clone)]
enum Status {
    Draft,
}

#[derive(Table)]
struct User {
    #[column(primary_key, auto)]
    id: i64,
}

#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User))]
    author_id: i64,
    status: Status,
}

fn main() {}
