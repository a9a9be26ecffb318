//! Transactions.

use std::cell::RefCell;
use std::fmt;

use crate::backend::{AnyConnection, Isolation};
use crate::error::{Error, ErrorKind, Result};

/// The handle of an open transaction: everything that [`Executor`](crate::Executor) offers, inside the transaction.
///
/// Calling [`Executor::transaction`](crate::Executor::transaction) on it opens a savepoint.
pub struct Tx<'c> {
    connection: RefCell<&'c mut AnyConnection>,
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

impl Tx<'_> {
    pub(super) fn borrow<R>(&self, f: impl FnOnce(&mut AnyConnection) -> R) -> Result<R> {
        // The connection is only borrowed while the closure of a nested transaction runs.
        let mut connection = self.connection.try_borrow_mut().map_err(|_| {
            Error::new(ErrorKind::Transaction, "the outer transaction is used inside a nested one")
                .with_hint("use the handle that the inner closure gets")
        })?;
        connection.check_open()?;
        Ok(f(&mut connection))
    }

    /// Runs `f` with the transaction's connection, for code that uses diesel's own traits.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn with_connection<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        self.borrow(f)?
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
    let value = f(&Tx { connection: RefCell::new(&mut *guard.connection) })?;
    // If committing fails, it has also rolled back.
    guard.ended = true;
    guard.connection.commit()?;
    Ok(value)
}
