//! Supervises the connection in the background, and reconnects.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::Inner;
use crate::handle::pool::{PoolEvent, Watcher};
use crate::manager::clock::Stop;
use crate::manager::report::ConnectionState;

/// How long the manager waits before asking the server again, if it answered but another connection failed meanwhile.
const AGAIN: Duration = Duration::from_secs(1);

impl Inner {
    /// Supervises the connection in the background until it works. The first attempt is at once, or after the interval
    /// if `waits`.
    pub(super) fn supervise(self: &Arc<Self>, stop: &Arc<Stop>, waits: bool) {
        {
            let mut session = self.lock();
            session.suspect = true;
            if session.supervised || stop.is_stopped() {
                return;
            }
            session.supervised = true;
        }
        let (inner, stopped) = (Arc::downgrade(self), Arc::clone(stop));
        let thread = thread::Builder::new().name("mizzle-manager".into());
        let spawned = thread.spawn(move || {
            let mut waits = waits;
            loop {
                let round = AssertUnwindSafe(|| look_after(&inner, &stopped, waits));
                // A panic, for example in a log subscriber, must not end the supervision.
                match catch_unwind(round).unwrap_or(Some(true)) {
                    Some(next) => waits = next,
                    None => break,
                }
            }
        });
        if let Err(error) = spawned {
            tracing::error!(target: "mizzle::manager", %error, "no thread to reconnect on");
            self.lock().supervised = false;
        }
    }

    /// Checks the server after a connection failed: it may be gone.
    fn suspect(self: &Arc<Self>) {
        let stop = {
            let session = self.lock();
            if session.state != ConnectionState::Connected {
                return;
            }
            Arc::clone(&session.stop)
        };
        self.supervise(&stop, false);
    }

    /// Ends the supervision after the pool has opened a connection.
    fn recover(&self) {
        let at = self.now();
        let mut session = self.lock();
        if session.state == ConnectionState::Reconnecting && session.db.is_some() {
            session.stop.stop();
            session.stop = Arc::new(Stop::default());
            session.supervised = false;
            session.connected(at);
        }
    }

    /// Returns what reports events of the pool's connections to the manager.
    pub(super) fn watcher(self: &Arc<Self>) -> Box<dyn Watcher> {
        Box::new(Watch(Arc::downgrade(self)))
    }
}

/// Runs one round in the background. Returns whether to wait before the next, or `None` to end.
fn look_after(inner: &Weak<Inner>, stop: &Arc<Stop>, waits: bool) -> Option<bool> {
    let config = inner.upgrade()?.lock().config.clone()?;
    if waits {
        config.time.wait(config.reconnect_interval, stop);
    }
    let inner = inner.upgrade()?;
    let turn = inner.connecting.lock().ok()?;
    if stop.is_stopped() {
        return None;
    }
    let before = {
        let mut session = inner.lock();
        session.suspect = false;
        session.state
    };
    let result = inner.attempt(&config, stop);
    if let Err(error) = &result {
        inner.note(error, stop);
    }
    let mut session = inner.lock();
    if stop.is_stopped() {
        return None;
    }
    let Err(error) = result else {
        if !session.suspect {
            session.supervised = false;
        }
        let again = session.suspect;
        drop(session);
        if before != ConnectionState::Connected {
            tracing::info!(target: "mizzle::manager", "connected again");
        }
        drop(turn);
        if again {
            config.time.wait(AGAIN, stop);
        }
        return again.then_some(false);
    };
    session.state = ConnectionState::Reconnecting;
    session.retry_count = session.retry_count.saturating_add(1);
    drop(session);
    tracing::warn!(target: "mizzle::manager", code = %error.code(), %error, "could not reconnect");
    Some(true)
}

/// Reports events of the pool's connections to the manager.
struct Watch(Weak<Inner>);

impl Watcher for Watch {
    fn notice(&self, event: PoolEvent) {
        let Some(inner) = self.0.upgrade() else {
            return;
        };
        match event {
            PoolEvent::Opened => inner.recover(),
            PoolEvent::Failed | PoolEvent::Lost => inner.suspect(),
        }
    }
}
