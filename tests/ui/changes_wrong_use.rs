//! Changes with values that the columns don't hold.

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
    let _ = UserChanges::default().age("36");
    let _ = UserChanges::default().email(5);
    let _ = UserChanges::default().email(Some("ada@example.com"));
    let _ = PostChanges::default().status("draft");
    User::query().update(db, PostChanges::default())?;
    db.update_by_key::<User>(1, PostChanges::default())?;
    Ok(())
}
