//! A column of another table in a relation.

use mizzle::prelude::*;

#[derive(Table)]
#[table(has_many(posts = Post))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
}

#[derive(Table)]
#[table(has_many(tags = Tag))]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User))]
    pub author_id: i64,
}

#[derive(Table)]
pub struct Tag {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Post))]
    pub post_id: i64,
}

mizzle::schema!(pub Blog = [User, Post, Tag]);

fn main() {
    let _ = User::posts().filter(users::id.eq(1));
    let _ = User::posts().order_by(tags::id);
    let _ = User::posts().filter(posts::author_id);
}
