//! A random statement, for one backend: this folder is compiled once for each.

pub mod expression;
pub mod reads;
mod windows;
mod writes;

use diesel::prelude::*;

use super::{Backend, Connection};
use crate::Outcome;
use crate::schema::things;
use test_support::random::Random;

/// The rows or the count of a statement, as text.
pub type Found = Result<String, String>;

/// Rows as text; without an order they are sorted.
pub fn rows<T: std::fmt::Debug>(rows: Vec<T>, ordered: bool) -> String {
    let mut lines: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    if !ordered {
        lines.sort_unstable();
    }
    lines.join("\n")
}

/// Runs a random statement, and reads the table.
pub fn run(connection: &mut Connection<'_, '_>, random: &mut Random) -> Outcome {
    if random.chance(60) {
        let found = match random.below(8) {
            0 | 1 => windows::read(connection, random),
            2 => match super::postgres_only(connection, random) {
                Some(found) => found,
                None => reads::read(connection, random),
            },
            _ => reads::read(connection, random),
        };
        return Ok((found?, Vec::new()));
    }
    let found = writes::write(connection, random)?;
    Ok((found, load!(connection, things::table.order_by(things::id))?))
}
