//! What a change of a table on SQLite would lose, and how it is kept: SQLite makes most changes by creating the table
//! again.

pub(super) mod along;
pub(super) mod foreign_keys;
pub(super) mod preserve;
pub(super) mod rebuild;
pub(super) mod views;
