//! How code waits: it blocks its thread, or, in an async call, gives the thread to other tasks.
//!
//! The code that talks to a database is written once, as code that blocks. An async call runs it on a separate stack, a
//! [`fiber`](self::fiber). Whenever the code waits by a function of this module, the fiber is suspended, and the task returns
//! `Poll::Pending`. So nothing else in this crate may block for long: no `thread::sleep`, no condition variable, no poll of a
//! socket. And no guard of a mutex or of a tracing span may live while it waits, because the fiber may go on in another thread: a
//! [`Lock`] may.
//!
//! Code of the program that uses a connection, such as its hook for new ones, runs by [`in_place`].
//!
//! If the future of a call is dropped, each function of this module returns [`Cancelled`] at once, and the code ends as it
//! ends for other errors.

#[cfg(feature = "tokio")]
mod fiber;
mod lock;
mod slot;
#[cfg(all(unix, feature = "postgres"))]
mod socket;
#[cfg(feature = "tokio")]
mod stack;
#[cfg(feature = "tokio")]
mod wakers;

use std::time::Duration;

#[cfg(feature = "tokio")]
pub use self::fiber::in_fiber;
#[cfg(feature = "tokio")]
pub(crate) use self::fiber::{Fiber, in_place, is_async, is_cancelled, until, with_held};
pub(crate) use self::lock::Lock;
pub(crate) use self::slot::Slot;
#[cfg(all(unix, feature = "postgres"))]
pub(crate) use self::socket::{Interest, Registered};
use crate::error::{Error, ErrorKind};

/// The call's future was dropped, or its runtime has shut down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cancelled;

impl From<Cancelled> for Error {
    #[cold]
    fn from(_: Cancelled) -> Self {
        Self::new(ErrorKind::Unknown, "the call was cancelled").with_hint(
            "its future was dropped, or its runtime has shut down; a statement that writes may have run anyway",
        )
    }
}

/// Returns whether the code runs in an async call.
#[cfg(not(feature = "tokio"))]
#[inline]
pub(crate) fn is_async() -> bool {
    false
}

/// Returns whether the code runs in an async call that was cancelled.
#[cfg(not(feature = "tokio"))]
#[inline]
pub(crate) fn is_cancelled() -> bool {
    false
}

/// Runs code of the program, in the thread.
#[cfg(not(feature = "tokio"))]
#[inline]
pub(crate) fn in_place<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// Waits for so long.
pub(crate) fn sleep(duration: Duration) -> Result<(), Cancelled> {
    #[cfg(feature = "tokio")]
    if is_async() {
        return until(tokio::time::sleep(duration));
    }
    std::thread::sleep(duration);
    Ok(())
}

/// Returns the result of another task, and passes its panic on.
#[cfg(feature = "tokio")]
pub(crate) fn joined<T>(result: Result<T, tokio::task::JoinError>) -> Result<T, Cancelled> {
    result.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Cancelled,
    })
}

/// Runs code that blocks, in an async call on one of the runtime's threads for it.
pub(crate) fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Cancelled> {
    #[cfg(feature = "tokio")]
    if is_async() {
        return joined(until(tokio::task::spawn_blocking(f))?);
    }
    Ok(f())
}
