//! A lock that may be held while its holder waits.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "tokio")]
use std::task::Poll;

use super::Cancelled;
#[cfg(feature = "tokio")]
use super::wakers::Wakers;

/// A lock that may be held while its holder waits, by threads and by async calls.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_held: bool,
    /// The number of threads that wait for it. Notifying nobody is a system call, too.
    threads: usize,
    /// The tasks that wait for it.
    #[cfg(feature = "tokio")]
    wakers: Wakers,
}

/// The right to be the only one, until it is dropped.
#[derive(Debug)]
#[must_use = "the lock is free again when this is dropped"]
pub(crate) struct Locked<'l>(&'l Lock);

impl Lock {
    /// Waits until the lock is free, and takes it.
    pub(crate) fn lock(&self) -> Result<Locked<'_>, Cancelled> {
        #[cfg(feature = "tokio")]
        if super::is_async() {
            return super::until(std::future::poll_fn(|context| {
                let mut state = self.state();
                if !state.is_held {
                    state.is_held = true;
                    return Poll::Ready(Locked(self));
                }
                state.wakers.add(context);
                Poll::Pending
            }));
        }
        let mut state = self.state();
        state.threads += 1;
        state = self
            .freed
            .wait_while(state, |state| state.is_held)
            .unwrap_or_else(PoisonError::into_inner);
        state.threads -= 1;
        state.is_held = true;
        Ok(Locked(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_held = false;
        // All of them: the first one may be gone by now.
        #[cfg(feature = "tokio")]
        let wakers = state.wakers.take();
        let is_awaited = state.threads > 0;
        drop(state);
        if is_awaited {
            self.0.freed.notify_one();
        }
        #[cfg(feature = "tokio")]
        wakers.wake();
    }
}
