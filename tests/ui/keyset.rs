//! A keyset is sorted by columns of its table.

use mizzle::prelude::*;

#[derive(Table, Debug, Clone)]
struct Song {
    #[column(primary_key, auto)]
    id: i64,
    title: String,
}

#[derive(Table, Debug, Clone)]
struct Label {
    #[column(primary_key, auto)]
    id: i64,
}

fn main() {
    let _ = Song::query().keyset(labels::id);
    let _ = Song::query().keyset((songs::title, labels::id.desc()));
    let _ = Song::query().keyset(songs::id + 1);
}
