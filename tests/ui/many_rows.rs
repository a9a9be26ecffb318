//! Calls that write many rows.

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

fn mistakes(db: &Db, user: &User, new: &NewUser) -> mizzle::Result<()> {
    db.insert_all(new)?;
    db.insert_all([user])?;
    db.update_all(user)?;
    db.update_all([user])?;
    db.update_all([new])?;
    db.upsert_all([user])?;
    db.upsert_all_on("email", [new.clone()])?;
    db.upsert_all_on(posts::id, [new.clone()])?;
    db.copy_in(5)?;
    db.copy_in([1, 2])?;
    db.copy_in([user.clone()].iter())?;
    db.insert_graph(new.clone())?;
    db.insert_graph([new.clone()])?;
    db.insert_graph([new.clone().with_new(Post::tags(), |_| Vec::<NewTag>::new())])?;
    Ok(())
}

fn the_row_that_others_refer_to(post: NewPost, user: NewUser) {
    let _ = post.with_new(Post::author(), |_| user);
}
