//! Locks of what is no table, and names for expressions.

use mizzle::dsl;
use mizzle::prelude::*;

#[derive(Enum, Debug, Clone, Copy, PartialEq)]
pub enum Status {
    Draft,
    Published,
}

#[derive(Table, Debug, Clone)]
#[table(has_many(posts = Post))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
    pub age: i32,
    pub meta: serde_json::Value,
}

#[derive(Table, Debug, Clone)]
#[table(has_many(tags = Tag))]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User))]
    pub author_id: i64,
    pub status: Status,
    pub likes: i64,
}

#[derive(Table, Debug, Clone)]
pub struct Tag {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Post))]
    pub post_id: i64,
    pub word: String,
}

mizzle::schema!(pub Blog = [User, Post, Tag]);

fn main() {}

fn mistakes(db: &Db) -> mizzle::Result<()> {
    User::query().lock("update").all(db)?;
    User::query().lock(Lock::update().of("users")).all(db)?;
    User::query().lock(Lock::update().of(users::id)).all(db)?;
    let _ = dsl::key(users::email);
    let _ = dsl::key("name", "value");
    Ok(())
}
