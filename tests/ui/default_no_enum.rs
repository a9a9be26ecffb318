//! A default by its path, for a newtype.

use mizzle::prelude::*;

#[derive(Newtype, Debug, Clone, PartialEq)]
pub struct Code(String);

const NONE: Code = Code(String::new());

#[derive(Table)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(default = NONE)]
    pub code: Code,
}

fn main() {}
