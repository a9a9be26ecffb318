//! Relations that are not written as they should be.

use mizzle::prelude::*;

#[derive(Table)]
#[table(
    has_many(Post),
    has_many(posts = Post, on = author_id),
    has_one(profile = Profile, through = Link),
    many_to_many(tags = Tag),
    belongs_to(team = Team)
)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
}

fn main() {}
