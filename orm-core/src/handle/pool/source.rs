//! Where a pool's connections come from, and which of them are lost.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

#[cfg(feature = "test")]
use crate::backend::Counter;
#[cfg(feature = "sqlite")]
use crate::backend::notify::Board;
use crate::backend::notify::{Inbox, Inboxes};
use crate::backend::process::Process;
use crate::backend::{AnyConnection, ConnectHook, ConnectOptions, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::wait;

/// The generation of a connection that must not be used again, and of a closed pool.
pub(super) const ENDED: u32 = u32::MAX;

/// How long a connection may take to show that it works.
pub(super) const PROBE: Duration = Duration::from_secs(5);

/// An event in a pool, for its watcher.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PoolEvent {
    /// A connection was opened.
    Opened,
    /// A connection couldn't be opened.
    Failed,
    /// A connection turned out to be lost.
    Lost,
}

pub(crate) trait Watcher: Send + Sync {
    fn notice(&self, event: PoolEvent);
}

/// Opens the connections of a pool.
pub(crate) struct ConnectionSource {
    target: Target,
    options: ConnectOptions,
    hook: Option<ConnectHook>,
    /// Whether its server must not write.
    only_reads: bool,
    /// Counts how often a connection turned out to be lost. Connections older than the last loss are checked before
    /// they are used again, because they are probably lost too.
    generation: AtomicU32,
    /// The error of the last failed attempt to open a connection.
    last_error: Mutex<Option<Error>>,
    /// The connection that checked the URL before the pool existed.
    first: Mutex<Option<AnyConnection>>,
    watcher: OnceLock<Box<dyn Watcher>>,
    process: Process,
    /// Those of the program's listeners.
    inboxes: Arc<Inboxes>,
}

impl fmt::Debug for ConnectionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionSource")
            .field("target", &self.target)
            .field("options", &self.options)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl ConnectionSource {
    pub(crate) fn new(target: Target, options: ConnectOptions, hook: Option<ConnectHook>) -> Self {
        let inboxes = Arc::default();
        Self {
            target,
            #[cfg(feature = "sqlite")]
            options: ConnectOptions { board: Board::new(Arc::clone(&inboxes)), ..options },
            #[cfg(not(feature = "sqlite"))]
            options,
            inboxes,
            hook,
            only_reads: false,
            generation: AtomicU32::new(0),
            last_error: Mutex::new(None),
            first: Mutex::new(None),
            watcher: OnceLock::new(),
            process: Process::current(),
        }
    }

    /// Makes the server refuse to write.
    pub(crate) fn only_reads(mut self) -> Self {
        self.only_reads = true;
        self
    }

    /// Opens the connection that checks the URL, and prepares the database for more connections.
    pub(crate) fn open_first(&self) -> Result<AnyConnection> {
        self.guarded(|| {
            let mut connection = AnyConnection::open(&self.target, &self.options)?;
            connection.prepare_database(&self.target)?;
            self.customize(connection)
        })
    }

    /// Opens a connection, regardless of the size of the pool.
    pub(crate) fn open(&self) -> Result<AnyConnection> {
        self.guarded(|| self.customize(AnyConnection::open(&self.target, &self.options)?))
    }

    /// Opens a connection for a question, regardless of the size of the pool, and waits for at most about `limit`.
    pub(crate) fn open_beside(&self, limit: Duration) -> Result<Box<AnyConnection>> {
        let options = ConnectOptions { connect_timeout: limit, ..self.options.clone() };
        self.guarded(|| AnyConnection::open(&self.target, &options)).map(Box::new)
    }

    fn customize(&self, mut connection: AnyConnection) -> Result<AnyConnection> {
        if let Some(hook) = &self.hook {
            let hook = Arc::clone(hook);
            // The program's code blocks its thread.
            connection =
                wait::blocking(move || connection.prepare_session(hook).map(|()| connection))??;
        }
        if self.only_reads {
            connection.refuse_writes()?;
        }
        Ok(connection)
    }

    /// Keeps the connection that is already open for the pool.
    pub(super) fn keep_first(&self, connection: Option<AnyConnection>) {
        *lock(&self.first) = connection;
    }

    pub(super) fn take_first(&self) -> Option<AnyConnection> {
        lock(&self.first).take()
    }

    /// Catches panics of `open`. A panic would end the thread on which r2d2 opens connections, and the pool would have
    /// one connection less from then on.
    fn guarded(&self, open: impl FnOnce() -> Result<AnyConnection>) -> Result<AnyConnection> {
        catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unknown, "opening a connection panicked").with_hint(
                "check what the program does with new connections (`DbBuilder::on_connect`)",
            ))
        })
    }

    /// Opens a connection that is the listener's alone, and listens. `None` if the database has no notifications itself.
    pub(crate) fn open_listening(&self, inbox: &Inbox) -> Result<Option<Box<AnyConnection>>> {
        self.process.check()?;
        if self.is_closed() {
            return Err(Self::closed());
        }
        if !self.target.dialect.capabilities().transactions {
            let message = format!(
                "{} has no notifications: nothing stays connected to it",
                self.target.dialect
            );
            return Err(Error::new(ErrorKind::Query, message)
                .with_hint("ask for new rows from time to time, or use a queue"));
        }
        if !self.target.dialect.capabilities().notifies {
            return Ok(None);
        }
        let mut connection = self.open_beside(self.options.connect_timeout)?;
        connection.listen(inbox.channels())?;
        Ok(Some(connection))
    }

    /// Returns what counts the statements of all connections.
    #[cfg(feature = "test")]
    pub(crate) fn counter(&self) -> &Arc<Counter> {
        &self.options.counter
    }

    /// Returns the inboxes of the program's listeners.
    pub(crate) fn inboxes(&self) -> &Inboxes {
        &self.inboxes
    }

    /// Returns the process that the pool belongs to. In another process its locks and threads can't be relied on.
    pub(crate) fn process(&self) -> Process {
        self.process
    }

    /// Returns whether each connection has its own database.
    pub(crate) fn is_private_memory(&self) -> bool {
        self.target.is_private_memory()
    }

    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    pub(crate) fn close(&self) {
        self.generation.store(ENDED, Ordering::SeqCst);
        if self.process.is_current() {
            self.take_first();
            for inbox in self.inboxes.all() {
                inbox.close();
            }
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.generation.load(Ordering::SeqCst) == ENDED
    }

    /// Makes the pool check every connection before it is used again.
    pub(crate) fn doubt(&self) {
        let next = |now: u32| (now != ENDED).then(|| if now + 1 == ENDED { 0 } else { now + 1 });
        // This fails only for a closed pool.
        let _ = self.generation.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
    }

    pub(super) fn last_error(&self) -> Option<Error> {
        lock(&self.last_error).as_ref().map(Error::duplicate)
    }

    pub(super) fn set_last_error(&self, error: Option<Error>) {
        *lock(&self.last_error) = error;
    }

    /// Sets the watcher, unless the pool already has one.
    pub(crate) fn watch(&self, watcher: Box<dyn Watcher>) {
        let _ = self.watcher.set(watcher);
    }

    pub(super) fn tell(&self, event: PoolEvent) {
        if let Some(watcher) = self.watcher.get() {
            watcher.notice(event);
        }
    }

    pub(super) fn closed() -> Error {
        Error::new(ErrorKind::Config, "the database handle is closed: its manager has disconnected")
            .with_hint(
                "connect again (`ConnectionManager::reconnect`) and take the handle from there",
            )
    }

    /// Returns whether a connection that is returned must not be lent again.
    pub(super) fn is_lost(&self, connection: &mut AnyConnection) -> bool {
        if self.is_closed() || connection.generation() == ENDED {
            return true;
        }
        if !connection.is_unusable() {
            return false;
        }
        // A database in memory lives in its only connection, which is therefore reset instead of dropped.
        if self.is_private_memory() && connection.reset() {
            return false;
        }
        self.notice_loss(connection);
        true
    }

    #[cold]
    fn notice_loss(&self, connection: &AnyConnection) {
        // Otherwise the loss of another connection has already put this one in doubt.
        if connection.is_broken() && connection.generation() == self.generation() {
            tracing::warn!(target: "mizzle::pool", "a connection is lost");
            self.doubt();
            self.tell(PoolEvent::Lost);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
