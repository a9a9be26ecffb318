//! The blog's tables. A change here becomes a migration by `cargo run --example db --features kit -- generate`.

use mizzle::prelude::*;

/// Who writes.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "users", has_many(posts = Post))]
pub struct User {
    /// Counted up by the database.
    #[column(primary_key, auto)]
    pub id: i64,
    /// Where mail reaches them.
    #[column(unique)]
    pub email: String,
    /// What others call them; it was `name` at first.
    #[column(unique, renamed_from = "name")]
    pub nick: Option<String>,
    /// When they joined.
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
}

/// What they write.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    name = "posts",
    index(author_id, created_at.desc()),
    check(title_not_empty = "length(title) > 0")
)]
pub struct Post {
    /// Counted up by the database.
    #[column(primary_key, auto)]
    pub id: i64,
    /// Who wrote it. Goes with them.
    #[column(references(User, on_delete = cascade))]
    pub author_id: i64,
    /// What stands above it.
    pub title: String,
    /// Whether others see it.
    #[column(default = false)]
    pub published: bool,
    /// When it was written.
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
}

mizzle::schema! {
    /// All tables of the blog.
    pub Blog = [User, Post]
}
