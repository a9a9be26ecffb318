//! Columns that the struct does not have.

use mizzle::prelude::*;

#[derive(Table)]
#[table(
    index(author_id, craeted_at.desc()),
    unique(email),
    foreign_key(auther_id, references(User)),
)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    pub author_id: i64,
    pub created_at: NaiveDateTime,
}

#[derive(Table)]
#[table(primary_key(user, post_id, post_id))]
pub struct Like {
    pub user_id: i64,
    pub post_id: i64,
}

fn main() {}
