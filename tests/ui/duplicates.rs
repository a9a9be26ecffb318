//! The same thing twice.

use mizzle::prelude::*;

#[derive(Table)]
#[table(index(email), unique(email, name), unique(email, name), check(a = "id > 0", a = "id > 1"))]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(index)]
    pub email: String,
    pub name: String,
    #[column(name = "Name")]
    pub full_name: String,
    #[column(references(Org), references(Org))]
    pub org_id: i64,
}

fn main() {}
