//! How often, and after which delays, something is tried again.

use std::time::Duration;

/// Growing delays: `base × 2^(i−1)` before attempt `i`, counted from 1.
///
/// There is no cap and no jitter by default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    jitter: f64,
}

impl Backoff {
    /// Returns delays of `base`, `2 × base`, `4 × base` and so on.
    pub const fn new(base: Duration) -> Self {
        Self { base, cap: Duration::MAX, jitter: 0.0 }
    }

    /// Limits each delay to `longest`.
    pub const fn cap(mut self, longest: Duration) -> Self {
        self.cap = longest;
        self
    }

    /// Shortens each delay by a random part of it, up to `fraction`, so that many clients don't come back at the same
    /// time. Values outside of 0 to 1 count as the nearest of the two.
    pub const fn jitter(mut self, fraction: f64) -> Self {
        self.jitter = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        self
    }

    /// Returns the delay before attempt `attempt`, counted from 1. There is none before attempt 0.
    pub fn delay(&self, attempt: u32) -> Duration {
        let Some(doublings) = attempt.checked_sub(1) else {
            return Duration::ZERO;
        };
        let delay = match 1_u32.checked_shl(doublings) {
            Some(factor) => self.base.checked_mul(factor).unwrap_or(Duration::MAX),
            None if self.base.is_zero() => Duration::ZERO,
            None => Duration::MAX,
        };
        let delay = delay.min(self.cap);
        if self.jitter == 0.0 { delay } else { delay.mul_f64(1.0 - self.jitter * random()) }
    }
}

/// Returns a random number from 0 to 1.
fn random() -> f64 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    // Uses the upper bits, because the lower ones contain the UUID's version.
    (high >> 32) as f64 / f64::from(u32::MAX)
}

/// The policy for running a transaction again: [`TransactionBuilder::retry`](crate::TransactionBuilder::retry).
///
/// A transaction is run again if the database has certainly rolled it back because of a conflict with another one: a
/// serialization failure, a deadlock, or a lock that was not free in time (`is_serialization_failure`, `is_busy`). It
/// is never run again after a lost connection, because the server may have committed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransactionRetry {
    pub(crate) retries: u32,
    pub(crate) backoff: Backoff,
    pub(crate) stale_rows: bool,
}

impl TransactionRetry {
    /// Allows up to `retries` further runs, after 10 ms, 20 ms, 40 ms and so on up to 1 s. Each delay is shortened at
    /// random by up to a half.
    pub const fn new(retries: u32) -> Self {
        let backoff = Backoff::new(Duration::from_millis(10));
        let backoff = backoff.cap(Duration::from_secs(1)).jitter(0.5);
        Self { retries, backoff, stale_rows: false }
    }

    /// Runs a transaction again also if a row that it writes was changed by somebody else since it was read
    /// (`is_stale_row`), as [`Db::retry_stale`](crate::Db::retry_stale) does. The transaction has to read the row itself.
    pub const fn stale_rows(mut self) -> Self {
        self.stale_rows = true;
        self
    }

    /// Sets other delays.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }
}
