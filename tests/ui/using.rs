//! An UPDATE and a DELETE with rows of another table.

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
    Post::query().using(users::table, tags::word.eq("x")).delete(db)?;
    Post::query().using(users::table, posts::likes).delete(db)?;
    Post::query().using("users", posts::author_id.eq(users::id)).delete(db)?;
    let by_author = || Post::query().using(users::table, posts::author_id.eq(users::id));
    by_author().set(posts::likes, users::email).update(db)?;
    by_author().set(posts::likes, tags::id).update(db)?;
    by_author().set(posts::likes, "5").update(db)?;
    by_author().set(users::age, 5).update(db)?;
    by_author().all(db)?;
    Ok(())
}
