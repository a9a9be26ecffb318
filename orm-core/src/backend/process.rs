//! Notices a fork: what a process has opened belongs to it, not to its children.
//!
//! After a fork, both processes have the same socket or file, and each would read the answers to the other's
//! statements.

use crate::error::{Error, ErrorKind, Result};

/// The process that has opened something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process(u32);

#[cfg(unix)]
mod count {
    use std::sync::Once;
    use std::sync::atomic::{AtomicU32, Ordering};

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
        static WATCHED: Once = Once::new();
        WATCHED.call_once(|| {
            // SAFETY: the handler is a function that lives as long as the program, and only counts.
            unsafe { libc::pthread_atfork(None, None, Some(count_fork)) };
        });
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

#[cold]
fn forked() -> Error {
    Error::new(
        ErrorKind::Config,
        "the database was opened before this process was forked, and the parent process uses the same connection",
    )
    .with_hint("connect in each process (`Db::connect`) after the fork")
}
