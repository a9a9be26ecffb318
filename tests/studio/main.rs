//! The studio over HTTP, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod client;
mod console;
mod edits;
mod names;
#[cfg(feature = "postgres")]
mod outage;
mod paging;
mod read_only;
mod references;
mod schema;
mod security;
mod size;
mod transfer;
mod values;

pub(crate) use client::{Client, Served, raw};
pub(crate) use mizzle::{Db, Dialect};
pub(crate) use serde_json::{Value, json};
pub(crate) use test_support::on_each_database;

/// Runs SQL on the database itself, not by the studio.
pub(crate) fn run(db: &Db, sql: &str) {
    use mizzle::Executor as _;
    db.execute_sql(sql).unwrap();
}

/// Returns the name of a table as the page sends it.
pub(crate) fn named(db: &Db, name: &str) -> Value {
    let schema = (db.dialect() == Dialect::Postgres).then_some("public");
    json!({ "schema": schema, "name": name })
}

/// Returns one of two texts.
pub(crate) fn either<'t>(db: &Db, sqlite: &'t str, postgres: &'t str) -> &'t str {
    if db.dialect() == Dialect::Postgres { postgres } else { sqlite }
}
