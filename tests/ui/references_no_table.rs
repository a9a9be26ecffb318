//! A reference to a struct that is no table.

use mizzle::prelude::*;

pub struct User {
    pub id: i64,
}

#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User))]
    pub author_id: i64,
}

fn main() {}
