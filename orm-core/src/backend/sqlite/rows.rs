//! A running statement whose rows are read one by one.

use super::statement::Prepared;
use crate::backend::{AnyRow, StaticKey};

/// A running statement, outside of the cache: the same SQL can run again before its last row is read.
#[derive(Debug)]
pub(crate) struct SqliteRows {
    pub(super) statement: Prepared,
    pub(super) key: Option<StaticKey>,
    /// Whether there is a first row, until it is reached: what writes has then done so, as on PostgreSQL.
    pub(super) first: Option<bool>,
}

// SAFETY: it moves with its connection, which may move: see `Sqlite`.
unsafe impl Send for SqliteRows {}

impl SqliteRows {
    /// Returns the row that was reached.
    #[inline]
    pub(in crate::backend) fn row(&self) -> AnyRow<'_> {
        AnyRow::Sqlite(self.statement.row())
    }
}
