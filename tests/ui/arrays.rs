//! What can't be an array.

use mizzle::prelude::*;

#[derive(Debug, Clone)]
pub struct Plain;

type Words = Vec<String>;

#[derive(Table)]
pub struct Nested {
    #[column(primary_key)]
    pub id: i64,
    pub matrix: Vec<Vec<i32>>,
}

#[derive(Table)]
pub struct Unsigned {
    #[column(primary_key)]
    pub id: i64,
    pub counts: Vec<u32>,
}

#[derive(Table)]
pub struct Documents {
    #[column(primary_key)]
    pub id: i64,
    pub all: Vec<serde_json::Value>,
}

#[derive(Table)]
pub struct Unknown {
    #[column(primary_key)]
    pub id: i64,
    pub all: Vec<Plain>,
}

#[derive(Table)]
pub struct Hidden {
    #[column(primary_key)]
    pub id: i64,
    pub lines: Vec<Words>,
}

#[derive(Table)]
pub struct Key {
    #[column(primary_key)]
    pub tags: Vec<String>,
    #[column(default = ["a"])]
    pub names: Vec<String>,
    #[column(default = [])]
    pub name: String,
    #[column(default = "a")]
    pub words: Vec<String>,
}

#[derive(Table)]
pub struct Good {
    #[column(primary_key)]
    pub id: i64,
    pub tags: Vec<String>,
    pub name: String,
}

fn main() {
    let _ = Good::query().filter(goods::tags.contains(vec![1]));
    let _ = Good::query().filter(goods::tags.any(1));
    let _ = Good::query().filter(goods::name.overlaps(vec!["a"]));
}
