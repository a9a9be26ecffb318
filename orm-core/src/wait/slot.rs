//! A value that another thread provides.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "tokio")]
use std::task::Poll;
use std::time::Duration;

use super::Cancelled;
#[cfg(feature = "tokio")]
use super::wakers::Wakers;

/// A place for a value that another thread provides once.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    /// The number of threads that wait for it. Notifying nobody is a system call, too.
    threads: usize,
    /// The tasks that wait for it.
    #[cfg(feature = "tokio")]
    wakers: Wakers,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        let state = State {
            value: None,
            threads: 0,
            #[cfg(feature = "tokio")]
            wakers: Wakers::default(),
        };
        Self { state: Mutex::new(state), filled: Condvar::new() }
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Provides the value.
    pub(crate) fn fill(&self, value: T) {
        let mut state = self.lock();
        state.value = Some(value);
        #[cfg(feature = "tokio")]
        let wakers = state.wakers.take();
        let is_awaited = state.threads > 0;
        drop(state);
        if is_awaited {
            self.filled.notify_all();
        }
        #[cfg(feature = "tokio")]
        wakers.wake();
    }

    /// Returns whether the value is there.
    pub(crate) fn is_filled(&self) -> bool {
        self.lock().value.is_some()
    }

    /// Waits for the value, and passes it to `f`: `None` if it isn't there within `limit`.
    pub(crate) fn wait<R>(
        &self,
        limit: Duration,
        f: impl FnOnce(Option<&T>) -> R,
    ) -> Result<R, Cancelled> {
        #[cfg(feature = "tokio")]
        if super::is_async() {
            let filled = std::future::poll_fn(|context| {
                let mut state = self.lock();
                if state.value.is_some() {
                    return Poll::Ready(());
                }
                state.wakers.add(context);
                Poll::Pending
            });
            // Late is the same as never.
            let _ = super::until(tokio::time::timeout(limit, filled))?;
            return Ok(f(self.lock().value.as_ref()));
        }
        let mut state = self.lock();
        state.threads += 1;
        let (mut state, _) = self
            .filled
            .wait_timeout_while(state, limit, |state| state.value.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        state.threads -= 1;
        Ok(f(state.value.as_ref()))
    }
}
