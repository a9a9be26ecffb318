//! A key of two columns, written as two keys.

use mizzle::prelude::*;

#[derive(Table)]
pub struct Member {
    #[column(primary_key)]
    pub org_id: i64,
    #[column(primary_key)]
    pub user_id: i64,
}

fn main() {}
