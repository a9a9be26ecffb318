//! A newtype that is a key and has no `Hash`.

use mizzle::prelude::*;

#[derive(Newtype, Debug, Clone, PartialEq)]
pub struct UserId(pub i64);

#[derive(Table)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: UserId,
}

fn main() {}
