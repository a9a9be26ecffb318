//! Opens, checks and drops connections for r2d2.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use scheduled_thread_pool::{OnPoolDropBehavior, ScheduledThreadPool};

use crate::backend::process::Process;
use crate::backend::{AnyConnection, ConnectHook, ConnectOptions, Limits, Target};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// The generation of a connection that must not be used again, and of a closed pool.
const ENDED: u32 = u32::MAX;

/// How long a connection may take to show that it works.
const PROBE: Duration = Duration::from_secs(5);

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

/// The state that a pool shares with its handles.
pub(crate) struct PoolState {
    target: Target,
    options: ConnectOptions,
    hook: Option<ConnectHook>,
    /// Counts how often a connection turned out to be lost. Connections older than the last loss are checked before
    /// they are used again, because they are probably lost too.
    generation: AtomicU32,
    /// The error of the last failed attempt to open a connection.
    last_error: Mutex<Option<Error>>,
    /// The connection that checked the URL before the pool existed.
    first: Mutex<Option<AnyConnection>>,
    watcher: OnceLock<Box<dyn Watcher>>,
    process: Process,
}

impl fmt::Debug for PoolState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolState")
            .field("target", &self.target)
            .field("options", &self.options)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl PoolState {
    pub(crate) fn new(target: Target, options: ConnectOptions, hook: Option<ConnectHook>) -> Self {
        Self {
            target,
            options,
            hook,
            generation: AtomicU32::new(0),
            last_error: Mutex::new(None),
            first: Mutex::new(None),
            watcher: OnceLock::new(),
            process: Process::current(),
        }
    }

    /// Opens the connection that checks the URL, and prepares the database for more connections.
    pub(crate) fn open_first(&self) -> Result<(Dialect, Limits)> {
        let connection = self.guarded(|| {
            let mut connection = AnyConnection::open(&self.target, &self.options)?;
            connection.prepare_database(&self.target)?;
            self.customize(connection)
        })?;
        let facts = (connection.dialect(), connection.limits());
        *lock(&self.first) = Some(connection);
        Ok(facts)
    }

    /// Opens a connection, regardless of the size of the pool.
    pub(crate) fn open(&self) -> Result<AnyConnection> {
        self.guarded(|| self.customize(AnyConnection::open(&self.target, &self.options)?))
    }

    fn customize(&self, mut connection: AnyConnection) -> Result<AnyConnection> {
        if let Some(hook) = &self.hook {
            connection.prepare_session(Arc::clone(hook))?;
        }
        Ok(connection)
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
        lock(&self.first).take();
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

    pub(crate) fn last_error(&self) -> Option<Error> {
        lock(&self.last_error).as_ref().map(Error::duplicate)
    }

    /// Sets the watcher, unless the pool already has one.
    pub(crate) fn watch(&self, watcher: Box<dyn Watcher>) {
        let _ = self.watcher.set(watcher);
    }

    fn tell(&self, event: PoolEvent) {
        if let Some(watcher) = self.watcher.get() {
            watcher.notice(event);
        }
    }

    fn closed() -> Error {
        Error::new(ErrorKind::Config, "the database handle is closed: its manager has disconnected")
            .with_hint(
                "connect again (`ConnectionManager::reconnect`) and take the handle from there",
            )
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens connections for a pool.
#[derive(Debug)]
pub(crate) struct Manager(pub(crate) Arc<PoolState>);

impl r2d2::ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = Error;

    fn connect(&self) -> Result<AnyConnection> {
        let state = &self.0;
        if state.is_closed() {
            return Err(PoolState::closed());
        }
        // Read this before opening: a loss in the meantime then puts this connection in doubt too.
        let generation = state.generation();
        let first = lock(&state.first).take();
        let mut connection = match first {
            Some(first) => first,
            None => state.open()?,
        };
        connection.set_generation(generation);
        lock(&state.last_error).take();
        state.tell(PoolEvent::Opened);
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<()> {
        connection.ping(PROBE)
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        if self.0.is_closed() || connection.generation() == ENDED {
            return true;
        }
        if !connection.is_unusable() {
            return false;
        }
        // A database in memory lives in its only connection, which is therefore reset instead of dropped.
        if self.0.is_private_memory() && connection.reset() {
            return false;
        }
        self.notice_loss(connection);
        true
    }
}

impl Manager {
    #[cold]
    fn notice_loss(&self, connection: &AnyConnection) {
        let state = &self.0;
        // Otherwise the loss of another connection has already put this one in doubt.
        if connection.is_broken() && connection.generation() == state.generation() {
            tracing::warn!(target: "mizzle::pool", "a connection is lost");
            state.doubt();
            state.tell(PoolEvent::Lost);
        }
    }
}

/// Keeps the last error of opening a connection, because r2d2 only keeps its text.
#[derive(Debug, Clone)]
pub(crate) struct KeepError(pub(crate) Arc<PoolState>);

impl r2d2::HandleError<Error> for KeepError {
    fn handle_error(&self, error: Error) {
        if self.0.is_closed() {
            return;
        }
        // r2d2 tries again after this call. A panic of a log subscriber must not prevent that.
        let told = catch_unwind(AssertUnwindSafe(|| {
            tracing::warn!(target: "mizzle::pool", code = %error.code(), %error, "a connection could not be opened");
        }));
        self.0.tell(PoolEvent::Failed);
        *lock(&self.0.last_error) = Some(error);
        drop(told);
    }
}

/// A connection of the pool, which is returned when this is dropped.
pub(crate) type Pooled = r2d2::PooledConnection<Manager>;

/// Returns a connection of the pool that is known to work. `found` is a connection that may be lost.
#[cold]
pub(crate) fn find_connection(
    pool: &r2d2::Pool<Manager>,
    state: &PoolState,
    mut found: Option<Pooled>,
    timeout: Duration,
) -> Result<Pooled> {
    /// r2d2 doesn't replace a lost connection until it is asked again.
    const SLICE: Duration = Duration::from_millis(50);
    let start = Instant::now();
    loop {
        if state.is_closed() {
            return Err(PoolState::closed());
        }
        let left = timeout.saturating_sub(start.elapsed());
        let generation = state.generation();
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
            return Err(why_none(pool, state, timeout));
        }
        found = pool.get_timeout(left.min(SLICE)).ok();
        if found.is_none()
            && pool.state().connections == 0
            && let Some(error) = state.last_error()
            && !error.is_temporary()
        {
            // Waiting doesn't help.
            return Err(error);
        }
    }
}

/// Returns the reason why no connection was available in time.
fn why_none(pool: &r2d2::Pool<Manager>, state: &PoolState, timeout: Duration) -> Error {
    let (open, most, milliseconds) =
        (pool.state().connections, pool.max_size(), timeout.as_millis());
    if open >= most {
        let plural = if most == 1 {
            "the only connection".into()
        } else {
            format!("all {most} connections")
        };
        let were = if most == 1 { "was" } else { "were" };
        return Error::new(
            ErrorKind::PoolExhausted,
            format!("{plural} of the pool {were} in use for {milliseconds} ms"),
        );
    }
    // The missing connections can't be opened; they are not in use.
    state.last_error().unwrap_or_else(|| {
        Error::new(
            ErrorKind::Network,
            format!(
                "no connection could be opened within {milliseconds} ms; {open} of {most} are open"
            ),
        )
    })
}

/// Creates the threads on which a pool opens its connections. Each pool has its own: they wait while its server is
/// silent, and no other pool should have to wait for them. A forked process doesn't have its parent's threads either.
pub(crate) fn threads(size: u32) -> Arc<ScheduledThreadPool> {
    const MOST: u32 = 3;
    Arc::new(
        ScheduledThreadPool::builder()
            .num_threads(size.clamp(1, MOST) as usize)
            .thread_name_pattern("mizzle-pool-{}")
            .on_drop_behavior(OnPoolDropBehavior::DiscardPendingScheduled)
            .build(),
    )
}
