//! Open transactions of async programs.

use std::fmt;
use std::sync::Arc;

use super::futures;
use super::transaction_state::{Calling, State};
use crate::backend::{AnyConnection, Isolation, Lender};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::handle::blocking::Turn;
use crate::handle::pool::Pooled;
use crate::run::{Run, Tx};
use crate::wait::Fiber;

/// An open transaction of an async program: everything that [`Executor`](crate::Executor) offers, inside the transaction.
///
/// It is rolled back if it is dropped before [`commit`](AsyncTx::commit): in the background, before its connection returns to
/// the pool.
///
/// Futures of its calls may be polled together, for example by `tokio::try_join!`. On PostgreSQL they are pipelined: their
/// statements go to the server in one exchange. If one of them fails, PostgreSQL refuses those after it, as it refuses all
/// further statements of the transaction. Otherwise, and on SQLite, calls run one after the other. A future that was polled
/// keeps the connection until it ends or is dropped: other calls wait for that.
///
/// If the future of a call is dropped before its end, nobody knows what of it was done. The transaction can then only be
/// rolled back: further calls, and `commit`, are an error (`TRANSACTION_ERROR`).
#[must_use = "a transaction is rolled back if it isn't committed"]
pub struct AsyncTx {
    state: Arc<State>,
    /// 1 for a transaction, more for those inside it.
    depth: u32,
    ended: bool,
}

impl fmt::Debug for AsyncTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncTx").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl AsyncTx {
    /// A transaction that was begun on this connection.
    pub(super) fn new(connection: Pooled, turn: Turn) -> Self {
        Self { state: State::new(connection, turn), depth: 1, ended: false }
    }

    /// Commits. An error comes with whether the transaction met a conflict, and whether it met a stale row.
    pub(super) async fn commit_or_fail(self) -> std::result::Result<(), (Error, (bool, bool))> {
        // If committing fails, it has also rolled back.
        let committed =
            self.end(|connection| connection.commit().map_err(|error| (error, met(connection))));
        committed.await.unwrap_or_else(|error| Err((error, (false, false))))
    }

    /// Rolls back, and returns whether the transaction met a conflict, and whether it met a stale row.
    pub(super) async fn end_failed(self) -> (bool, bool) {
        let ended = self.end(|connection| {
            let met = met(connection);
            connection.roll_back().map(|()| met)
        });
        ended.await.and_then(|met| met).unwrap_or_default()
    }

    /// Commits after a success, and rolls back after an error, which it returns: it says more than another one.
    pub(super) async fn finish<T, E: From<Error>>(self, result: Result<T, E>) -> Result<T, E> {
        match &result {
            Ok(_) => self.commit().await?,
            Err(_) => drop(self.roll_back().await),
        }
        result
    }
}

impl AsyncTx {
    /// Opens a transaction inside this one, a savepoint. Until it ends, calls of this one are an error
    /// (`TRANSACTION_ERROR`).
    ///
    /// # Errors
    /// If the savepoint can't be made.
    pub async fn begin(&self) -> Result<AsyncTx> {
        self.run_on(|connection| connection.begin(Isolation::Default, false)).await?;
        let (state, depth) = (Arc::clone(&self.state), self.depth + 1);
        state.go_inside(depth);
        Ok(AsyncTx { state, depth, ended: false })
    }

    /// Runs `f` in a transaction inside this one, a savepoint: see [`AsyncDb::transaction`](crate::AsyncDb::transaction).
    ///
    /// # Errors
    /// What `f` returns, or an error of the savepoint.
    pub async fn transaction<T>(&self, f: impl AsyncFnOnce(&AsyncTx) -> Result<T>) -> Result<T> {
        self.try_transaction(f).await
    }

    /// Works like [`transaction`](AsyncTx::transaction), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// See [`transaction`](AsyncTx::transaction).
    pub async fn try_transaction<T, E: From<Error>>(
        &self,
        f: impl AsyncFnOnce(&AsyncTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let inner = self.begin().await?;
        let result = f(&inner).await;
        inner.finish(result).await
    }

    /// Commits.
    ///
    /// # Errors
    /// If the database can't commit: it has then rolled back. `TRANSACTION_ERROR` if a statement in it failed or a call of it
    /// was cancelled.
    pub async fn commit(self) -> Result<()> {
        self.end(AnyConnection::commit).await?
    }

    /// Rolls back.
    ///
    /// # Errors
    /// If the connection is lost; the database rolls back then, too.
    pub async fn roll_back(self) -> Result<()> {
        self.end(AnyConnection::roll_back).await?
    }

    /// Ends the transaction by `end`, whether that fails or not.
    async fn end<R: Send>(mut self, end: fn(&mut AnyConnection) -> R) -> Result<R> {
        let ended = self.run_on(move |connection| Ok(end(connection))).await?;
        self.ended = true;
        Ok(ended)
    }

    fn dialect(&self) -> Dialect {
        self.state.dialect()
    }

    /// Runs a call.
    fn run<'a, T: Send + 'a>(
        &'a self,
        f: impl for<'c> FnOnce(&Tx<'c>) -> Result<T> + Send + 'a,
    ) -> Run<'a, T> {
        // There are others if this isn't the only future that exists.
        let calling = Calling::new(&self.state);
        Run::new(async move {
            if calling.is_alone() {
                self.run_on(|connection| run_open(connection, f)).await
            } else {
                self.run_beside(f).await
            }
        })
    }

    /// Runs a call that reads the rows of a stream. Until its end, others are refused.
    fn stream<'a, T: Send + 'a>(
        &'a self,
        f: impl for<'c> FnOnce(&Tx<'c>) -> Result<T> + Send + 'a,
    ) -> Run<'a, T> {
        Run::new(async move {
            let _streaming = self.state.begin_stream()?;
            self.run_locked(|connection| run_open(connection, f)).await
        })
    }

    /// Runs a function on the connection, before or after other calls.
    async fn run_on<'a, T: Send + 'a>(
        &'a self,
        f: impl FnOnce(&mut AnyConnection) -> Result<T> + Send + 'a,
    ) -> Result<T> {
        self.state.check_unread()?;
        self.run_locked(f).await
    }

    async fn run_locked<'a, T: Send + 'a>(
        &'a self,
        f: impl FnOnce(&mut AnyConnection) -> Result<T> + Send + 'a,
    ) -> Result<T> {
        let mut locked = self.state.lock(self.depth).await?;
        Fiber::new(move || {
            locked.enter()?;
            locked.settle();
            f(&mut locked)
        })
        .await
    }

    /// Runs a call while others run.
    async fn run_beside<'a, T: Send + 'a>(
        &'a self,
        f: impl for<'c> FnOnce(&Tx<'c>) -> Result<T> + Send + 'a,
    ) -> Result<T> {
        self.state.check_unread()?;
        let lender = self.state.lender(self.depth);
        Fiber::new(move || {
            let mut connection = lender.lend()?;
            connection.check_open()?;
            let Some(mut own) = connection.share(Box::new(lender.clone())) else {
                return run_open(&mut connection, f);
            };
            drop(connection);
            let result = f(&Tx::new(&mut own));
            AnyConnection::end_sharing(own, &lender);
            result
        })
        .await
    }
}

fn run_open<T>(
    connection: &mut AnyConnection,
    f: impl for<'c> FnOnce(&Tx<'c>) -> Result<T>,
) -> Result<T> {
    connection.check_open()?;
    f(&Tx::new(connection))
}

impl Drop for AsyncTx {
    fn drop(&mut self) {
        self.state.end(self.depth, self.ended);
    }
}

futures!(AsyncTx, Tx<'c>, run, stream);

/// Returns whether the transaction met a conflict, and whether it met a stale row. After a lost connection it may have
/// committed.
fn met(connection: &AnyConnection) -> (bool, bool) {
    let is_known = !connection.is_broken();
    (is_known && connection.met_conflict(), is_known && connection.met_stale_row())
}
