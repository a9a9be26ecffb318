//! The threads on which SQLite works for async calls.
//!
//! tokio wakes one of its threads for blocking work for each call, and the thread falls asleep after it. That takes longer than
//! most statements do. Here a thread goes on with the next call, and there are as many at work as the machine has cores: more of
//! them only if some wait for a lock, or take long.

use std::cell::Cell;
use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::backend::process::PerProcess;
use crate::error::{Error, ErrorKind, Result};
use crate::wait::{self, Cancelled};

/// A call that has not begun by then gets another thread, and one that takes longer doesn't count.
const SLOW: Duration = Duration::from_millis(1);

/// How long a thread without work lives.
const KEPT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

struct Workers {
    state: Mutex<State>,
    called: Condvar,
    cores: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// The number of threads at work, with those that are called.
    working: usize,
    /// The number of threads that wait to be called.
    idle: usize,
    /// The number of threads that are called, and have not woken up yet.
    called: usize,
    /// The number of threads beyond the number of cores, because as many calls take long.
    beyond: usize,
}

static WORKERS: PerProcess<Workers> = PerProcess::new();

thread_local! {
    /// The workers that this thread belongs to.
    static OWN: Cell<Option<&'static Workers>> = const { Cell::new(None) };
}

/// Runs a function on one of the threads, in an async call. If the call is cancelled, the function runs all the same.
///
/// # Panics
/// With the panic of the function.
pub(super) fn run<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> Result<R> {
    let workers = WORKERS.get();
    let (sender, receiver) = oneshot::channel();
    workers.submit(Box::new(move || {
        // Nobody may wait for it any more.
        drop(sender.send(catch_unwind(AssertUnwindSafe(f))));
    }))?;
    let mut receiver = pin!(receiver);
    let received = match wait::until(tokio::time::timeout(SLOW, receiver.as_mut()))? {
        Ok(received) => received,
        Err(_) => {
            workers.help();
            wait::until(receiver)?
        }
    };
    match received {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(Cancelled.into()),
    }
}

/// Waits in one of the threads, or in another thread, and lets another thread work meanwhile.
pub(super) fn sleep(duration: Duration) {
    let Some(workers) = OWN.get() else { return thread::sleep(duration) };
    let mut state = workers.lock();
    state.working -= 1;
    workers.start_if_needed(&mut state);
    drop(state);
    thread::sleep(duration);
    workers.lock().working += 1;
}

impl Default for Workers {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self { state: Mutex::default(), called: Condvar::new(), cores }
    }
}

impl Workers {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(&'static self, job: Job) -> Result<()> {
        let mut state = self.lock();
        state.jobs.push_back(job);
        self.start_if_needed(&mut state);
        if state.working > 0 {
            return Ok(());
        }
        let never_run = state.jobs.pop_back();
        drop(state);
        drop(never_run);
        Err(Error::new(ErrorKind::Unknown, "can't start a thread for SQLite"))
    }

    /// Makes another thread work if there is a job for it, and the threads at work are too few.
    fn start_if_needed(&'static self, state: &mut State) {
        if state.jobs.is_empty() || state.working >= self.cores + state.beyond {
            return;
        }
        if state.idle > 0 {
            state.idle -= 1;
            state.called += 1;
            state.working += 1;
            self.called.notify_one();
            return;
        }
        let started = thread::Builder::new().name("mizzle-sqlite".into()).spawn(|| self.work());
        if started.is_ok() {
            state.working += 1;
        }
    }

    /// Called if a job has not ended soon: if others wait for a thread, those at work take long.
    fn help(&'static self) {
        let mut state = self.lock();
        if !state.jobs.is_empty() {
            state.beyond += 1;
            self.start_if_needed(&mut state);
        }
    }

    /// Works until there is nothing to do for a while.
    fn work(&'static self) {
        OWN.set(Some(self));
        let mut state = self.lock();
        loop {
            while state.working <= self.cores + state.beyond
                && let Some(job) = state.jobs.pop_front()
            {
                drop(state);
                let begin = Instant::now();
                job();
                let was_slow = begin.elapsed() >= SLOW;
                state = self.lock();
                if was_slow {
                    state.beyond = state.beyond.saturating_sub(1);
                }
            }
            state.working -= 1;
            state.idle += 1;
            while state.called == 0 {
                let (woken, waited) =
                    self.called.wait_timeout(state, KEPT).unwrap_or_else(PoisonError::into_inner);
                state = woken;
                if waited.timed_out() && state.called == 0 {
                    state.idle -= 1;
                    return;
                }
            }
            state.called -= 1;
        }
    }
}
