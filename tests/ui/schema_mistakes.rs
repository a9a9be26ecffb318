//! Schemas that are no set of tables.

use mizzle::prelude::*;

pub struct Post;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub email: String,
}


mizzle::schema!(pub Twice = [User, User]);
mizzle::schema!(pub Empty = []);
mizzle::schema!(pub NoTable = [User, Post]);
mizzle::schema!(Missing: [User]);

fn main() {}
