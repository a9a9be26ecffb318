//! A type of a field that is neither an enum nor a newtype.

use mizzle::prelude::*;

#[derive(Debug, Clone)]
pub struct Money(pub i64);

#[derive(Table)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    pub total: Money,
}

fn main() {}
