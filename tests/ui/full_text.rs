//! Full text indexes that no database can have, and searches that don't fit.

use mizzle::prelude::*;

#[derive(Table)]
#[table(full_text(title, pages, tittle, title, lower, language = "klingon"))]
pub struct Book {
    #[column(primary_key, auto)]
    pub id: i64,
    pub title: String,
    pub pages: i32,
    #[column(generated = "lower(title)")]
    pub lower: String,
}

#[derive(Table)]
#[table(full_text(a = 2, b, c, d, e = 0.5, "f", g = "h", i = -1))]
pub struct Note {
    #[column(primary_key)]
    pub name: String,
    pub a: String,
    pub b: String,
    pub c: String,
    pub d: String,
    pub e: Option<String>,
}

#[derive(Table)]
#[table(full_text(), full_text)]
pub struct Empty {
    #[column(primary_key)]
    pub id: i64,
}

fn main() {}
