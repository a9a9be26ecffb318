//! Cloudflare D1: what its API may answer, and what its engine does with exact values.
//!
//! The engine is workerd, from npm; its tests run if `MIZZLE_TEST_D1` is set, as `cargo xtask test` does.
#![cfg(feature = "d1")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod engine;
mod faults;
mod refusals;
mod requests;
mod server;
