//! `sql!` and `#[derive(Row)]`, with one body for both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[cfg(feature = "kit")]
mod checked;
mod fragments;
mod lists;
mod moved;
mod random;
#[cfg(feature = "postgres")]
mod retried;
mod rows;
mod runs;
mod schema;
mod values;
mod whole;
