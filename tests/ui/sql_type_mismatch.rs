//! `sql_type` that is not the type's, and one that makes no column of a struct.

use mizzle::prelude::*;

pub type Cents = i64;

#[derive(Debug, Clone)]
pub struct Money(pub i64);

#[derive(Table)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(sql_type = Text)]
    pub total: Cents,
    #[column(sql_type = BigInt)]
    pub tip: Money,
}

fn main() {}
