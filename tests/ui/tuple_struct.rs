//! Structs that are no tables.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User(i64, String);

#[derive(Table)]
pub struct Nothing;

#[derive(Table)]
pub struct Empty {}

#[derive(Table)]
pub enum Status {
    Draft,
}

fn main() {}
