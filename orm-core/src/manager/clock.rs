//! The manager's clock.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// The clock of a [`ConnectionManager`](super::ConnectionManager): [`SystemClock`], or a test's own clock, which lets
/// hours pass at once.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the current time.
    fn now(&self) -> DateTime<Utc>;

    /// Waits for `delay`, or until `stop` is stopped.
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

/// Ends the wait for a connection that is no longer wanted.
#[derive(Debug, Default)]
pub struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Waits for `delay`, or until it is stopped. Returns whether it is stopped.
    pub fn wait(&self, delay: Duration) -> bool {
        let start = Instant::now();
        let mut stopped = self.lock();
        while !*stopped {
            let left = delay.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            stopped =
                self.changed.wait_timeout(stopped, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *stopped
    }

    /// Returns whether it is stopped.
    pub fn is_stopped(&self) -> bool {
        *self.lock()
    }

    pub(super) fn stop(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
