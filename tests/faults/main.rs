//! Disks that fail at any call, processes that are killed at any write, files that others replace: each call of the
//! program's is done or not done, says which, and leaves a database that is whole.

#![cfg(all(unix, feature = "sqlite"))]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod bytes;
mod disk;
mod files;
mod io;
mod killed;
mod work;

use mizzle::prelude::*;

/// Those that write refer to each other.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "writers")]
pub struct Writer {
    #[column(primary_key)]
    /// Given by the test.
    pub id: i64,
    #[column(unique)]
    /// Any text.
    pub name: String,
}

/// What they write.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "letters")]
pub struct Letter {
    #[column(primary_key, auto)]
    /// Counted up.
    pub id: i64,
    #[column(references(Writer, on_delete = cascade))]
    /// Whose.
    pub writer_id: i64,
    /// Long enough for a page to hold few.
    pub text: String,
}

mizzle::schema!(pub Post = [Writer, Letter]);
