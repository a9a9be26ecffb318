//! How the calls of `Executor` get their connection.

use super::transaction::{Tx, run_transaction};
use crate::backend::{AnyConnection, Isolation};
use crate::error::{Error, Result};

/// Provides a connection. Only [`Db`](crate::Db) and [`Tx`] implement it.
pub trait Sealed {
    #[doc(hidden)]
    fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R>;

    /// Runs a read. If the connection is lost, `f` may be run again from its start.
    #[doc(hidden)]
    fn read_on<R>(&self, f: impl FnMut(&mut AnyConnection) -> Result<R>) -> Result<R>;

    #[doc(hidden)]
    fn run_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E>;
}

impl Sealed for Tx<'_> {
    fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        self.borrow(f)?
    }

    /// Never runs `f` again: the earlier work of the transaction is lost with the connection.
    fn read_on<R>(&self, mut f: impl FnMut(&mut AnyConnection) -> Result<R>) -> Result<R> {
        self.borrow(|connection| f(connection))?
    }

    fn run_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.borrow(|connection| run_transaction(connection, Isolation::Default, false, f))?
    }
}
