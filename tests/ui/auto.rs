//! `auto` where the database can't count.

use mizzle::prelude::*;

#[derive(Table)]
pub struct Page {
    #[column(primary_key, auto)]
    pub id: String,
}

#[derive(Table)]
pub struct Invoice {
    #[column(primary_key)]
    pub id: i64,
    #[column(auto)]
    pub number: i64,
}

#[derive(Table)]
pub struct Counter {
    #[column(primary_key, auto, default = 1)]
    pub id: i64,
}

#[derive(Table)]
#[table(primary_key(id, part))]
pub struct Segment {
    #[column(auto)]
    pub id: i64,
    pub part: i64,
}

fn main() {}
