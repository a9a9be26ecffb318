//! Field types that no column has.

use mizzle::prelude::*;

use std::collections::HashMap;

#[derive(Table)]
pub struct Thing {
    #[column(primary_key)]
    pub id: u64,
    pub size: usize,
    pub level: u8,
    pub letter: char,
    pub title: &'static str,
    pub tags: Vec<Vec<String>>,
    pub attributes: HashMap<String, String>,
    pub pair: (i64, i64),
    pub digest: [u8; 32],
    pub boxed: Box<String>,
    pub at: std::time::SystemTime,
    pub local: DateTime<chrono::Local>,
    pub took: Option<std::time::Duration>,
    pub maybe: Option<Option<String>>,
    pub generic: std::ops::Range<i64>,
}

fn main() {}
