//! Two tables that are together in two schemas.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
}

#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
}

mizzle::schema!(pub Blog = [User, Post]);
mizzle::schema!(pub All = [User, Post]);

fn main() {}
