//! A key that may be NULL.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key)]
    pub id: Option<i64>,
}

#[derive(Table)]
#[table(primary_key(org_id, user_id))]
pub struct Member {
    pub org_id: i64,
    pub user_id: Option<String>,
}

fn main() {}
