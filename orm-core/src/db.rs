//! The database handle.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::{AnyConnection, ConnectOptions, Isolation, Limits, Target};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::executor::{Executor, sealed};
use crate::pool::{LastError, Manager, threads};
use crate::transaction::{Tx, run_transaction};

/// A database: a pool of connections to it.
///
/// Cloning is cheap and gives another handle to the same pool. All that can be run stands in
/// [`Executor`], which a transaction's handle implements too.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

struct Shared {
    pool: r2d2::Pool<Manager>,
    last_error: LastError,
    dialect: Dialect,
    limits: Limits,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.pool.state();
        f.debug_struct("Db")
            .field("dialect", &self.shared.dialect)
            .field("connections", &state.connections)
            .field("idle_connections", &state.idle_connections)
            .finish()
    }
}

thread_local! {
    /// The pools whose connection this thread holds: in a transaction, or in `with_connection`.
    static HELD: RefCell<Vec<*const Shared>> = const { RefCell::new(Vec::new()) };
}

/// Says that this thread holds a connection of a pool, until it is dropped.
struct Held(*const Shared);

impl Held {
    fn new(shared: *const Shared) -> Self {
        HELD.with_borrow_mut(|held| held.push(shared));
        Self(shared)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.with_borrow_mut(|held| {
            if let Some(place) = held.iter().rposition(|shared| *shared == self.0) {
                held.swap_remove(place);
            }
        });
    }
}

impl Db {
    /// Connects to the database that `url` names, with the defaults of [`DbBuilder`].
    ///
    /// `sqlite:blog.db` is a file (made if it doesn't exist; `?mode=ro` opens it for reading),
    /// `sqlite::memory:` a database in memory, `postgres://user:password@host:5432/database` a server's.
    ///
    /// # Errors
    /// One connection is opened at once, so that what is wrong shows here: a malformed URL or a database
    /// that is not compiled in (`CONFIG_ERROR`), an unreachable server (`NETWORK_ERROR`, `DNS_ERROR`), a
    /// wrong password (`AUTH_FAILED`), a missing database or file (`DATABASE_NOT_FOUND`).
    pub fn connect(url: &str) -> Result<Self> {
        Self::builder(url).connect()
    }

    /// Settings for a connection to the database that `url` names.
    pub fn builder(url: &str) -> DbBuilder {
        DbBuilder {
            url: url.into(),
            pool_size: 10,
            checkout_timeout: Duration::from_secs(10),
            options: ConnectOptions::default(),
        }
    }

    /// The dialect of the database's SQL.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// What the database can take at once.
    pub fn limits(&self) -> Limits {
        self.shared.limits
    }

    /// Runs `f` with a connection of the pool, for code that is written for diesel's own traits.
    ///
    /// # Errors
    /// Where no connection can be had: see [`Db::connect`] and `POOL_EXHAUSTED`. Using this handle inside
    /// `f` is an error, as it would wait for a second connection.
    pub fn with_connection<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        let mut connection = self.checkout()?;
        let _held = Held::new(Arc::as_ptr(&self.shared));
        f(&mut connection)
    }

    /// Settings of a transaction other than [`Executor::transaction`]'s.
    pub fn transaction_builder(&self) -> TransactionBuilder<'_> {
        TransactionBuilder { db: self, isolation: Isolation::Default, read_only: false }
    }

    fn checkout(&self) -> Result<r2d2::PooledConnection<Manager>> {
        let own: *const Shared = Arc::as_ptr(&self.shared);
        if HELD.with_borrow(|held| held.contains(&own)) {
            return Err(Error::new(
                ErrorKind::Transaction,
                "the database handle is used inside one of its own transactions (or `with_connection`), \
                 which could wait for itself for ever",
            )
            .with_hint("use the handle that the closure gets: `db.transaction(|tx| tx.insert(…))`"));
        }
        match self.shared.pool.try_get() {
            Some(connection) => Ok(connection),
            None => self.wait_for_connection(),
        }
    }

    #[cold]
    fn wait_for_connection(&self) -> Result<r2d2::PooledConnection<Manager>> {
        let pool = &self.shared.pool;
        self.shared.last_error.take();
        pool.get().map_err(|_| {
            let state = pool.state();
            match self.shared.last_error.take() {
                // Connections are missing because they can't be opened, not because they are in use.
                Some(error) if state.connections < pool.max_size() => error,
                _ => Error::new(
                    ErrorKind::PoolExhausted,
                    format!(
                        "all {} connections of the pool were in use for {} ms",
                        pool.max_size(),
                        pool.connection_timeout().as_millis()
                    ),
                ),
            }
        })
    }
}

impl sealed::Sealed for Db {
    fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        f(&mut *self.checkout()?)
    }

    fn run_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_builder().try_run(f)
    }
}

impl Executor for Db {}

/// Settings of a transaction: [`Db::transaction_builder`].
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing happens before `run`"]
pub struct TransactionBuilder<'d> {
    db: &'d Db,
    isolation: Isolation,
    read_only: bool,
}

impl TransactionBuilder<'_> {
    /// What the transaction sees of others. On SQLite each is as if they ran one after another.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// The transaction only reads. PostgreSQL refuses its writes; on SQLite it doesn't wait for writers,
    /// and must not write.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Runs `f` in the transaction: see [`Executor::transaction`].
    ///
    /// # Errors
    /// What `f` returns, or what beginning or committing fails with.
    pub fn run<T>(self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.try_run(f)
    }

    /// Runs `f`, which may fail with an error of the application's own.
    ///
    /// # Errors
    /// What `f` returns, or what beginning or committing fails with.
    pub fn try_run<T, E: From<Error>>(
        self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.db.checkout()?;
        let _held = Held::new(Arc::as_ptr(&self.db.shared));
        run_transaction(&mut connection, self.isolation, self.read_only, f)
    }
}

/// Settings of a [`Db`].
#[derive(Clone)]
#[must_use = "nothing happens before `connect`"]
pub struct DbBuilder {
    url: String,
    pool_size: u32,
    checkout_timeout: Duration,
    options: ConnectOptions,
}

/// Shows no URL: it may hold a password.
impl fmt::Debug for DbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbBuilder")
            .field("pool_size", &self.pool_size)
            .field("checkout_timeout", &self.checkout_timeout)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(5),
            application_name: "mizzle".into(),
            log_values: false,
        }
    }
}

impl DbBuilder {
    /// The most connections at once; 10 by default. A database in memory always has one, because each
    /// connection would be a database of its own.
    pub fn pool_size(mut self, connections: u32) -> Self {
        self.pool_size = connections;
        self
    }

    /// How long to wait for a free connection before `POOL_EXHAUSTED`; 10 s by default.
    pub fn checkout_timeout(mut self, timeout: Duration) -> Self {
        self.checkout_timeout = timeout;
        self
    }

    /// How long the server may take to accept a connection, unless the URL says so (`connect_timeout`, in
    /// seconds); 10 s by default. SQLite needs none.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How long a statement on SQLite waits for another program's lock; 5 s by default.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.options.busy_timeout = timeout;
        self
    }

    /// The name by which PostgreSQL lists the connections (`pg_stat_activity`), unless the URL gives
    /// one; `mizzle` by default.
    pub fn application_name(mut self, name: &str) -> Self {
        self.options.application_name = name.into();
        self
    }

    /// Whether the log's statements (`mizzle::query`) come with the values that are bound to them, each cut
    /// to some characters, and the server's notices with their text; `false` by default. For development:
    /// the values are your users' data.
    pub fn log_values(mut self, shown: bool) -> Self {
        self.options.log_values = shown;
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// See [`Db::connect`]. A pool size of 0 is a `CONFIG_ERROR`.
    pub fn connect(self) -> Result<Db> {
        if self.pool_size == 0 {
            let message = "the pool size is 0, and so nothing could ever run";
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("set a pool size of at least 1, or leave it at its default"));
        }
        let target = Target::parse(&self.url)?;
        let mut first = AnyConnection::open(&target, &self.options)?;
        first.prepare_database(&target)?;
        let (dialect, limits) = (first.dialect(), first.limits());
        let lasting = target.is_private_memory();
        let last_error = LastError::default();
        let minutes = |count: u64| (!lasting).then(|| Duration::from_secs(count * 60));
        let pool = r2d2::Pool::builder()
            .max_size(if lasting { 1 } else { self.pool_size })
            .min_idle(Some(0))
            .connection_timeout(self.checkout_timeout)
            .max_lifetime(minutes(30))
            .idle_timeout(minutes(10))
            // A connection that turns out to be lost is dropped when it comes back.
            .test_on_check_out(false)
            .thread_pool(threads())
            .error_handler(Box::new(last_error.clone()))
            .build_unchecked(Manager::new(target, self.options, first));
        Ok(Db { shared: Arc::new(Shared { pool, last_error, dialect, limits }) })
    }
}
