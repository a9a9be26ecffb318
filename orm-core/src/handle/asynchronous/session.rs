//! Sessions of async programs.

use std::fmt;

use super::futures;
use super::transaction::AsyncTx;
use super::transactions::AsyncTransactionBuilder;
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::handle::{Bookmark, Db, Session};
use crate::run::Run;

/// A session of an async program, which reads on replicas what it has written: see [`Session`], whose calls it has, with
/// `.await`.
pub struct AsyncSession {
    pub(super) db: Db,
    pub(super) session: Session,
}

impl fmt::Debug for AsyncSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncSession").field(&self.session).finish()
    }
}

impl AsyncSession {
    /// Returns what the session has written and seen: see [`Session::bookmark`].
    ///
    /// # Errors
    /// Those of [`Session::bookmark`].
    pub fn bookmark(&self) -> Run<'_, Bookmark> {
        self.run(Session::bookmark)
    }

    /// Makes the session's reads follow everything that is committed by now: see [`Session::catch_up`].
    ///
    /// # Errors
    /// Those of [`Session::catch_up`].
    pub fn catch_up(&self) -> Run<'_, ()> {
        self.run(Session::catch_up)
    }

    /// Runs `f` in a transaction on the primary: see [`AsyncDb::transaction`](crate::AsyncDb::transaction). The session's next
    /// read asks the primary where it is, and sees what was committed.
    ///
    /// # Errors
    /// Those of [`AsyncDb::transaction`](crate::AsyncDb::transaction).
    pub async fn transaction<T>(&self, f: impl AsyncFnOnce(&AsyncTx) -> Result<T>) -> Result<T> {
        self.try_transaction(f).await
    }

    /// Works like [`transaction`](AsyncSession::transaction), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// See [`transaction`](AsyncSession::transaction).
    pub async fn try_transaction<T, E: From<Error>>(
        &self,
        f: impl AsyncFnOnce(&AsyncTx) -> Result<T, E>,
    ) -> Result<T, E> {
        // Ends with the transaction.
        let _work = self.session.work();
        AsyncTransactionBuilder::new(&self.db).try_run(f).await
    }

    fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    fn run<'a, T: Send + 'a>(
        &'a self,
        f: impl FnOnce(&Session) -> Result<T> + Send + 'a,
    ) -> Run<'a, T> {
        self.db.run_in_turn(move || f(&self.session))
    }
}

futures!(AsyncSession, Session, run, run);
