//! An alias, whose type a macro can't see.

use mizzle::prelude::*;

pub type Cents = i64;

#[derive(Table)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    pub total: Cents,
}

fn main() {}
