//! The threads of a pool: they open connections and close old ones.
//!
//! Each pool has its own: they wait while its server is silent, and no other pool should have to wait for them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard};
use std::thread;
use std::time::Duration;

use super::members::{Members, State};
use super::source::PoolEvent;
use crate::error::{Error, ErrorKind, Result};

/// The most threads of a pool that open connections at the same time.
const MOST: u32 = 3;

/// How often connections are checked for their age.
const ROUND: Duration = Duration::from_secs(30);

/// The delay after the first failure. It doubles with each further one, up to half the time that callers wait.
const FIRST_DELAY: Duration = Duration::from_millis(400);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// Starts to open connections if more are wanted. After a failure, the thread that waits tries again.
#[inline]
pub(super) fn ensure(members: &Arc<Members>, state: &mut MutexGuard<'_, State>) {
    if state.wants_more(&members.settings) && state.resting == 0 {
        start(members, state);
    }
}

/// Works like [`ensure`] for a new caller, who doesn't wait for the next attempt of a thread that waits.
pub(super) fn ensure_now(members: &Arc<Members>, state: &mut MutexGuard<'_, State>) {
    if state.wants_more(&members.settings) {
        start(members, state);
    }
}

#[cold]
fn start(members: &Arc<Members>, state: &mut MutexGuard<'_, State>) {
    while state.opening < MOST && state.wants_more(&members.settings) {
        state.opening += 1;
        let theirs = Arc::clone(members);
        if let Err(error) = spawn(move || open_all(&theirs)) {
            state.opening -= 1;
            state.fail(error);
            return;
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new().name("mizzle-pool".into()).spawn(work).map(drop).map_err(|error| {
        Error::new(ErrorKind::Unknown, "no thread can be started for the pool's connections")
            .with_source(error)
    })
}

/// Opens connections as long as they are wanted.
fn open_all(members: &Arc<Members>) {
    let mut delay = FIRST_DELAY;
    loop {
        let opened = open(members);
        let mut state = members.lock();
        match opened {
            Ok(()) => delay = FIRST_DELAY,
            Err(error) => {
                state.fail(error);
                // Those who wait look at the error.
                members.available.notify_all();
                state.resting += 1;
                let longest = LONGEST_DELAY.min(members.settings.checkout_timeout / 2);
                state = members.rest(state, delay.min(longest));
                state.resting -= 1;
                delay = longest.min(delay * 2);
            }
        }
        state.opening -= 1;
        if !state.wants_more(&members.settings) {
            return;
        }
        state.opening += 1;
    }
}

/// Opens one connection.
fn open(members: &Members) -> Result<()> {
    let source = &members.source;
    // Read this before opening: a loss in the meantime then puts this connection in doubt too.
    let generation = source.generation();
    let opened = source.open().map(|mut connection| {
        connection.set_generation(generation);
        let mut state = members.lock();
        // Otherwise the connection is dropped.
        if !state.ended {
            state.add(connection);
        }
        drop(state);
        members.available.notify_one();
    });
    // A panic of a log subscriber must not end the thread, on which the pool relies.
    let told = catch_unwind(AssertUnwindSafe(|| match &opened {
        Ok(()) => source.tell(PoolEvent::Opened),
        Err(_) if source.is_closed() => {}
        Err(error) => {
            tracing::warn!(target: "mizzle::pool", code = %error.code(), %error, "a connection could not be opened");
        }
    }));
    drop(told);
    if opened.is_err() && !source.is_closed() {
        source.tell(PoolEvent::Failed);
    }
    opened
}

/// Starts the thread that closes connections that are too old, and opens those that must be idle.
pub(super) fn keep(members: &Arc<Members>) -> Result<()> {
    let settings = &members.settings;
    ensure(members, &mut members.lock());
    if settings.idle_timeout.is_none() && settings.max_lifetime.is_none() {
        return Ok(());
    }
    let theirs = Arc::clone(members);
    spawn(move || {
        loop {
            let mut state = theirs.rest(theirs.lock(), ROUND);
            if state.ended {
                return;
            }
            let old = state.take_old(&theirs.settings);
            ensure(&theirs, &mut state);
            drop(state);
            drop(old);
        }
    })
}
