//! A table without a key.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User {
    pub id: i64,
    pub email: String,
}

#[derive(Table)]
pub struct Country {
    pub code: String,
}

fn main() {}
