//! Notices a fork: what a process has opened belongs to it, not to its children.
//!
//! After a fork, both processes have the same socket or file, and each would read the answers to the other's
//! statements.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// The process that has opened something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process(u32);

#[cfg(unix)]
mod count {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    /// The number of forks between this process and the one that the program began as.
    static FORKS: AtomicU32 = AtomicU32::new(0);

    unsafe extern "C" fn count_fork() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    /// Cheaper than asking the system for the process's number with each statement.
    #[inline]
    pub(super) fn forks() -> u32 {
        FORKS.load(Ordering::Relaxed)
    }

    pub(super) fn watch() {
        // Nothing that another thread could be waited for, because that thread may be gone after a fork. Two threads
        // that both register the handler do no harm: a fork then counts twice.
        static WATCHED: AtomicBool = AtomicBool::new(false);
        if !WATCHED.load(Ordering::Acquire) {
            // SAFETY: the handler is a function that lives as long as the program, and only counts.
            unsafe { libc::pthread_atfork(None, None, Some(count_fork)) };
            WATCHED.store(true, Ordering::Release);
        }
    }
}

impl Process {
    /// Returns the current process.
    pub(crate) fn current() -> Self {
        #[cfg(unix)]
        {
            count::watch();
            Self(count::forks())
        }
        #[cfg(not(unix))]
        Self(0)
    }

    /// Returns whether this is still the same process.
    #[inline]
    pub(crate) fn is_current(self) -> bool {
        #[cfg(unix)]
        {
            self.0 == count::forks()
        }
        #[cfg(not(unix))]
        true
    }

    /// Refuses what another process has opened.
    ///
    /// # Errors
    /// In the child of a fork.
    #[inline]
    pub(crate) fn check(self) -> Result<()> {
        if self.is_current() { Ok(()) } else { Err(forked()) }
    }
}

/// A global value that each process has for itself. A forked process begins with a new one: the parent's threads don't
/// exist there, and what they had locked would stay locked.
pub(crate) struct PerProcess<T: 'static> {
    newest: AtomicPtr<(Process, T)>,
}

impl<T: Default + Sync> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { newest: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Returns the value of the current process. Never waits.
    pub(crate) fn get(&'static self) -> &'static T {
        let now = Process::current();
        loop {
            let newest = self.newest.load(Ordering::Acquire);
            // SAFETY: null or one of the values from below, which live as long as the program.
            if let Some((process, value)) = unsafe { newest.as_ref() }
                && *process == now
            {
                return value;
            }
            let new = Box::into_raw(Box::new((now, T::default())));
            let exchanged =
                self.newest.compare_exchange(newest, new, Ordering::AcqRel, Ordering::Acquire);
            if exchanged.is_err() {
                // SAFETY: made above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
            }
        }
    }
}

#[cold]
fn forked() -> Error {
    Error::new(
        ErrorKind::Config,
        "the database was opened before this process was forked, and the parent process uses the same connection",
    )
    .with_hint("connect in each process (`Db::connect`) after the fork")
}
