//! An SQL type that there is not.

use mizzle::prelude::*;

pub type Cents = i64;

#[derive(Table)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(sql_type = Bigint)]
    pub total: Cents,
    #[column(sql_type = "BigInt")]
    pub tax: Cents,
}

fn main() {}
