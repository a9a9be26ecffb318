//! The pool's side of connections: r2d2 asks it to open, check and drop them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use scheduled_thread_pool::ScheduledThreadPool;

use crate::backend::{AnyConnection, ConnectOptions, Target};
use crate::error::{Error, ErrorKind, Result};

/// Opens connections for a pool.
#[derive(Debug)]
pub(crate) struct Manager {
    target: Target,
    options: ConnectOptions,
    /// The connection that proved the URL right before the pool existed.
    first: Mutex<Option<AnyConnection>>,
}

impl Manager {
    pub(crate) fn new(target: Target, options: ConnectOptions, first: AnyConnection) -> Self {
        Self { target, options, first: Mutex::new(Some(first)) }
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = Error;

    fn connect(&self) -> Result<AnyConnection> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(first) = first {
            return Ok(first);
        }
        // A panic would end the thread on which r2d2 opens connections, and the pool with it.
        catch_unwind(AssertUnwindSafe(|| AnyConnection::open(&self.target, &self.options)))
            .unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Unknown, "opening a connection panicked"))
            })
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<()> {
        connection.batch("SELECT 1")
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        if !connection.is_unusable() {
            return false;
        }
        // A database in memory lives in its only connection: it is mended, not thrown away.
        !(self.target.is_private_memory() && connection.reset())
    }
}

/// Keeps the last error of opening a connection, which r2d2 turns into a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastError(Arc<Mutex<Option<Error>>>);

impl LastError {
    pub(crate) fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl r2d2::HandleError<Error> for LastError {
    fn handle_error(&self, error: Error) {
        tracing::warn!(target: "mizzle::pool", code = %error.code(), %error, "a connection could not be opened");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// The threads on which pools open connections, shared by all pools of the process.
pub(crate) fn threads() -> Arc<ScheduledThreadPool> {
    static THREADS: OnceLock<Arc<ScheduledThreadPool>> = OnceLock::new();
    Arc::clone(THREADS.get_or_init(|| {
        Arc::new(
            ScheduledThreadPool::builder()
                .num_threads(3)
                .thread_name_pattern("mizzle-pool-{}")
                .build(),
        )
    }))
}
