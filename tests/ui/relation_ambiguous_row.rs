//! Two tables of one module have a relation of one name, and the row's type does not say of which.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
}

#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User))]
    pub author_id: i64,
}

#[derive(Table)]
pub struct Comment {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User))]
    pub author_id: i64,
}

fn ambiguous(_: WithAuthor<Post>) {}

fn clear(_: post_relations::WithAuthor, _: comment_relations::WithAuthor) {}

fn main() {}
