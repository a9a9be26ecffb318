//! Types of PostgreSQL's that only the program knows, said wrongly.

use std::borrow::Cow;

use mizzle::NativeValue;
use mizzle::prelude::*;

#[derive(Native, Debug, Clone)]
pub struct Unnamed(pub [u8; 6]);

#[derive(Native, Debug, Clone)]
#[db(native)]
pub struct Flag(pub [u8; 6]);

#[derive(Native, Debug, Clone)]
#[db(native = "")]
pub struct Empty(pub [u8; 6]);

#[derive(Native, Debug, Clone)]
#[db(native = "macaddr", native = "macaddr8", rename_all = "lower")]
pub struct Twice(pub [u8; 6]);

impl NativeValue for Twice {
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

#[derive(Native, Debug, Clone)]
#[db(native = "bit(3)")]
pub struct Generic<T>(pub T);

fn main() {}
