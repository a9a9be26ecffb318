//! Comparisons of rows, and operators of JSON documents.

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
    let row = || dsl::row((users::age, users::email));
    User::query().filter(row().gt(5)).all(db)?;
    User::query().filter(row().gt((5, "x", 7))).all(db)?;
    User::query().filter(row().gt((5, 6))).all(db)?;
    User::query().filter(dsl::row((users::age, posts::likes)).gt((5, 7))).all(db)?;
    User::query().filter(users::meta.get(5.0).is_null()).all(db)?;
    User::query().filter(users::meta.get("a").eq("x")).all(db)?;
    User::query().filter(users::meta.get_text("a").eq(5)).all(db)?;
    User::query().filter(users::meta.contains("x")).all(db)?;
    User::query().filter(users::meta.has_key(5)).all(db)?;
    User::query().filter(users::age.has_key("x")).all(db)?;
    Ok(())
}
