//! An enum without its derive, in several columns, as a default and in queries: one error.

use mizzle::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Status {
    Draft,
    Published,
}

#[derive(Table, Debug, Clone)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    pub status: Status,
    pub before: Option<Status>,
    #[column(default = Status::Draft)]
    pub after: Status,
}

mizzle::schema!(pub Blog = [Post]);

fn queries(db: &Db) -> mizzle::Result<()> {
    let post = db.insert(NewPost::builder().status(Status::Draft).build())?;
    Post::query().filter(posts::status.eq(Status::Draft)).order_by(posts::after).all(db)?;
    let _: Vec<Post> = db.load(posts::table.filter(posts::before.eq(Some(Status::Draft))))?;
    db.update_by_key::<Post>(post.id, PostChanges::default().status(Status::Published))?;
    db.update(&post)
}

fn main() {}
