//! The table and its rows.

use mizzle::prelude::*;

/// A row, as each of the three reads it.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "people")]
pub struct Person {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
    #[column(unique)]
    pub email: String,
    pub nickname: Option<String>,
    pub age: i32,
    pub balance: f64,
    pub active: bool,
}

/// The writer of posts.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "authors", has_many(posts = Post))]
pub struct Author {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
}

/// A post of an author.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "posts", index(author_id), has_many(comments = Comment))]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Author))]
    pub author_id: i64,
    pub title: String,
}

/// A comment on a post.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(name = "comments", index(post_id))]
pub struct Comment {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Post))]
    pub post_id: i64,
    pub text: String,
}

mizzle::schema!(pub People = [Person, Author, Post, Comment]);

/// 100 authors with 10 posts each with 5 comments each, as SQL.
pub fn fill_blog() -> String {
    let numbers = |count: u32| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
    };
    format!(
        "INSERT INTO authors (name) {} SELECT 'Author ' || i FROM n;
         INSERT INTO posts (author_id, title) {} SELECT (i - 1) % 100 + 1, 'Post ' || i FROM n;
         INSERT INTO comments (post_id, text) {} SELECT (i - 1) % 1000 + 1, 'Comment ' || i FROM n;",
        numbers(100),
        numbers(1000),
        numbers(5000)
    )
}

/// Row number `number`, before it has a key.
pub fn new_person(number: i64) -> NewPerson {
    NewPerson::builder()
        .name(format!("Person {number}"))
        .email(format!("person{number}@example.com"))
        .maybe_nickname((number % 3 == 0).then(|| format!("P{number}")))
        .age(18 + (number % 60) as i32)
        .balance(number as f64 * 1.25)
        .active(number % 2 == 0)
        .build()
}

/// The SQL of the table, as mizzle creates it.
pub fn create_table() -> String {
    use mizzle::{Dialect, Schema};
    mizzle::schema::create_schema(&People::tables(), Dialect::Sqlite).expect("a valid schema").join(";\n")
}
