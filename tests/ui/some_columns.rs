//! Some columns and computed ones with relations.

use diesel::dsl::count_star;
use mizzle::prelude::*;

#[derive(Table, Debug, Clone)]
#[table(has_many(posts = Post))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    pub email: String,
    pub age: Option<i32>,
}

#[derive(Table, Debug, Clone)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User))]
    pub author_id: i64,
    pub title: String,
}

mizzle::schema!(pub Blog = [User, Post]);

#[derive(Row)]
#[row(table = posts)]
pub struct Title {
    title: String,
}

pub struct NoRow {
    title: String,
}

fn main() {}

fn mistakes(db: &Db) -> mizzle::Result<()> {
    // Of another table.
    let _: Vec<(String, String)> = User::query().select((users::email, posts::title)).all(db)?;
    let _: Vec<WithPosts<User, String>> = User::query().with(User::posts().select(users::email)).all(db)?;
    let _: Vec<WithPosts<Title>> = User::query().with(User::posts()).select_as::<Title>().all(db)?;
    let _: Vec<WithAuthor<Post, Title>> = Post::query().with(Post::author().select_as::<Title>()).all(db)?;
    // Of another type.
    let _: Vec<i32> = User::query().select(users::age).all(db)?;
    let _: Vec<WithPosts<(String, i32)>> = User::query().with(User::posts()).select((users::email, User::posts().count())).all(db)?;
    let _: Vec<WithPosts<User, i64>> = User::query().with(User::posts().select(posts::title)).all(db)?;
    let _: Vec<String> = User::query().with(User::posts()).select(users::email).all(db)?;
    let _: Vec<User> = Post::query().select_as::<Title>().all(db)?;
    // Not for each row.
    let _: Vec<WithPosts<i64>> = User::query().with(User::posts()).select(count_star()).all(db)?;
    let _: Vec<WithPosts<User, i64>> = User::query().with(User::posts().select(count_star())).all(db)?;
    // Not a row.
    Post::query().select_as::<NoRow>().all(db)?;
    Ok(())
}
