//! Rows of a diesel query, read as another type.

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
    let _: Vec<User> = db.load(posts::table)?;
    let _: Vec<(i64, String)> = db.load(posts::table.select((posts::id, posts::likes)))?;
    let _: Option<String> = db.first(users::table.select(users::age))?;
    let _: i64 = db.one(posts::table.select(posts::likes.nullable()))?;
    for post in db.stream(posts::table)? {
        let _: User = post?;
    }
    Ok(())
}
