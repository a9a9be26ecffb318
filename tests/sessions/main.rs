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
mod round_trips;
mod settings;
mod siblings;
mod ways;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use mizzle::prelude::*;
use test_support::pgbouncer;
use test_support::proxy;
use test_support::random::Random;
use test_support::server;

/// Its own type.
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

/// Returns random numbers with the seed in the variable `name`, or with a random one. Prints the seed, so that a failure
/// can be repeated.
fn seeded(name: &str) -> Random {
    let seed = match std::env::var(name) {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => server::random().unwrap(),
    };
    eprintln!("{name}={seed}");
    Random::new(seed)
}

/// After a migration, all connections of the process prepare their statements again: not while their exchanges are counted.
static MIGRATIONS: RwLock<()> = RwLock::new(());

/// Keeps migrations waiting.
pub fn without_migrations() -> RwLockReadGuard<'static, ()> {
    MIGRATIONS.read().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until a migration may run.
pub fn may_migrate() -> RwLockWriteGuard<'static, ()> {
    MIGRATIONS.write().unwrap_or_else(PoisonError::into_inner)
}

/// How many cases a random test runs: `MIZZLE_TEST_SESSION_CASES`, or `usual`.
pub fn cases(usual: u64) -> u64 {
    std::env::var("MIZZLE_TEST_SESSION_CASES").map_or(usual, |cases| cases.parse().unwrap())
}
