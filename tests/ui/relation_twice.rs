//! Relations of one name.

use mizzle::prelude::*;

#[derive(Table)]
#[table(has_many(posts = Post), has_one(posts = Profile), has_many(team = Profile))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Team))]
    pub team_id: i64,
}

fn main() {}
