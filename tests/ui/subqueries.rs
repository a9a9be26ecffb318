//! Queries in FROM, and beside the rows of a table.

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

#[derive(Cte, Debug)]
pub struct Best {
    pub author_id: i64,
    pub likes: i64,
}

fn main() {}

fn mistakes(db: &Db) -> mizzle::Result<()> {
    let _ = Best::subquery(posts::table.select((posts::likes, posts::status)));
    let _ = Best::subquery(Post::query());
    let of_author = posts::table.filter(posts::author_id.eq(users::id));
    let _ = Best::lateral(users::table, of_author.select(posts::likes));
    let _ = Best::lateral(tags::table, of_author.select((posts::author_id, posts::likes)));
    let _ = Best::lateral(User::query(), of_author.select((posts::author_id, posts::likes)));
    let _ = Best::lateral(users::table, Post::query());
    let _: Vec<User> = db.load(Best::subquery(posts::table.select((posts::author_id, posts::likes))))?;
    Ok(())
}
