//! How the calls of `Executor` get their connection.

use super::lent::Lent;
use super::transaction::{Tx, run_transaction};
use crate::backend::{AnyConnection, Isolation};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// Provides a connection. Only [`Db`](crate::Db), [`Session`](crate::Session) and [`Tx`] implement it.
pub trait Sealed {
    #[doc(hidden)]
    fn dialect(&self) -> Dialect;

    #[doc(hidden)]
    fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R>;

    /// Runs a read. If the connection is lost, `f` may be run again from its start.
    #[doc(hidden)]
    fn run_read(&self, f: &mut dyn FnMut(&mut AnyConnection) -> Result<()>) -> Result<()>;

    /// Runs a read, as `run_read` does, and returns what the last run has read.
    #[doc(hidden)]
    fn read_on<R>(&self, mut f: impl FnMut(&mut AnyConnection) -> Result<R>) -> Result<R> {
        let mut found = None;
        // Without `?`, which a program compiles again for each type.
        self.run_read(&mut |connection| match f(connection) {
            Ok(read) => {
                found = Some(read);
                Ok(())
            }
            Err(error) => Err(error),
        })?;
        match found {
            Some(read) => Ok(read),
            None => Err(nothing_read()),
        }
    }

    /// Lends a connection on which `open` has started a statement. If the connection is lost, `open` may be run again
    /// with another one, and `true` for a read-only transaction.
    #[doc(hidden)]
    fn lend<'a>(
        &'a self,
        open: &mut dyn FnMut(&mut AnyConnection, bool) -> Result<()>,
    ) -> Result<Lent<'a>>;

    #[doc(hidden)]
    fn run_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E>;
}

#[cold]
fn nothing_read() -> Error {
    Error::new(ErrorKind::Unknown, "nothing was read")
}

impl Sealed for Tx<'_> {
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        self.borrow(f)?
    }

    /// Never runs `f` again: the earlier work of the transaction is lost with the connection.
    fn run_read(&self, f: &mut dyn FnMut(&mut AnyConnection) -> Result<()>) -> Result<()> {
        self.borrow(f)?
    }

    fn lend<'a>(
        &'a self,
        open: &mut dyn FnMut(&mut AnyConnection, bool) -> Result<()>,
    ) -> Result<Lent<'a>> {
        self.lend_to_stream(open)
    }

    fn run_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.borrow(|connection| run_transaction(connection, Isolation::Default, false, f))?
    }
}
