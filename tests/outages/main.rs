//! Outages, for real: servers that are stopped and killed, networks that break, disks that are full.
//!
//! The servers are the tests' own. Where PostgreSQL's server is not installed, these tests say so and pass, unless
//! `MIZZLE_TEST_OWN_SERVERS` is set, as `cargo xtask test` does.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod batches;
#[cfg(feature = "postgres")]
mod load;
#[cfg(feature = "postgres")]
mod network;
#[cfg(feature = "postgres")]
mod refusals;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "postgres")]
use test_support::proxy;
#[cfg(feature = "postgres")]
use test_support::server;
use test_support::ticks;

use mizzle::prelude::*;

/// What the tests write.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "entries")]
pub struct Entry {
    /// Counted up.
    #[column(primary_key, auto)]
    pub id: i64,
    /// Which attempt wrote it. Not unique, so that one that is written twice shows.
    pub token: i64,
}

mizzle::schema!(pub Entries = [Entry]);

fn entry(token: i64) -> NewEntry {
    NewEntry::builder().token(token).build()
}

/// A server of the test's own, or none where it can't be had.
#[cfg(feature = "postgres")]
fn own_server(settings: &str) -> Option<server::Server> {
    if server::programs().is_none() {
        assert!(
            std::env::var_os("MIZZLE_TEST_OWN_SERVERS").is_none(),
            "PostgreSQL's server (initdb, pg_ctl, postgres) is not installed"
        );
        eprintln!("skipped: PostgreSQL's server (initdb, pg_ctl, postgres) is not installed");
        return None;
    }
    Some(server::Server::prepare(settings).unwrap())
}

/// Waits until `condition` holds.
#[track_caller]
fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = ticks::Stopwatch::start();
    while !condition() {
        assert!(start.within(std::time::Duration::from_secs(30)), "{what} takes too long");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
