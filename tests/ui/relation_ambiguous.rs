//! A relation along one of several references, which is not named.

use mizzle::prelude::*;

#[derive(Table)]
#[table(has_many(posts = Post), many_to_many(follows = User, through = Follow))]
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
    #[column(references(User))]
    pub editor_id: i64,
}

#[derive(Table)]
#[table(primary_key(follower_id, followed_id))]
pub struct Follow {
    #[column(references(User))]
    pub follower_id: i64,
    #[column(references(User))]
    pub followed_id: i64,
}

fn main() {}
