//! The connections of a pool, and how many there are.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::source::ConnectionSource;
use crate::backend::AnyConnection;
use crate::error::Error;

/// Settings of a pool.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The most connections.
    pub(crate) size: u32,
    /// How many idle connections are kept.
    pub(crate) min_idle: u32,
    pub(crate) checkout_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
}

/// How many connections a pool has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    pub(crate) open: u32,
    pub(crate) idle: u32,
}

/// A connection of a pool.
pub(super) struct Member {
    pub(super) connection: AnyConnection,
    opened: Instant,
}

impl Member {
    pub(super) fn new(connection: AnyConnection) -> Self {
        Self { connection, opened: Instant::now() }
    }
}

struct Idle {
    member: Member,
    since: Instant,
}

/// What the pool, its lent connections and its threads share.
pub(super) struct Members {
    pub(super) source: ConnectionSource,
    pub(super) settings: Settings,
    state: Mutex<State>,
    /// Notified when a connection is idle or can't be opened.
    pub(super) available: Condvar,
    /// Notified when the pool ends.
    pub(super) ending: Condvar,
}

pub(super) struct State {
    /// The last is lent first, so that the others can reach the idle timeout.
    idle: Vec<Idle>,
    /// The number of connections, idle or lent.
    open: u32,
    /// The number of callers that wait for a connection.
    pub(super) waiting: u32,
    /// The number of threads that open connections, and how many of them wait after a failure.
    pub(super) opening: u32,
    pub(super) resting: u32,
    /// The error of the last attempt to open a connection, if that failed.
    last_error: Option<Error>,
    /// The number of attempts that failed.
    pub(super) failures: u64,
    pub(super) ended: bool,
}

impl Members {
    pub(super) fn new(source: ConnectionSource, settings: Settings, first: AnyConnection) -> Self {
        let mut state = State {
            idle: Vec::with_capacity(1),
            open: 0,
            waiting: 0,
            opening: 0,
            resting: 0,
            last_error: None,
            failures: 0,
            ended: false,
        };
        state.add(first);
        Self {
            source,
            settings,
            state: Mutex::new(state),
            available: Condvar::new(),
            ending: Condvar::new(),
        }
    }

    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a connection may be available.
    pub(super) fn wait<'m>(
        &self,
        state: MutexGuard<'m, State>,
        limit: Duration,
    ) -> MutexGuard<'m, State> {
        self.available.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits for `delay`, or until the pool ends.
    pub(super) fn rest<'m>(
        &self,
        state: MutexGuard<'m, State>,
        delay: Duration,
    ) -> MutexGuard<'m, State> {
        let rested = self.ending.wait_timeout_while(state, delay, |state| !state.ended);
        rested.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Ends the pool, and closes its idle connections.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        let idle = std::mem::take(&mut state.idle);
        state.remove(idle.len());
        drop(state);
        self.ending.notify_all();
        self.available.notify_all();
        drop(idle);
    }
}

impl State {
    #[inline]
    pub(super) fn take(&mut self) -> Option<Member> {
        self.idle.pop().map(|idle| idle.member)
    }

    #[inline]
    pub(super) fn put(&mut self, member: Member, now: Instant) {
        self.idle.push(Idle { member, since: now });
    }

    /// Adds a new connection.
    pub(super) fn add(&mut self, connection: AnyConnection) {
        let member = Member::new(connection);
        let now = member.opened;
        self.open += 1;
        self.last_error = None;
        self.put(member, now);
    }

    /// Records that a connection couldn't be opened.
    pub(super) fn fail(&mut self, error: Error) {
        self.last_error = Some(error);
        self.failures += 1;
    }

    /// Returns why the last attempt to open a connection failed, unless it succeeded.
    pub(super) fn last_error(&self) -> Option<&Error> {
        self.last_error.as_ref()
    }

    /// Returns whether a thread is opening a connection just now.
    pub(super) fn is_opening(&self) -> bool {
        self.opening > self.resting
    }

    /// Forgets connections that are no longer idle.
    pub(super) fn remove(&mut self, count: usize) {
        self.open = self.open.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(super) fn numbers(&self) -> Numbers {
        Numbers { open: self.open, idle: u32::try_from(self.idle.len()).unwrap_or(u32::MAX) }
    }

    /// Returns whether the pool needs another connection, besides those that are being opened.
    #[inline]
    pub(super) fn wants_more(&self, settings: &Settings) -> bool {
        let Numbers { open, idle } = self.numbers();
        let coming = idle + (self.opening - self.resting);
        !self.ended
            && (self.waiting > coming || coming < settings.min_idle)
            && open + self.opening < settings.size
    }

    /// Removes and returns the connections that have been idle or open for too long.
    pub(super) fn take_old(&mut self, settings: &Settings) -> Vec<Member> {
        let now = Instant::now();
        let is_over = |limit: Option<Duration>, since: Instant| {
            limit.is_some_and(|limit| now.saturating_duration_since(since) >= limit)
        };
        let (old, young): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.idle).into_iter().partition(|idle| {
                is_over(settings.idle_timeout, idle.since)
                    || is_over(settings.max_lifetime, idle.member.opened)
            });
        self.idle = young;
        self.remove(old.len());
        old.into_iter().map(|idle| idle.member).collect()
    }
}
