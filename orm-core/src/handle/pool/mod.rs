//! The pool: r2d2's, with the checks that keep a forked process away from it.
//!
//! A thread of the parent may hold one of the pool's locks at a fork, and doesn't exist in the child, where the lock
//! would stay held forever. So nothing here touches the pool in another process than its own.

mod manager;
#[cfg(feature = "tokio")]
mod recover;
mod source;

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use self::manager::{KeepError, Manager, threads};
pub(crate) use self::source::{ConnectionSource, PoolEvent, Watcher};
use self::source::{ENDED, PROBE};
use crate::backend::AnyConnection;
use crate::backend::process::Process;
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "tokio")]
use crate::wait;

/// Settings of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// The most connections.
    pub(crate) size: u32,
    /// How many idle connections are kept.
    pub(crate) min_idle: u32,
    pub(crate) checkout_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
}

/// The state of a pool of connections: [`Db::pool_status`](crate::Db::pool_status).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PoolStatus {
    /// The maximum number of connections.
    pub size: u32,
    /// The number of open connections.
    pub connections: u32,
    /// The number of open connections that are idle.
    pub idle: u32,
    /// The number of open connections in use.
    pub in_use: u32,
}

/// How many connections a pool has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    pub(crate) open: u32,
    pub(crate) idle: u32,
}

/// The connections of a [`Db`](crate::Db). Dropping it closes them; those in use close when they are returned.
pub(crate) struct Pool {
    /// Not dropped in a forked process.
    pool: ManuallyDrop<r2d2::Pool<Manager>>,
    source: Arc<ConnectionSource>,
    settings: Settings,
}

impl Pool {
    /// Creates a pool. Its first connection may be open already.
    pub(crate) fn new(
        source: ConnectionSource,
        settings: Settings,
        first: Option<AnyConnection>,
    ) -> Self {
        let source = Arc::new(source);
        source.keep_first(first);
        let pool = r2d2::Pool::builder()
            .max_size(settings.size)
            .min_idle(Some(settings.min_idle))
            .connection_timeout(settings.checkout_timeout)
            .max_lifetime(settings.max_lifetime)
            .idle_timeout(settings.idle_timeout)
            // A lost connection is dropped when it is returned to the pool.
            .test_on_check_out(false)
            .thread_pool(threads(settings.size))
            .error_handler(Box::new(KeepError(Arc::clone(&source))))
            .build_unchecked(Manager(Arc::clone(&source)));
        Self { pool: ManuallyDrop::new(pool), source, settings }
    }

    #[inline]
    pub(crate) fn source(&self) -> &ConnectionSource {
        &self.source
    }

    pub(crate) fn shared_source(&self) -> Arc<ConnectionSource> {
        Arc::clone(&self.source)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the numbers of connections. In a forked process there are none: all are the parent's.
    pub(crate) fn numbers(&self) -> Numbers {
        if !self.source.process().is_current() {
            return Numbers::default();
        }
        let state = self.pool.state();
        Numbers { open: state.connections, idle: state.idle_connections }
    }

    /// Returns the current state. In a forked process, the inherited pool has no connections: they are the parent's.
    pub(crate) fn status(&self) -> PoolStatus {
        let numbers = self.numbers();
        PoolStatus {
            size: self.settings.size,
            connections: numbers.open,
            idle: numbers.idle,
            in_use: numbers.open.saturating_sub(numbers.idle),
        }
    }

    /// Returns a connection that is not known to be lost.
    pub(crate) fn get(&self, timeout: Duration) -> Result<Pooled> {
        self.source.process().check()?;
        match self.try_get() {
            Some(connection) if connection.generation() == self.source.generation() => {
                Ok(connection)
            }
            found => self.find(found, timeout),
        }
    }

    /// Returns an idle connection, if there is one. It may be lost: see [`find`](Pool::find).
    ///
    /// The caller has checked that the pool belongs to this process.
    #[inline]
    pub(crate) fn try_get(&self) -> Option<Pooled> {
        self.pool.try_get().map(|connection| self.lend(connection))
    }

    #[inline]
    fn lend(&self, connection: r2d2::PooledConnection<Manager>) -> Pooled {
        Pooled { connection: ManuallyDrop::new(connection), process: self.source.process() }
    }

    /// Returns a connection that is known to work. `found` is a connection that may be lost.
    #[cold]
    pub(crate) fn find(&self, mut found: Option<Pooled>, timeout: Duration) -> Result<Pooled> {
        /// r2d2 doesn't replace a lost connection until it is asked again.
        const SLICE: Duration = Duration::from_millis(50);
        let start = Instant::now();
        let source = &*self.source;
        loop {
            if source.is_closed() {
                return Err(ConnectionSource::closed());
            }
            let left = timeout.saturating_sub(start.elapsed());
            let generation = source.generation();
            if let Some(mut connection) = found.take() {
                if connection.generation() == generation {
                    return Ok(connection);
                }
                // Check it even if no time is left, because the connection is already here.
                let limit = left.clamp(Duration::from_millis(100), PROBE);
                if connection.ping(limit).is_ok() {
                    connection.set_generation(generation);
                    return Ok(connection);
                }
                connection.set_generation(ENDED);
                continue;
            }
            if left.is_zero() {
                return Err(self.why_none(timeout));
            }
            found = self.wait_for_one(left.min(SLICE))?.map(|connection| self.lend(connection));
            if found.is_none()
                && self.numbers().open == 0
                && let Some(error) = source.last_error()
                && !error.is_temporary()
            {
                // Waiting doesn't help.
                return Err(error);
            }
        }
    }

    /// Waits for a connection, which may be lost.
    fn wait_for_one(&self, limit: Duration) -> Result<Option<r2d2::PooledConnection<Manager>>> {
        #[cfg(feature = "tokio")]
        if wait::is_async() {
            let pool = r2d2::Pool::clone(&self.pool);
            return Ok(wait::blocking(move || pool.get_timeout(limit).ok())?);
        }
        Ok(self.pool.get_timeout(limit).ok())
    }

    /// Returns the reason why no connection was available in time.
    fn why_none(&self, timeout: Duration) -> Error {
        let (open, most) = (self.numbers().open, self.settings.size);
        let milliseconds = timeout.as_millis();
        if open >= most {
            let (all, were) = if most == 1 {
                ("the only connection".into(), "was")
            } else {
                (format!("all {most} connections"), "were")
            };
            return Error::new(
                ErrorKind::PoolExhausted,
                format!("{all} of the pool {were} in use for {milliseconds} ms"),
            );
        }
        // The missing connections can't be opened; they are not in use.
        self.source.last_error().unwrap_or_else(|| {
            let message = format!(
                "no connection could be opened within {milliseconds} ms; {open} of {most} are open"
            );
            Error::new(ErrorKind::Network, message)
        })
    }

    /// Closes the idle connections, and the others when they are returned. Nothing is lent any more.
    pub(crate) fn close(&self) {
        self.source.close();
        if self.source.process().is_current() {
            // A closed pool drops each connection that is returned.
            while self.pool.try_get().is_some() {}
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.source.process().is_current() {
            // SAFETY: it is not used again.
            unsafe { ManuallyDrop::drop(&mut self.pool) };
        }
    }
}

/// A connection of the pool, which is returned when this is dropped.
pub(crate) struct Pooled {
    /// Not returned in a forked process.
    connection: ManuallyDrop<r2d2::PooledConnection<Manager>>,
    process: Process,
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pooled").field(&**self).finish()
    }
}

impl Deref for Pooled {
    type Target = AnyConnection;

    #[inline]
    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Pooled {
    #[inline]
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

impl Drop for Pooled {
    #[inline]
    fn drop(&mut self) {
        #[cfg(feature = "tokio")]
        if (wait::is_cancelled() || self.connection.is_interrupted()) && self.process.is_current() {
            // SAFETY: it is not used again.
            let connection = unsafe { ManuallyDrop::take(&mut self.connection) };
            return recover::later(connection);
        }
        if self.process.is_current() {
            // SAFETY: it is not used again.
            unsafe { ManuallyDrop::drop(&mut self.connection) };
        }
    }
}
