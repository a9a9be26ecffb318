//! The database handle of async programs.

use std::fmt;
use std::time::{Duration, Instant};

use super::futures;
use super::session::AsyncSession;
use super::transaction::AsyncTx;
use super::transactions::AsyncTransactionBuilder;
use crate::backend::Limits;
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::handle::interact::runtime;
use crate::handle::{Db, DbBuilder, PoolStatus, Read, ServerStatus, TransactionRetry};
use crate::run::Run;
use crate::wait::Fiber;

/// A database, for async programs on tokio: the calls are those of a [`Db`], with `.await`. Needs the Cargo feature `tokio`.
///
/// ```
/// # use orm_core::{AsyncDb, Executor, Query, Table};
/// # async fn f<User: Table<Key = i64>>(db: &AsyncDb) -> orm_core::Result<()> {
/// let user: Option<User> = db.find(1).await?;
/// let users = Query::<User>::new().limit(10).all(db).await?;
/// # let _ = (user, users);
/// # Ok(())
/// # }
/// ```
///
/// It shares the pool, the settings and the retries of the `Db` that it is made of, and cloning is cheap. No call blocks a
/// thread of the runtime: one that waits for a PostgreSQL server gives the thread to other tasks, and SQLite runs on other
/// threads. There are two exceptions: on systems other than Unix, a call blocks its thread while
/// it waits for a PostgreSQL server, and so does the program's own hook for connections
/// ([`DbBuilder::on_connect`]) if it runs in a call, as behind a pooler.
///
/// # Functions for both
/// A function on `&impl Executor` takes a [`Db`], and one on `&impl Executor<Async>` takes an `AsyncDb`. Both are served by one
/// that says so:
///
/// ```
/// # use orm_core::{Executor, Mode, Query, Table};
/// fn some<'a, T: Table, M: Mode>(
///     query: &'a Query<'a, T>,
///     db: &'a impl Executor<M>,
/// ) -> M::Output<'a, Vec<T>> {
///     query.all(db)
/// }
/// ```
///
/// # Cancellation
/// A future may be dropped at any time, for example by a timeout: see [`Run`].
///
/// # Runtimes
/// Multi-threaded and current-thread runtimes work, with I/O and time enabled. A call outside a runtime is an error
/// (`CONFIG_ERROR`).
#[derive(Clone)]
pub struct AsyncDb {
    pub(super) db: Db,
}

impl fmt::Debug for AsyncDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncDb").field(&self.db).finish()
    }
}

impl From<Db> for AsyncDb {
    fn from(db: Db) -> Self {
        Self { db }
    }
}

impl AsyncDb {
    /// Connects to a database: see [`Db::connect`].
    ///
    /// # Errors
    /// Those of [`Db::connect`]; `CONFIG_ERROR` outside a runtime.
    pub async fn connect(url: &str) -> Result<Self> {
        DbBuilder::new(url).connect_async().await
    }

    /// Connects to the database that the environment variables name: see [`Db::from_env`].
    ///
    /// # Errors
    /// Those of [`Db::from_env`]; `CONFIG_ERROR` outside a runtime.
    pub async fn from_env() -> Result<Self> {
        DbBuilder::from_env()?.connect_async().await
    }

    /// Returns the handle on the same pool whose calls block the thread.
    pub fn blocking(&self) -> &Db {
        &self.db
    }

    /// Returns the dialect of the database's SQL.
    pub fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    /// Returns the limits of a single statement on this database.
    pub fn limits(&self) -> Limits {
        self.db.limits()
    }

    /// Returns the current state of the pool: see [`Db::pool_status`].
    pub fn pool_status(&self) -> PoolStatus {
        self.db.pool_status()
    }

    /// Returns what is known about the primary and each replica: see [`Db::servers`].
    pub fn servers(&self) -> Vec<ServerStatus> {
        self.db.servers()
    }

    /// Checks that the database answers, and returns how long that took: see [`Db::ping`].
    ///
    /// # Errors
    /// Those of [`Db::ping`].
    pub fn ping(&self, timeout: Duration) -> Run<'_, Duration> {
        Run::new(async move {
            let start = Instant::now();
            let turn = self.db.turn(timeout).await?;
            Fiber::new(move || {
                self.db.ping(timeout.saturating_sub(start.elapsed()))?;
                drop(turn);
                Ok(start.elapsed())
            })
            .await
        })
    }

    /// Begins a transaction. It is rolled back if it is dropped before [`AsyncTx::commit`].
    ///
    /// ```
    /// # use orm_core::{AsyncDb, Executor, Values, Writable};
    /// # async fn f<N: Values<Row: Writable> + Send>(db: &AsyncDb, first: N, second: N) -> orm_core::Result<()> {
    /// let tx = db.begin().await?;
    /// tx.insert(first).await?;
    /// tx.insert(second).await?;
    /// tx.commit().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// If no connection is available: see [`Db::connect`] and `POOL_EXHAUSTED`.
    pub async fn begin(&self) -> Result<AsyncTx> {
        self.transaction_builder().begin().await
    }

    /// Runs `f` in a transaction: commits if it returns `Ok`, rolls back if it returns `Err`, panics, or is dropped before
    /// its end.
    ///
    /// ```
    /// # use orm_core::{AsyncDb, Executor, Values, Writable};
    /// # async fn f<N: Values<Row: Writable> + Send>(db: &AsyncDb, first: N, second: N) -> orm_core::Result<N::Row> {
    /// db.transaction(async |tx| {
    ///     tx.insert(first).await?;
    ///     tx.insert(second).await
    /// })
    /// .await
    /// # }
    /// ```
    ///
    /// # Errors
    /// What `f` returns, or an error of beginning or committing. The handle of the database must not be used inside `f`
    /// if the pool has only one connection: its call would wait for that.
    pub async fn transaction<T>(&self, f: impl AsyncFnOnce(&AsyncTx) -> Result<T>) -> Result<T> {
        self.try_transaction(f).await
    }

    /// Works like [`transaction`](AsyncDb::transaction), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// See [`transaction`](AsyncDb::transaction).
    pub async fn try_transaction<T, E: From<Error>>(
        &self,
        f: impl AsyncFnOnce(&AsyncTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_builder().try_run(f).await
    }

    /// Returns a builder for a transaction with other settings.
    pub fn transaction_builder(&self) -> AsyncTransactionBuilder<'_> {
        AsyncTransactionBuilder::new(&self.db)
    }

    /// Runs `f` in a transaction, and again in a new one, up to `retries` times, each time a row that it writes was changed
    /// by somebody else since `f` read it: see [`Db::retry_stale`].
    ///
    /// # Errors
    /// Those of [`Db::retry_stale`].
    pub async fn retry_stale<T>(
        &self,
        retries: u32,
        f: impl AsyncFnMut(&AsyncTx) -> Result<T>,
    ) -> Result<T> {
        self.try_retry_stale(retries, f).await
    }

    /// Works like [`retry_stale`](AsyncDb::retry_stale), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// Those of [`Db::try_retry_stale`].
    pub async fn try_retry_stale<T, E: From<Error>>(
        &self,
        retries: u32,
        f: impl AsyncFnMut(&AsyncTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let policy = TransactionRetry::new(retries).stale_rows();
        self.transaction_builder().retry(policy).try_run(f).await
    }

    /// Runs `f`, which blocks, on one of tokio's threads for blocking work: see [`Db::interact`].
    ///
    /// # Errors
    /// Those of [`Db::interact`].
    pub async fn interact<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Db) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.db.interact(f).await
    }

    /// Runs `f` like [`interact`](AsyncDb::interact), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// Those of [`Db::try_interact`].
    pub async fn try_interact<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        f: impl FnOnce(&Db) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.db.try_interact(f).await
    }

    /// Returns a session, which reads on replicas: see [`Db::session`].
    pub fn session(&self, read: Read) -> AsyncSession {
        AsyncSession { db: self.db.clone(), session: self.db.session(read) }
    }

    /// Runs a function on the handle that waits, in a fiber.
    pub(crate) fn run<'a, T: Send + 'a>(
        &'a self,
        f: impl FnOnce(&'a Db) -> Result<T> + Send + 'a,
    ) -> Run<'a, T> {
        self.db.run_in_turn(move || f(&self.db))
    }
}

futures!(AsyncDb, Db, run, run);

impl DbBuilder {
    /// Connects, for an async program: see [`connect`](DbBuilder::connect). Needs the Cargo feature `tokio`.
    ///
    /// # Errors
    /// Those of [`connect`](DbBuilder::connect); `CONFIG_ERROR` outside a runtime.
    pub async fn connect_async(self) -> Result<AsyncDb> {
        runtime()?;
        Fiber::new(move || self.connect()).await.map(AsyncDb::from)
    }
}
