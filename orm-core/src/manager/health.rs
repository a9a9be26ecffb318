//! The health check.

use std::time::{Duration, Instant};

use super::ping;
use super::report::{DatabaseHealth, ErrorReport, Health, HealthStatus, SystemHealth};
use super::session::Inner;
use crate::error::Result;

pub(super) fn check(inner: &Inner) -> Health {
    let start = Instant::now();
    let answer = inner.db().and_then(|db| ping(&db));
    report(inner, start, answer)
}

/// Reports a check that began at `start`, and how long the database took to answer.
pub(super) fn report(inner: &Inner, start: Instant, answer: Result<Duration>) -> Health {
    let checked_at = inner.now();
    let status = if answer.is_ok() { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
    Health {
        status,
        checked_at,
        latency_ms: milliseconds(start.elapsed()),
        database: DatabaseHealth {
            status,
            latency_ms: answer.as_ref().ok().copied().map(milliseconds),
            error: answer.err().map(|error| ErrorReport::new(&error, checked_at)),
            connection: inner.status(),
        },
        system: SystemHealth {
            uptime_ms: u64::try_from(inner.uptime().as_millis()).unwrap_or(u64::MAX),
            process_id: std::process::id(),
            cpus: std::thread::available_parallelism()
                .map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
            version: env!("CARGO_PKG_VERSION").into(),
        },
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
