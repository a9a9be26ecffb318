//! A relation to a table that has no reference to this one.

use mizzle::prelude::*;

#[derive(Table)]
#[table(
    has_many(posts = Post),
    has_one(profile = Profile, via = owner_id),
    many_to_many(tags = Tag, through = PostTag)
)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
}

#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    pub author_id: i64,
}

#[derive(Table)]
pub struct Profile {
    #[column(primary_key, references(User))]
    pub user_id: i64,
    pub owner_id: i64,
}

#[derive(Table)]
pub struct Tag {
    #[column(primary_key, auto)]
    pub id: i64,
}

#[derive(Table)]
#[table(primary_key(post_id, tag_id))]
pub struct PostTag {
    #[column(references(Post))]
    pub post_id: i64,
    #[column(references(Tag))]
    pub tag_id: i64,
}

fn main() {}
