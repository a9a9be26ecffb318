//! A statement whose rows are read one by one.

use std::time::Duration;

use super::which::InnerRows;

/// A statement whose rows are read one by one.
#[derive(Debug)]
pub(crate) struct OpenRows {
    pub(super) inner: InnerRows,
    /// Whether a transaction was begun for it.
    pub(super) in_own_transaction: bool,
    /// What the log or a listener will hear, if there is one.
    pub(super) heard: Option<Box<Heard>>,
}

/// A statement for the log.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) sql: String,
    /// The time that the database took.
    pub(super) time: Duration,
    pub(super) rows: u64,
    pub(super) values: Option<String>,
    pub(super) is_logged: bool,
}
