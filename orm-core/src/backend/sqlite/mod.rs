//! SQLite.

mod additions;
mod arguments;
mod arithmetic;
mod array;
mod busy;
mod collations;
mod commits;
mod connection;
mod copied;
#[cfg(feature = "time-zones")]
mod date_trunc;
mod deadline;
mod decimal_sum;
#[cfg(feature = "registry")]
mod described;
mod dsl;
mod elsewhere;
mod error;
mod functions;
mod handle;
mod header;
mod inherited;
mod json;
mod one;
#[cfg(feature = "studio")]
mod only_reads;
mod outbox;
mod pattern;
mod progress;
mod quotes;
mod range;
mod reading;
mod rows;
mod statement;
mod unopened;
#[cfg(feature = "studio")]
mod untyped;
mod vector;
mod violation;
#[cfg(feature = "tokio")]
mod workers;

/// Without async calls.
#[cfg(not(feature = "tokio"))]
mod workers {
    pub(super) use std::thread::sleep;

    pub(super) fn run<R>(f: impl FnOnce() -> R) -> crate::error::Result<R> {
        Ok(f())
    }
}

pub(crate) use self::connection::Sqlite;
pub(crate) use self::copied::RowsAnywhere;
pub(crate) use self::elsewhere::SqliteConnection;
#[cfg(feature = "d1")]
pub(in crate::backend) use self::error::classify;
#[cfg(feature = "d1")]
pub(in crate::backend) use self::quotes::is_about_rows;
use self::rows::SqliteRows;
#[cfg(feature = "d1")]
pub(in crate::backend) use self::violation::{Asked, ForeignKey, Verb, are_literal, describe};
