//! Type parameters and lifetimes.

use mizzle::prelude::*;

#[derive(Table)]
pub struct User<'a, T> {
    #[column(primary_key)]
    pub id: i64,
    pub name: &'a str,
    pub extra: T,
}

#[derive(Enum, Debug)]
pub enum Status<T> {
    Draft,
    Other(T),
}

fn main() {}
