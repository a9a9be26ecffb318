//! What a change of a table on SQLite would lose, and how it is kept: SQLite changes most of a table by making it again.

pub(super) mod inspect;
pub(super) mod preserve;
pub(super) mod rebuild;
