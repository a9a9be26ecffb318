//! Calls for async programs, on tokio's threads for blocking work.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::blocking::Turn;
use super::db::Db;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Run;
use crate::wait::{self, Cancelled, Fiber};

/// Returns the runtime of the task.
///
/// # Errors
/// `CONFIG_ERROR` outside a runtime.
pub(crate) fn runtime() -> Result<Handle> {
    Handle::try_current().map_err(|_| {
        let message = "an async call was made outside a tokio runtime";
        Error::new(ErrorKind::Config, message).with_hint(
            "await it inside `#[tokio::main]`, or make the call on a `Db`, without `.await`",
        )
    })
}

impl Db {
    /// Returns the runtime of the task.
    ///
    /// # Errors
    /// `CONFIG_ERROR` outside a runtime.
    pub(super) fn runtime(&self) -> Result<Handle> {
        // A forked process has none of the runtime's threads, either.
        self.source().process().check()?;
        runtime()
    }

    /// Runs a call on a fiber, when it is its turn.
    pub(super) fn run_in_turn<'a, T: Send + 'a>(
        &'a self,
        f: impl FnOnce() -> Result<T> + Send + 'a,
    ) -> Run<'a, T> {
        Run::new(async move {
            let turn = self.turn(self.checkout_timeout()).await?;
            Fiber::new(move || {
                let result = f();
                drop(turn);
                result
            })
            .await
        })
    }

    /// Waits until the work of other tasks leaves a connection of the pool.
    ///
    /// # Errors
    /// `POOL_EXHAUSTED` if that takes longer than `timeout`, `CONFIG_ERROR` outside a runtime.
    pub(super) async fn turn(&self, timeout: Duration) -> Result<Turn> {
        self.source().process().check()?;
        // Whoever is in a task is in a runtime, and asking for that takes longer.
        if tokio::task::try_id().is_none() {
            runtime()?;
        }
        let permits = &self.blocking().permits;
        if let Ok(turn) = Arc::clone(permits).try_acquire_owned() {
            return Ok(turn);
        }
        match tokio::time::timeout(timeout, Arc::clone(permits).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            // The semaphore is never closed.
            _ => {
                let message = format!(
                    "running work held all connections of the pool for {} ms",
                    timeout.as_millis()
                );
                Err(Error::new(ErrorKind::PoolExhausted, message))
            }
        }
    }

    /// Runs `f` on one of tokio's threads for blocking work, and returns its result to the waiting task:
    /// `db.interact(|db| db.find::<User>(1)).await?`. Needs the Cargo feature `tokio`.
    ///
    /// At most as many calls run at once as the pool has connections. Others wait for their turn without occupying a
    /// thread, for as long as the checkout timeout allows. One call for a whole piece of work, such as a transaction,
    /// is cheaper than one for each statement.
    ///
    /// # Cancellation
    /// If a future is dropped while it waits for its turn, `f` never runs. Once `f` runs, it runs to its end, and what
    /// it commits is committed; only its result is lost. So no transaction stays open, and none is interrupted. To stop
    /// a statement, set a [statement timeout](crate::DbBuilder::statement_timeout).
    ///
    /// # Errors
    /// What `f` returns. `POOL_EXHAUSTED` if its turn didn't come in time; `CONFIG_ERROR` if the caller is not in a
    /// tokio runtime.
    ///
    /// # Panics
    /// With the panic of `f`, or if the runtime was built without time (`enable_time`).
    pub async fn interact<T>(&self, f: impl FnOnce(&Db) -> Result<T> + Send + 'static) -> Result<T>
    where
        T: Send + 'static,
    {
        self.try_interact(f).await
    }

    /// Runs `f` like [`interact`](Db::interact), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// See [`interact`](Db::interact).
    ///
    /// # Panics
    /// See [`interact`](Db::interact).
    pub async fn try_interact<T, E>(
        &self,
        f: impl FnOnce(&Db) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = self.turn(self.checkout_timeout()).await?;
        let db = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let result = f(&db);
            // Ends the turn even if nobody waits for the result any more.
            drop(turn);
            result
        });
        wait::joined(work.await).unwrap_or_else(|Cancelled| {
            let message = "the runtime shut down before the work was run";
            Err(Error::new(ErrorKind::Unknown, message).into())
        })
    }
}
