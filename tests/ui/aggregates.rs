//! Aggregates of related rows, and relations that rows must have.

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
    User::query().order_by(User::posts().sum(posts::status)).all(db)?;
    User::query().order_by(User::posts().sum(users::age)).all(db)?;
    User::query().order_by(Post::tags().count()).all(db)?;
    User::query().filter(User::posts().count().gt("x")).all(db)?;
    User::query().filter(User::posts()).all(db)?;
    User::query().filter(User::posts().then(User::posts()).count().gt(5)).all(db)?;
    User::query().with(Post::tags().required()).all(db)?;
    db.load::<(i32, i64), _>(User::query().select((users::age, Post::tags().count())))?;
    Ok(())
}
