//! Connections that are not what they seem: poolers, sessions that others empty, processes that fork.

#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod cut;
mod forks;
mod hostile;
mod left_behind;
mod migrating;
mod pool_modes;
mod pooler;
mod settings;

#[path = "../support/pgbouncer.rs"]
mod pgbouncer;
#[path = "../support/proxy.rs"]
mod proxy;
#[path = "../../examples/outage/server.rs"]
mod server;
#[path = "../support/mod.rs"]
mod support;

use mizzle::prelude::*;

/// A type of its own.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[db(native = "mood")]
pub enum Mood {
    /// :)
    Happy,
    /// :(
    Sad,
}

/// What the tests write.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "notes")]
pub struct Note {
    #[column(primary_key)]
    /// Given by the test.
    pub id: i64,
    /// Any text.
    pub label: String,
    /// Of the type that others make again.
    pub mood: Mood,
}

mizzle::schema!(pub Notes = [Note]);

/// Random numbers, the same for the same seed.
pub struct Random(u64);

impl Random {
    /// From the variable `name`, or from the clock. Printed, so that a failure can be repeated.
    pub fn new(name: &str) -> Self {
        let seed = match std::env::var(name) {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => server::random().unwrap(),
        };
        eprintln!("{name}={seed}");
        Self(seed | 1)
    }

    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// How many cases a random test runs: `MIZZLE_TEST_SESSION_CASES`, or `usual`.
pub fn cases(usual: u64) -> u64 {
    std::env::var("MIZZLE_TEST_SESSION_CASES").map_or(usual, |cases| cases.parse().unwrap())
}
