//! Newtypes that wrap more or less than one value.

use mizzle::prelude::*;

#[derive(Newtype, Debug)]
pub struct Point(f64, f64);

#[derive(Newtype, Debug)]
pub struct UserId {
    id: i64,
}

#[derive(Newtype, Debug)]
pub struct Maybe(Option<i64>);

#[derive(Newtype, Debug)]
pub struct Size(u64);

#[derive(Newtype, Debug)]
pub enum Status {
    Draft,
}

fn main() {}
