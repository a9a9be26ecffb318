//! Open transactions of async programs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::futures;
use crate::backend::{AnyConnection, Isolation};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::handle::blocking::Turn;
use crate::handle::pool::Pooled;
use crate::run::{Run, Tx};
use crate::wait::{self, Fiber};

/// An open transaction of an async program: everything that [`Executor`](crate::Executor) offers, inside the transaction.
///
/// It is rolled back if it is dropped before [`commit`](AsyncTx::commit): in the background, before its connection returns to
/// the pool. Its calls run one after the other, also if their futures are polled together.
///
/// If the future of a call is dropped before its end, nobody knows what of it was done. The transaction can then only be
/// rolled back: further calls, and `commit`, are an error (`TRANSACTION_ERROR`).
#[must_use = "a transaction is rolled back if it isn't committed"]
pub struct AsyncTx {
    shared: Arc<Shared>,
    /// 1 for a transaction, more for those inside it.
    depth: u32,
    ended: bool,
}

/// What a transaction and those inside it have in common.
struct Shared {
    dialect: Dialect,
    runtime: Handle,
    state: Mutex<State>,
    /// The depth of the innermost one that is open; 0 after the end.
    innermost: AtomicU32,
    /// How many inner ones were dropped, and are to be rolled back before anything else.
    dropped: AtomicU32,
    /// Whether the rows of a stream are being read.
    streams: AtomicBool,
}

struct State {
    /// `None` once it goes back to the pool.
    connection: Option<(Pooled, Turn)>,
    /// Whether a call has not come to its end.
    interrupted: bool,
}

impl fmt::Debug for AsyncTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncTx").field("depth", &self.depth).finish_non_exhaustive()
    }
}

/// Marks the transaction while a stream of it is open.
struct Streaming<'s>(&'s AtomicBool);

impl Drop for Streaming<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Shared {
    /// Calls a function with the connection, after what is left to roll back.
    fn with<T>(
        &self,
        state: &mut State,
        f: impl FnOnce(&mut AnyConnection) -> Result<T>,
    ) -> Result<T> {
        if state.interrupted {
            return Err(interrupted());
        }
        let Some((connection, _)) = &mut state.connection else { return Err(ended()) };
        state.interrupted = true;
        let result = self.roll_back_dropped(connection).and_then(|()| f(connection));
        state.interrupted = wait::is_cancelled();
        result
    }

    fn roll_back_dropped(&self, connection: &mut AnyConnection) -> Result<()> {
        for _ in 0..self.dropped.swap(0, Ordering::AcqRel) {
            connection.roll_back()?;
        }
        Ok(())
    }
}

impl AsyncTx {
    /// A transaction that was begun on this connection.
    pub(super) fn new(connection: Pooled, turn: Turn) -> Self {
        let shared = Shared {
            dialect: connection.dialect(),
            // The call that began it ran in one.
            runtime: Handle::current(),
            state: Mutex::new(State { connection: Some((connection, turn)), interrupted: false }),
            innermost: AtomicU32::new(1),
            dropped: AtomicU32::new(0),
            streams: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), depth: 1, ended: false }
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
        let (shared, depth) = (Arc::clone(&self.shared), self.depth + 1);
        shared.innermost.store(depth, Ordering::Release);
        Ok(AsyncTx { shared, depth, ended: false })
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
        self.shared.dialect
    }

    /// Runs a call.
    fn run<'a, T: Send + 'a>(
        &'a self,
        f: impl for<'c> FnOnce(&Tx<'c>) -> Result<T> + Send + 'a,
    ) -> Run<'a, T> {
        Run::new(self.run_on(move |connection| {
            connection.check_open()?;
            f(&Tx::new(connection))
        }))
    }

    /// Runs a call that reads the rows of a stream. Until its end, others are refused.
    fn stream<'a, T: Send + 'a>(
        &'a self,
        f: impl for<'c> FnOnce(&Tx<'c>) -> Result<T> + Send + 'a,
    ) -> Run<'a, T> {
        let streams = &self.shared.streams;
        self.run(move |tx| {
            streams.store(true, Ordering::Release);
            let _streaming = Streaming(streams);
            f(tx)
        })
    }

    async fn run_on<'a, T: Send + 'a>(
        &'a self,
        f: impl FnOnce(&mut AnyConnection) -> Result<T> + Send + 'a,
    ) -> Result<T> {
        let shared = &*self.shared;
        // Waiting for the stream would be waiting for this task.
        if shared.streams.load(Ordering::Acquire) {
            return Err(streaming());
        }
        let mut state = shared.state.lock().await;
        match shared.innermost.load(Ordering::Acquire) {
            0 => return Err(ended()),
            depth if depth != self.depth => return Err(nested()),
            _ => {}
        }
        Fiber::new(move || shared.with(&mut state, f)).await
    }
}

impl Drop for AsyncTx {
    fn drop(&mut self) {
        let innermost = &self.shared.innermost;
        // Those inside it end with it.
        let is_open = innermost.fetch_min(self.depth - 1, Ordering::AcqRel) >= self.depth;
        if is_open && !self.ended && self.depth > 1 {
            self.shared.dropped.fetch_add(1, Ordering::AcqRel);
        }
        // Nobody else has the state after the end.
        if self.ended
            && self.depth == 1
            && let Ok(mut state) = self.shared.state.try_lock()
        {
            state.connection = None;
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some((connection, turn)) = self.state.get_mut().connection.take() {
            connection.recover_in(&self.runtime, turn);
        }
    }
}

futures!(AsyncTx, Tx<'c>, run, stream);

/// Returns whether the transaction met a conflict, and whether it met a stale row. After a lost connection it may have
/// committed.
fn met(connection: &AnyConnection) -> (bool, bool) {
    let is_known = !connection.is_broken();
    (is_known && connection.met_conflict(), is_known && connection.met_stale_row())
}

#[cold]
fn interrupted() -> Error {
    Error::new(
        ErrorKind::Transaction,
        "a call of the transaction was cancelled, so that it can only be rolled back",
    )
    .with_hint("run the whole transaction again; a timeout belongs around all of it, not around one of its calls")
}

#[cold]
fn ended() -> Error {
    Error::new(ErrorKind::Transaction, "the transaction has already ended")
}

#[cold]
fn streaming() -> Error {
    Error::new(ErrorKind::Transaction, "the transaction is used while a stream of it is open")
        .with_hint("read the stream to its end or drop it first, or collect its rows")
}

#[cold]
fn nested() -> Error {
    Error::new(ErrorKind::Transaction, "the outer transaction is used inside a nested one")
        .with_hint("use the handle that the inner closure gets")
}
