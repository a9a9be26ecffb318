//! `auto` on a newtype around text.

use mizzle::prelude::*;

#[derive(Newtype, Debug, Clone, PartialEq, Eq, Hash)]
pub struct Code(pub String);

#[derive(Table)]
pub struct Country {
    #[column(primary_key, auto)]
    pub code: Code,
}

fn main() {}
