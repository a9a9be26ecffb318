//! Transactions.

use std::cell::{Cell, RefCell, RefMut};
use std::fmt;
use std::ops::{Deref, DerefMut};

use super::lent::Lent;
use crate::backend::{AnyConnection, Isolation};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::wait;

/// The handle of an open transaction: everything that [`Executor`](crate::Executor) offers, inside the transaction.
///
/// Calling [`Executor::transaction`](crate::Executor::transaction) on it opens a savepoint.
pub struct Tx<'c> {
    pub(super) dialect: Dialect,
    connection: RefCell<&'c mut AnyConnection>,
    /// Whether the rows of a stream are being read.
    streams: Cell<bool>,
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: &'c mut AnyConnection) -> Self {
        Self {
            dialect: connection.dialect(),
            connection: RefCell::new(connection),
            streams: Cell::new(false),
        }
    }
}

impl Tx<'_> {
    pub(super) fn borrow<R>(&self, f: impl FnOnce(&mut AnyConnection) -> R) -> Result<R> {
        // The connection is only borrowed while the closure of a nested transaction runs.
        Ok(f(&mut *self.try_borrow()?))
    }

    fn try_borrow(&self) -> Result<RefMut<'_, AnyConnection>> {
        let connection = self.connection.try_borrow_mut().map_err(|_| self.why_borrowed())?;
        connection.check_open()?;
        Ok(RefMut::map(connection, |connection| &mut **connection))
    }

    #[cold]
    fn why_borrowed(&self) -> Error {
        let (message, hint) = if self.streams.get() {
            (
                "the transaction is used while a stream of it is open",
                "read the stream to its end or drop it first, or collect its rows",
            )
        } else {
            (
                "the outer transaction is used inside a nested one",
                "use the handle that the inner closure gets",
            )
        };
        Error::new(ErrorKind::Transaction, message).with_hint(hint)
    }

    /// Lends the connection to a stream, whose statement `open` starts.
    pub(super) fn lend_to_stream(
        &self,
        open: &mut dyn FnMut(&mut AnyConnection, bool) -> Result<()>,
    ) -> Result<Lent<'_>> {
        let mut connection = self.try_borrow()?;
        open(&mut connection, false)?;
        self.streams.set(true);
        Ok(Lent(Box::new(Streaming { connection, streams: &self.streams })))
    }

    /// Runs `f` with the transaction's connection, for code that uses diesel's own traits.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn with_connection<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        self.borrow(f)?
    }
}

/// The connection of a transaction while a stream has it.
struct Streaming<'a> {
    connection: RefMut<'a, AnyConnection>,
    streams: &'a Cell<bool>,
}

impl Deref for Streaming<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Streaming<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

impl Drop for Streaming<'_> {
    fn drop(&mut self) {
        self.streams.set(false);
    }
}

/// Rolls a transaction back unless it has ended, so that a panic doesn't leave it open.
struct RollBack<'c> {
    connection: &'c mut AnyConnection,
    ended: bool,
}

impl Drop for RollBack<'_> {
    fn drop(&mut self) {
        if !self.ended
            && let Err(error) = self.connection.roll_back()
            && !wait::is_cancelled()
        {
            tracing::warn!(target: "mizzle::transaction", %error, "a transaction could not be rolled back");
        }
    }
}

/// Runs `f` in a transaction, or in a savepoint if a transaction is open: commits if it returns `Ok`, rolls back if it
/// returns `Err` or panics.
pub(crate) fn run_transaction<T, E: From<Error>>(
    connection: &mut AnyConnection,
    isolation: Isolation,
    read_only: bool,
    f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    connection.begin(isolation, read_only)?;
    let mut guard = RollBack { connection, ended: false };
    let value = f(&Tx::new(&mut *guard.connection))?;
    // If committing fails, it has also rolled back.
    guard.ended = true;
    guard.connection.commit()?;
    Ok(value)
}
