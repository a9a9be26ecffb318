//! What a transaction of an async program and those inside it have in common.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::backend::{AnyConnection, Borrowed, Lender};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::handle::blocking::Turn;
use crate::handle::pool::Pooled;
use crate::wait;

pub(super) struct State {
    dialect: Dialect,
    runtime: Handle,
    /// `None` once it goes back to the pool.
    connection: Arc<Mutex<Option<(Pooled, Turn)>>>,
    /// Whether a call uses the connection, or was cancelled while it did.
    in_use: AtomicBool,
    /// The depth of the outermost transaction of which a call was cancelled while another one may have used the connection;
    /// 0 if none was.
    interrupted: AtomicU32,
    /// The depth of the innermost one that is open; 0 after the end.
    innermost: AtomicU32,
    /// How many inner ones were dropped, and are to be rolled back before anything else.
    dropped: AtomicU32,
    /// Whether the rows of a stream are being read.
    streams: AtomicBool,
    /// How many futures of calls there are.
    calls: AtomicU32,
}

impl State {
    pub(super) fn new(connection: Pooled, turn: Turn) -> Arc<Self> {
        Arc::new(Self {
            dialect: connection.dialect(),
            // The call that began it ran in one.
            runtime: Handle::current(),
            connection: Arc::new(Mutex::new(Some((connection, turn)))),
            in_use: AtomicBool::new(false),
            interrupted: AtomicU32::new(0),
            innermost: AtomicU32::new(1),
            dropped: AtomicU32::new(0),
            streams: AtomicBool::new(false),
            calls: AtomicU32::new(0),
        })
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Notes that the innermost transaction is now one of this depth.
    pub(super) fn go_inside(&self, depth: u32) {
        self.innermost.store(depth, Ordering::Release);
    }

    /// Ends the transaction of this depth, which is to be rolled back unless it has `ended`.
    pub(super) fn end(&self, depth: u32, ended: bool) {
        // Those inside it end with it.
        let is_open = self.innermost.fetch_min(depth - 1, Ordering::AcqRel) >= depth;
        if is_open && !ended && depth > 1 {
            self.dropped.fetch_add(1, Ordering::AcqRel);
            // What was cancelled inside it is rolled back with it.
            if self.interrupted.load(Ordering::Acquire) >= depth {
                self.interrupted.store(0, Ordering::Release);
            }
        }
        // Nobody else has the connection after the end.
        if ended
            && depth == 1
            && let Ok(mut connection) = self.connection.try_lock()
        {
            *connection = None;
        }
    }

    /// Checks that the rows of no stream are being read: waiting for the stream would be waiting for this task.
    pub(super) fn check_unread(&self) -> Result<()> {
        if self.streams.load(Ordering::Acquire) { Err(streaming()) } else { Ok(()) }
    }

    /// Refuses other calls until the result is dropped.
    pub(super) fn begin_stream(&self) -> Result<Streaming<'_>> {
        if self.streams.swap(true, Ordering::AcqRel) {
            return Err(streaming());
        }
        Ok(Streaming(&self.streams))
    }

    /// Waits for the connection, for a call of the transaction of this depth.
    pub(super) async fn lock(self: &Arc<Self>, depth: u32) -> Result<Locked> {
        let connection = Arc::clone(&self.connection).lock_owned().await;
        match self.innermost.load(Ordering::Acquire) {
            0 => return Err(ended()),
            innermost if innermost != depth => return Err(nested()),
            _ => {}
        }
        if self.in_use.load(Ordering::Acquire) || self.interrupted.load(Ordering::Acquire) > 0 {
            return Err(interrupted());
        }
        match OwnedMutexGuard::try_map(connection, |connection| {
            connection.as_mut().map(|(connection, _)| connection)
        }) {
            Ok(connection) => Ok(Locked { connection, state: Arc::clone(self), entered: false }),
            Err(_) => Err(ended()),
        }
    }

    /// Lends the connection to calls of the transaction of this depth.
    pub(super) fn lender(self: &Arc<Self>, depth: u32) -> InTurn {
        InTurn { state: Arc::clone(self), depth }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Nobody else has it: a call has a reference to this.
        if let Ok(mut connection) = self.connection.try_lock()
            && let Some((connection, turn)) = connection.take()
        {
            connection.recover_in(&self.runtime, turn);
        }
    }
}

/// The connection of a transaction, for one call.
pub(super) struct Locked {
    connection: OwnedMappedMutexGuard<Option<(Pooled, Turn)>, Pooled>,
    state: Arc<State>,
    entered: bool,
}

impl Locked {
    /// Begins to use it, after what is left to roll back. To be called in the fiber that uses it.
    pub(super) fn enter(&mut self) -> Result<()> {
        self.entered = true;
        self.state.in_use.store(true, Ordering::Release);
        for _ in 0..self.state.dropped.swap(0, Ordering::AcqRel) {
            self.connection.forget_posted();
            self.connection.roll_back()?;
        }
        Ok(())
    }
}

impl Deref for Locked {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Locked {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        if self.entered && !wait::is_cancelled() && !std::thread::panicking() {
            self.state.in_use.store(false, Ordering::Release);
        }
    }
}

/// Lends the connection of a transaction to its calls.
#[derive(Clone)]
pub(super) struct InTurn {
    state: Arc<State>,
    depth: u32,
}

impl Lender for InTurn {
    fn lend(&self) -> Result<Borrowed> {
        let mut locked = wait::until(self.state.lock(self.depth))??;
        locked.enter()?;
        Ok(Box::new(locked))
    }

    fn interrupt(&self) {
        let outermost = |now| if now == 0 { self.depth } else { self.depth.min(now) };
        self.state
            .interrupted
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| Some(outermost(now)))
            .ok();
    }
}

/// Counts the future of a call.
pub(super) struct Calling<'s>(&'s AtomicU32);

impl<'s> Calling<'s> {
    pub(super) fn new(state: &'s State) -> Self {
        state.calls.fetch_add(1, Ordering::AcqRel);
        Self(&state.calls)
    }

    /// Whether there is no other one.
    pub(super) fn is_alone(&self) -> bool {
        self.0.load(Ordering::Acquire) == 1
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Marks the transaction while a stream of it is open.
pub(super) struct Streaming<'s>(&'s AtomicBool);

impl Drop for Streaming<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
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
