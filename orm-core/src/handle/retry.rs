//! How often, and after which delay, something is tried again.

use std::time::Duration;

/// Delays that grow: before attempt `i`, counted from 1, `base × 2^(i−1)`.
///
/// Without a cap and without jitter unless they are asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    jitter: f64,
}

impl Backoff {
    /// Delays of `base`, `2 × base`, `4 × base` and so on.
    pub const fn new(base: Duration) -> Self {
        Self { base, cap: Duration::MAX, jitter: 0.0 }
    }

    /// No delay is longer than `longest`.
    pub const fn cap(mut self, longest: Duration) -> Self {
        self.cap = longest;
        self
    }

    /// Shortens each delay by a random part of it, up to `fraction` (0 to 1; what lies outside counts as the
    /// nearest), so that many clients don't come back all at once.
    pub const fn jitter(mut self, fraction: f64) -> Self {
        self.jitter = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        self
    }

    /// The delay before attempt `attempt`, counted from 1; none before attempt 0.
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

/// From 0 to 1.
fn random() -> f64 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    // The upper bits; the version's stand in the lower.
    (high >> 32) as f64 / f64::from(u32::MAX)
}

/// When a transaction is run again: [`TransactionBuilder::retry`](crate::TransactionBuilder::retry).
///
/// Run again is what the database has certainly rolled back because it met another transaction: a
/// serialization failure, a deadlock, a lock that was not free in time (`is_serialization_failure`,
/// `is_busy`). Never after a lost connection: the server may have committed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransactionRetry {
    pub(crate) retries: u32,
    pub(crate) backoff: Backoff,
}

impl TransactionRetry {
    /// Up to `retries` times after the first, after 10 ms, 20 ms, 40 ms and so on up to 1 s, each shortened by
    /// up to a half at random.
    pub const fn new(retries: u32) -> Self {
        let backoff = Backoff::new(Duration::from_millis(10));
        Self { retries, backoff: backoff.cap(Duration::from_secs(1)).jitter(0.5) }
    }

    /// With other delays.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }
}
