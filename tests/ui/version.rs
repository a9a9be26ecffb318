//! Versions that can't be counted.

use mizzle::prelude::*;

#[derive(Table)]
pub struct Page {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(version)]
    pub version: String,
}

#[derive(Table)]
pub struct Invoice {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(version)]
    pub version: i64,
    #[column(version)]
    pub revision: i64,
    #[column(version)]
    pub maybe: Option<i64>,
}

fn main() {}
