//! Values of the wrong form.

use mizzle::prelude::*;

#[derive(Table)]
#[table(name = users)]
pub struct User {
    #[column(primary_key = true)]
    pub id: i64,
    #[column(name)]
    pub email: String,
    #[column(unique unique)]
    pub name: String,
    #[column(unique, unique)]
    pub twice: String,
    #[column(default_fn = Uuid::new_v4())]
    pub token: Uuid,
    #[column(default)]
    pub a: i64,
    #[column(default = vec![])]
    pub b: i64,
    #[column(references)]
    pub c: i64,
    #[column(references("users"))]
    pub d: i64,
    #[column(check = "")]
    pub e: i64,
    #[column]
    pub f: i64,
}

fn main() {}
