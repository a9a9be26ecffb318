//! Searches of a table without a full text index, and in another table.

use mizzle::prelude::*;

#[derive(Table)]
#[table(full_text(title))]
pub struct Book {
    #[column(primary_key, auto)]
    pub id: i64,
    pub title: String,
}

#[derive(Table)]
pub struct Plain {
    #[column(primary_key, auto)]
    pub id: i64,
    pub title: String,
}

fn main() {
    Plain::search("x");
    let search = Book::search("x");
    let _ = Plain::query().filter(search.matches());
    let _ = search.snippet(plains::title);
}
