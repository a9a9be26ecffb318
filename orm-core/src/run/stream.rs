//! Streams: rows one by one.

use std::fmt;
use std::iter::FusedIterator;

use super::lent::Lent;
use super::sealed::Sealed;
use crate::backend::{AnyConnection, AnyRow, Reading, Source};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

/// The rows of a query, one by one: what `stream` returns. The memory that it takes doesn't depend on the number of rows.
///
/// After an error there are no more rows. Dropping the stream leaves out the rest.
///
/// # Its connection
/// A stream of a [`Db`](crate::Db) holds a connection of the pool until its last row, or until it is dropped. Other
/// statements of the handle use other connections. If the pool has only one connection, such as for a database in memory,
/// they are an error (`TRANSACTION_ERROR`) until then. A stream of a [`Tx`](crate::Tx) is a part of the transaction: until
/// its last row, all other calls of the transaction are an error (`TRANSACTION_ERROR`).
///
/// # How rows are read
/// On SQLite, the statement goes on with each row. As long as it does, SQLite can't shorten the write-ahead log.
///
/// PostgreSQL sends all rows one after another, unless the stream is in a transaction, loads relations, or has a statement
/// timeout. Then they are read by a cursor, in parts of up to 1 MB, and the timeout applies to each part.
///
/// # Lost connections
/// A query is run again if its connection is lost before the first row, and never after it: see
/// [`DbBuilder::retry_reads`](crate::DbBuilder::retry_reads).
#[must_use = "a stream does nothing until its rows are read"]
pub struct Stream<'a, T> {
    reader: Box<dyn Reader<T> + 'a>,
    /// `None` after the last row.
    connection: Option<Lent<'a>>,
}

impl<T> fmt::Debug for Stream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("ended", &self.connection.is_none()).finish_non_exhaustive()
    }
}

/// Reads the rows of a query.
#[doc(hidden)]
pub trait Reader<T> {
    /// Returns the query.
    #[expect(private_interfaces, reason = "only mizzle reads")]
    fn source(&self) -> &dyn Source;

    /// Returns whether it runs other statements between rows.
    fn is_beside(&self) -> bool {
        false
    }

    /// Returns the next row.
    fn next(&mut self, connection: &mut AnyConnection) -> Result<Option<T>>;
}

impl<'a, T> Stream<'a, T> {
    pub(crate) fn open(
        on: &'a (impl Sealed + ?Sized),
        reader: impl Reader<T> + 'a,
    ) -> Result<Self> {
        let beside = reader.is_beside();
        let connection = on.lend(&mut |connection, read_only| {
            connection.open_rows(reader.source(), Reading { beside, read_only })
        })?;
        Ok(Self { reader: Box::new(reader), connection: Some(connection) })
    }

    /// Ends the statement, and returns the connection.
    fn end(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.0.close_rows();
        }
    }
}

impl<T> Iterator for Stream<'_, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let connection = self.connection.as_mut()?;
        let next = self.reader.next(&mut connection.0).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.end();
        }
        next
    }
}

impl<T> FusedIterator for Stream<'_, T> {}

impl<T> Drop for Stream<'_, T> {
    fn drop(&mut self) {
        self.end();
    }
}

/// Goes to the next row, and reads it.
#[inline]
pub(crate) fn next_row<T>(
    connection: &mut AnyConnection,
    source: &dyn Source,
    read: impl FnOnce(&AnyRow<'_>) -> Result<T>,
) -> Result<Option<T>> {
    if !connection.next_row(source)? {
        return Ok(None);
    }
    match connection.row().map(|row| read(&row)) {
        Some(Err(error)) => Err(with_sql(source, connection.dialect(), error)),
        row => row.transpose(),
    }
}

#[cold]
fn with_sql(source: &dyn Source, dialect: Dialect, error: Error) -> Error {
    match source.sql(dialect) {
        Ok(sql) => error.with_sql(&sql),
        Err(_) => error,
    }
}
