//! One column that refers to a key of two.

use mizzle::prelude::*;

#[derive(Table)]
#[table(primary_key(org_id, user_id))]
pub struct Member {
    pub org_id: i64,
    pub user_id: i64,
}

#[derive(Table)]
#[table(foreign_key(org_id, user_id, references(Member, org_id)))]
pub struct Note {
    #[column(primary_key, auto)]
    pub id: i64,
    pub org_id: i64,
    pub user_id: i64,
}

#[derive(Table)]
pub struct Badge {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Member, join = false))]
    pub member_id: i64,
}

fn main() {}
