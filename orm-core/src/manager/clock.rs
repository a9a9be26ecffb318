//! The manager's clock.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::wait::{self, Slot};

/// The clock of a [`ConnectionManager`](super::ConnectionManager): [`SystemClock`], or a test's own clock, which lets
/// hours pass at once.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the current time.
    fn now(&self) -> DateTime<Utc>;

    /// Waits for `delay`, or until `stop` is stopped. In an async program this runs on one of the runtime's threads for blocking
    /// work.
    fn wait(&self, delay: Duration, stop: &Stop);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn wait(&self, delay: Duration, stop: &Stop) {
        stop.wait(delay);
    }
}

/// The clock that a manager uses.
#[derive(Debug, Clone, Default)]
pub(super) struct Time(Option<Arc<dyn Clock>>);

impl Time {
    pub(super) fn of(clock: Arc<dyn Clock>) -> Self {
        Self(Some(clock))
    }

    /// Returns the current time.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.0.as_ref().map_or_else(|| SystemClock.now(), |clock| clock.now())
    }

    /// Waits for `delay`, or until `stop` is stopped.
    pub(super) fn wait(&self, delay: Duration, stop: &Arc<Stop>) {
        let Some(clock) = &self.0 else {
            stop.wait(delay);
            return;
        };
        // The program's clock blocks its thread.
        let (clock, stop) = (Arc::clone(clock), Arc::clone(stop));
        let _ = wait::blocking(move || clock.wait(delay, &stop));
    }
}

/// Ends the wait for a connection that is no longer wanted.
#[derive(Debug, Default)]
pub struct Stop(Slot<()>);

impl Stop {
    /// Waits for `delay`, or until it is stopped. Returns whether it is stopped.
    pub fn wait(&self, delay: Duration) -> bool {
        // A wait that is cancelled is as good as one that is stopped.
        self.0.wait(delay, |stopped| stopped.is_some()).unwrap_or(true)
    }

    /// Returns whether it is stopped.
    pub fn is_stopped(&self) -> bool {
        self.0.is_filled()
    }

    pub(super) fn stop(&self) {
        self.0.fill(());
    }
}
