//! Rows that can't be read by name.

use mizzle::prelude::*;

#[derive(Row)]
struct Pair(i64, i64);

#[derive(Row)]
struct Nothing;

#[derive(Row)]
enum Kind {
    One,
}

#[derive(Row)]
struct Generic<T> {
    value: T,
}

#[derive(Row)]
struct Twice {
    name: String,
    #[column(name = "name")]
    other: String,
}

#[derive(Row)]
struct Attributes {
    #[column(primary_key)]
    id: i64,
    #[column(nmae = "x")]
    name: String,
}

struct Point;

#[derive(Row)]
struct Unknown {
    point: Point,
}

fn main() {}
