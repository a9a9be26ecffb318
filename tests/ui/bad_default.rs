//! Defaults that the column can't hold.

use mizzle::prelude::*;

#[derive(Table)]
pub struct Thing {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(default = "yes")]
    pub active: bool,
    #[column(default = 40_000)]
    pub small: i16,
    #[column(default = now)]
    pub title: String,
    #[column(default = true)]
    pub name: Option<String>,
    #[column(default = "2024-01-01")]
    pub day: NaiveDate,
    #[column(default = "{}")]
    pub meta: Json<Vec<String>>,
    #[column(default = 'x')]
    pub letter: String,
    #[column(default = 1, default_fn = one)]
    pub both: i64,
}

fn one() -> i64 {
    1
}

fn main() {}
