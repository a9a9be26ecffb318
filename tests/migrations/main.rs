//! Migrations on real databases.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use test_support::log;

mod apply;
mod child;
mod concurrent;
mod diesel;
mod embedded;
mod failures;
mod folder;
mod history;
mod killed;
#[cfg(feature = "sqlite")]
mod large;
mod lexer;
#[cfg(feature = "postgres")]
mod postgres;
mod rollback;
#[cfg(feature = "sqlite")]
mod sqlite;
