//! The database handle.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::pool::{ConnectionSource, Pool, PoolStatus, Pooled};
use super::replicas::{Replicas, ServerStatus};
use crate::backend::{AnyConnection, Isolation, Limits};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Executor, Lent, Tx, sealed, waits};
use crate::wait;

/// A database: a pool of connections to it.
///
/// Cloning is cheap and returns another handle to the same pool. The calls that run statements are in [`Executor`],
/// which a transaction's handle implements too.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool,
    dialect: Dialect,
    limits: Limits,
    retry_reads: bool,
    replicas: Option<Replicas>,
    #[cfg(feature = "tokio")]
    blocking: super::blocking::Blocking,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.pool_status();
        f.debug_struct("Db")
            .field("dialect", &self.shared.dialect)
            .field("connections", &status.connections)
            .field("idle_connections", &status.idle)
            .finish()
    }
}

thread_local! {
    /// The pools from which this thread holds a connection: in a transaction, or in `with_connection`.
    static HELD: RefCell<Vec<*const ()>> = const { RefCell::new(Vec::new()) };
}

/// Records that this thread holds a connection of a pool, until it is dropped.
pub(super) struct Held(*const Shared);

impl Held {
    fn new(shared: *const Shared) -> Self {
        with_held(|held| held.push(shared.cast()));
        Self(shared)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        with_held(|held| {
            if let Some(place) = held.iter().rposition(|shared| *shared == self.0.cast()) {
                held.swap_remove(place);
            }
        });
    }
}

/// Calls a function with the pools from which the thread or the async call holds a connection.
fn with_held<R>(f: impl FnOnce(&mut Vec<*const ()>) -> R) -> R {
    #[cfg(feature = "tokio")]
    if wait::is_async() {
        return wait::with_held(f);
    }
    HELD.with_borrow_mut(f)
}

/// A database, unless nobody has it any more.
pub(super) struct WeakDb(Weak<Shared>);

impl WeakDb {
    pub(super) fn upgrade(&self) -> Option<Db> {
        self.0.upgrade().map(|shared| Db { shared })
    }
}

/// How often a read is run again. Waiting for a server that is lost again and again is not the task of a read.
pub(super) const ATTEMPTS: u32 = 3;

impl Db {
    pub(super) fn new(
        pool: Pool,
        (dialect, limits): (Dialect, Limits),
        retry_reads: bool,
        replicas: Option<Replicas>,
    ) -> Self {
        #[cfg(feature = "tokio")]
        let blocking = super::blocking::Blocking::new(pool.settings().size);
        Self {
            shared: Arc::new(Shared {
                #[cfg(feature = "tokio")]
                blocking,
                pool,
                dialect,
                limits,
                retry_reads,
                replicas,
            }),
        }
    }

    /// Returns the dialect of the database's SQL.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// Returns the limits of a single statement on this database.
    pub fn limits(&self) -> Limits {
        self.shared.limits
    }

    /// Runs `f` with a connection of the pool, for code that uses diesel's own traits.
    ///
    /// # Errors
    /// If no connection is available: see [`Db::connect`] and `POOL_EXHAUSTED`. Using this handle inside `f` is an
    /// error, because it would wait for a second connection.
    pub fn with_connection<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        let mut connection = self.checkout()?;
        let _held = self.hold();
        f(&mut connection)
    }

    /// Checks that the database answers, and returns how long that took. It answers exactly if a query would: the check
    /// uses a connection of the pool, and a lost one is replaced.
    ///
    /// # Errors
    /// If no connection is available within `timeout`: see [`Db::connect`] and `POOL_EXHAUSTED`. `NETWORK_ERROR` if the
    /// database doesn't answer.
    pub fn ping(&self, timeout: Duration) -> Result<Duration> {
        let start = Instant::now();
        self.check_not_held()?;
        loop {
            let left = || timeout.saturating_sub(start.elapsed());
            let found = self.shared.pool.try_get();
            let mut connection = self.shared.pool.find(found, left())?;
            match connection.ping(left().max(Duration::from_millis(1))) {
                Ok(()) => return Ok(start.elapsed()),
                // The connection was lost since its last use. A query would be run again too.
                Err(error) if error.is_connection_lost() && !left().is_zero() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the current state of the pool. In a forked process, the inherited pool has no connections: they are the
    /// parent's.
    pub fn pool_status(&self) -> PoolStatus {
        self.shared.pool.status()
    }

    /// Returns what is known about the primary and each replica, as of the last check, at most half a second or so ago. Never
    /// waits. Empty for a database without replicas, and in a forked process.
    pub fn servers(&self) -> Vec<ServerStatus> {
        let replicas = self.replicas().filter(|_| self.source().process().is_current());
        replicas.map(|replicas| replicas.status(self.pool_status())).unwrap_or_default()
    }

    pub(crate) fn source(&self) -> &ConnectionSource {
        self.shared.pool.source()
    }

    pub(crate) fn checkout_timeout(&self) -> Duration {
        self.shared.pool.settings().checkout_timeout
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn blocking(&self) -> &super::blocking::Blocking {
        &self.shared.blocking
    }

    /// Closes the pool for all of its handles. Idle connections close at once, others when they are returned, for which
    /// this waits at most `patience`. Returns the number of connections that are still in use.
    pub(crate) fn close(&self, patience: Duration) -> u32 {
        let start = Instant::now();
        for replica in self.replicas().into_iter().flat_map(Replicas::pools) {
            replica.close();
        }
        loop {
            self.shared.pool.close();
            let in_use = self.pool_status().in_use;
            if in_use == 0 || start.elapsed() >= patience {
                return in_use;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn check_not_held(&self) -> Result<()> {
        self.source().process().check()?;
        let own = Arc::as_ptr(&self.shared).cast();
        if with_held(|held| held.contains(&own)) {
            return Err(Error::new(
                ErrorKind::Transaction,
                "the database handle is used inside its own transaction or `with_connection`, or during a stream that \
                 has its only connection, where it could wait for itself forever",
            )
            .with_hint(
                "use the handle that the closure gets: `db.transaction(|tx| tx.insert(…))`; end the stream first",
            ));
        }
        Ok(())
    }

    /// Records that this thread holds a connection of the pool, until the record is dropped.
    pub(super) fn hold(&self) -> Held {
        Held::new(Arc::as_ptr(&self.shared))
    }

    /// Returns the replicas, if it has some.
    pub(super) fn replicas(&self) -> Option<&Replicas> {
        self.shared.replicas.as_ref()
    }

    pub(super) fn downgrade(&self) -> WeakDb {
        WeakDb(Arc::downgrade(&self.shared))
    }

    /// Returns whether reads are run again after a lost connection.
    pub(super) fn retries_reads(&self) -> bool {
        self.shared.retry_reads
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.shared.pool
    }

    pub(super) fn checkout(&self) -> Result<Pooled> {
        self.check_not_held()?;
        self.shared.pool.get(self.checkout_timeout())
    }

    /// Runs a read again after its connection was lost, in a read-only transaction. If it writes after all, for example
    /// in a function, the database refuses it, and `error` is returned.
    /// Waits before a read is run again on a service: as long as it asks, or a bit longer with each attempt.
    ///
    /// # Errors
    /// If it asks for longer than a program would wait.
    pub(super) fn wait_before(&self, attempt: u32, error: &Error) -> Result<()> {
        const LONGEST: Duration = Duration::from_secs(10);
        if self.shared.dialect.capabilities().transactions {
            return Ok(());
        }
        let pause = error.retry_after().unwrap_or(Duration::from_millis(50) * attempt);
        if pause > LONGEST {
            return Err(error.duplicate());
        }
        Ok(wait::sleep(pause)?)
    }

    #[cold]
    fn read_again(
        &self,
        f: &mut dyn FnMut(&mut AnyConnection) -> Result<()>,
        mut error: Error,
    ) -> Result<()> {
        if !self.shared.retry_reads {
            return Err(error);
        }
        for attempt in 1..=ATTEMPTS {
            tracing::debug!(target: "mizzle::query", attempt, %error, "running a read again");
            // An error of connecting explains the lost connection.
            self.wait_before(attempt, &error)?;
            let mut connection = self.checkout()?;
            let again = if connection.has_transactions() {
                connection
                    .begin(Isolation::Default, true)
                    .and_then(|()| f(&mut connection).inspect_err(|_| drop(connection.roll_back())))
                    .and_then(|()| connection.commit())
            } else {
                connection.only_reading(|connection| f(connection))
            };
            match again {
                Err(again) if again.is_read_only() => return Err(error),
                Err(again) if again.may_read_again() => error = again,
                other => return other,
            }
        }
        Err(error)
    }
}

impl sealed::Sealed for Db {
    fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        f(&mut *self.checkout()?)
    }

    fn run_read(&self, f: &mut dyn FnMut(&mut AnyConnection) -> Result<()>) -> Result<()> {
        // The connection is returned before another one is taken.
        let result = f(&mut *self.checkout()?);
        match result {
            Err(error) if error.may_read_again() => self.read_again(f, error),
            other => other,
        }
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
        self.transaction_builder().try_run(f)
    }
}

waits!([] Db);
impl Executor for Db {}
