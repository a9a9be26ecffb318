//! Time from the point of view of a thread: on a busy machine, a second of the clock may be a few moments of a thread.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Runs `call` again for as long as it ends by a limit of time: on a busy machine, any statement may reach a short one.
#[track_caller]
pub fn in_time<T>(mut call: impl FnMut() -> orm_core::Result<T>) -> T {
    loop {
        match call() {
            Err(error) if error.is_timeout() => {}
            done => return done.unwrap(),
        }
    }
}

const TICK: Duration = Duration::from_millis(5);

/// How often a thread of this process has waited for a tick.
static TICKS: AtomicU64 = AtomicU64::new(0);

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    start: Instant,
    ticks: u64,
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        static TICKING: Once = Once::new();
        TICKING.call_once(|| {
            thread::spawn(|| {
                loop {
                    thread::sleep(TICK);
                    TICKS.fetch_add(1, Ordering::Relaxed);
                }
            });
        });
        Self { start: Instant::now(), ticks: TICKS.load(Ordering::Relaxed) }
    }

    /// Whether at least this much time has passed, by the clock.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Whether the wait took less than `limit`, by the clock or by how often a thread that waits all the time got to
    /// run in the meantime.
    pub fn within(&self, limit: Duration) -> bool {
        let ticks = TICKS.load(Ordering::Relaxed) - self.ticks;
        self.elapsed() < limit || TICK * u32::try_from(ticks).unwrap_or(u32::MAX) < limit
    }
}
