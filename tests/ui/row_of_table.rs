//! Structs of some columns of a table's rows.

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
}

mizzle::schema!(pub Blog = [User, Post]);

#[derive(Row)]
struct WithoutTable {
    email: String,
    #[row(select = User::posts().count())]
    posts: i64,
}

#[derive(Row)]
#[row(table = users, name = "x")]
struct Attributes {
    #[column(name = "email")]
    mail: String,
    #[row(select = , into = 5)]
    posts: i64,
}

#[derive(Row)]
#[row(table = "users")]
struct Text {
    email: String,
}

#[derive(Row)]
#[row(table = users)]
struct WrongType {
    email: String,
    age: i32,
}

#[derive(Row)]
#[row(table = users)]
struct OtherTable {
    email: String,
    #[row(select = posts::author_id)]
    author: i64,
}

fn main() {}
