//! SQLite.

mod arithmetic;
mod collations;
mod commits;
mod connection;
mod deadline;
mod decimal_sum;
mod error;
mod functions;
mod header;
mod inherited;
mod json;
mod one;
mod pattern;
mod progress;
mod quotes;
mod statement;
mod violation;

pub(crate) use self::connection::Sqlite;
