//! Pages by keyset, with one body for both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod cursors;
mod pages;
mod random;
mod schema;
