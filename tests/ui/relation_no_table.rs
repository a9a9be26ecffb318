//! A relation to a struct that is no table.

use mizzle::prelude::*;

pub struct Post {
    pub id: i64,
}

#[derive(Table)]
#[table(has_many(posts = Post))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
}

fn main() {}
