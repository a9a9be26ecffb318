//! A filter that is neither true nor false.

use mizzle::prelude::*;

#[derive(Enum, Debug, Clone, Copy, PartialEq)]
pub enum Status {
    Draft,
    Published,
}

#[derive(Newtype, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserId(pub i64);

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: UserId,
    pub email: String,
    pub name: Option<String>,
}

#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    pub author_id: UserId,
    pub status: Status,
    pub likes: i64,
}

mizzle::schema!(pub Blog = [User, Post]);

fn main() {
    let _ = posts::table.filter(posts::likes);
}
