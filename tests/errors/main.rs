//! Errors: what they say is alike on both databases, and they never show a value.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use test_support::log;

mod calls;
mod constraints;
#[cfg(feature = "postgres")]
mod languages;
mod lengths;
mod public_types;
mod secrets;
#[cfg(feature = "postgres")]
#[path = "../../examples/outage/server.rs"]
mod server;
mod statements;
mod urls;
mod words;
