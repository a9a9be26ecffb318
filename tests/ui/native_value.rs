//! A type of PostgreSQL's that only the program knows, without what it needs to be one, and used wrongly.

use std::borrow::Cow;

use mizzle::NativeValue;
use mizzle::prelude::*;

/// Without `NativeValue`.
#[derive(Native, Debug, Clone, PartialEq, Eq, Hash)]
#[db(native = "ltree")]
pub struct Silent(pub String);

/// Without `Eq` and `Hash`.
#[derive(Native, Debug, Clone)]
#[db(native = "macaddr")]
pub struct MacAddr(pub [u8; 6]);

impl NativeValue for MacAddr {
    fn to_text(&self) -> Cow<'_, str> {
        "".into()
    }

    fn from_text(_: &str) -> Option<Self> {
        None
    }

    fn from_binary(_: &[u8]) -> Option<Self> {
        None
    }
}

#[derive(Table, Debug, Clone)]
pub struct Card {
    #[column(primary_key)]
    pub address: MacAddr,
    pub path: Silent,
    #[column(default = 5)]
    pub former: Option<MacAddr>,
}

fn main() {}
