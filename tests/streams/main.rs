//! Streams: rows one by one, with one body for both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod dropped;
#[cfg(feature = "postgres")]
mod lost;
mod rows;
mod schema;
mod transactions;
