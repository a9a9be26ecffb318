//! A relation of another table, attached to a query and to a relation.

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
    let db = Db::connect("sqlite::memory:").expect("a database");
    let _ = User::query().with(Post::tags()).all(&db);
    let _ = User::query().with(User::posts().with(User::posts())).first(&db);
    let _ = Post::query().filter(User::posts().exists());
    let _ = Post::tags().counts(&db, &[] as &[User]);
}
