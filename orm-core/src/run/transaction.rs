//! Transactions.

use std::cell::RefCell;
use std::fmt;

use crate::backend::{AnyConnection, Isolation};
use crate::error::{Error, ErrorKind, Result};

/// The handle of an open transaction: all that [`Executor`](crate::Executor) offers, inside the transaction.
///
/// [`Executor::transaction`](crate::Executor::transaction) on it opens a savepoint.
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
        // Taken only while the closure of a nested transaction runs.
        let mut connection = self.connection.try_borrow_mut().map_err(|_| {
            Error::new(ErrorKind::Transaction, "the outer transaction is used inside a nested one")
                .with_hint("use the handle that the inner closure gets")
        })?;
        connection.check_open()?;
        Ok(f(&mut connection))
    }

    /// Runs `f` with the transaction's connection, for code that is written for diesel's own traits.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn with_connection<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        self.borrow(f)?
    }
}

/// Takes a transaction back unless it was ended, so that a panic leaves none open.
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

/// Runs `f` in a transaction, or in a savepoint where one is open: commits when it returns `Ok`, rolls back
/// when it returns `Err` or panics.
pub(crate) fn run_transaction<T, E: From<Error>>(
    connection: &mut AnyConnection,
    isolation: Isolation,
    read_only: bool,
    f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    connection.begin(isolation, read_only)?;
    let mut guard = RollBack { connection, ended: false };
    let value = f(&Tx { connection: RefCell::new(&mut *guard.connection) })?;
    // Where committing fails, it has rolled back as well.
    guard.ended = true;
    guard.connection.commit()?;
    Ok(value)
}
