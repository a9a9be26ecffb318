//! Actions that the referring column can't follow.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub email: String,
}


#[derive(Table)]
pub struct Post {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(User, on_delete = set_null))]
    pub author_id: i64,
    #[column(references(User, on_delete = set_default))]
    pub editor_id: i64,
}

fn main() {}
