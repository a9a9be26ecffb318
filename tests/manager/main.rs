//! The connection manager: what must hold whatever happens, each with at least 100 cases, and its settings.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[cfg(feature = "tokio")]
mod asynchronous;
mod categories;
mod connecting;
mod disconnecting;
mod environment;
mod reports;
#[cfg(feature = "tokio")]
mod tasks;
mod urls;
mod world;

#[cfg(feature = "postgres")]
use test_support::proxy;
