//! A newtype around a type that is no column's.

use mizzle::prelude::*;

#[derive(Debug, Clone)]
pub struct Money(pub i64);

#[derive(Newtype, Debug, Clone)]
pub struct Price(pub Money);

#[derive(Table)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    pub price: Price,
    pub reduced: Option<Price>,
}

fn main() {}
