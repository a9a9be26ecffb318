//! What a forked process inherits of SQLite: its locks, and open files.
//!
//! SQLite keeps the locks of a file for the process as a whole, and the system passes none of them to a child. Another
//! connection to such a file would rely on locks that nobody holds, and could lose its commits
//! (<https://sqlite.org/howtocorrupt.html>, "carrying an open database connection across a fork").

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::backend::process::Process;
use crate::error::{Error, ErrorKind, Result};

/// A file, whatever its path.
type File = (u64, u64);

/// The number of connections to each file, and their process.
static OPEN: Mutex<Open> = Mutex::new(None);

type Open = Option<HashMap<File, (Process, usize)>>;

/// Counts a connection to a file until it is dropped.
#[derive(Debug)]
pub(super) struct Opened(Option<File>);

impl Opened {
    /// Returns `None` for a database that isn't in a file.
    ///
    /// # Errors
    /// For a file that was open when this process was forked.
    pub(super) fn new(path: Option<&str>) -> Result<Self> {
        let Some(file) = path.and_then(identity) else {
            return Ok(Self(None));
        };
        let now = Process::current();
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let (process, count) = open.get_or_insert_default().entry(file).or_insert((now, 0));
        if *process != now {
            return Err(Error::new(
                ErrorKind::Config,
                "the database's file was open when this process was forked, so SQLite's locks don't protect it in this \
                 process",
            )
            .with_hint("fork before the first connection to the file, or run another program in the child"));
        }
        *count += 1;
        Ok(Self(Some(file)))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let Some(file) = self.0 else { return };
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(files) = open.as_mut() else { return };
        if let Some((process, count)) = files.get_mut(&file)
            && process.is_current()
        {
            *count -= 1;
            if *count == 0 {
                files.remove(&file);
            }
        }
    }
}

/// Makes SQLite usable in forked processes. A thread of the parent may hold one of SQLite's global locks at a fork; it
/// doesn't exist in the child, where the lock would stay held forever. So the forking thread holds all of them.
pub(super) fn keep_usable() {
    #[cfg(unix)]
    locks::hold_while_forking();
}

#[cfg(unix)]
mod locks {
    use std::cell::UnsafeCell;
    use std::ffi::c_int;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{MutexGuard, PoisonError};

    use libsqlite3_sys as ffi;

    use super::{OPEN, Open};

    /// The global locks that SQLite uses, in the order in which it takes several of them.
    const GLOBAL: [c_int; 7] = [
        ffi::SQLITE_MUTEX_STATIC_OPEN,
        ffi::SQLITE_MUTEX_STATIC_MAIN,
        ffi::SQLITE_MUTEX_STATIC_VFS1,
        ffi::SQLITE_MUTEX_STATIC_PRNG,
        ffi::SQLITE_MUTEX_STATIC_LRU,
        ffi::SQLITE_MUTEX_STATIC_PMEM,
        ffi::SQLITE_MUTEX_STATIC_MEM,
    ];

    /// The guard of [`OPEN`] during a fork.
    struct Held(UnsafeCell<Option<MutexGuard<'static, Open>>>);

    // SAFETY: only who holds `OPEN` uses it.
    unsafe impl Sync for Held {}

    static HELD: Held = Held(UnsafeCell::new(None));

    pub(super) fn hold_while_forking() {
        static REGISTERED: AtomicBool = AtomicBool::new(false);
        // Waits for no other thread, which may be gone after a fork.
        if !REGISTERED.load(Ordering::Relaxed) && !REGISTERED.swap(true, Ordering::Relaxed) {
            // SAFETY: the handlers are functions that live as long as the program.
            unsafe { libc::pthread_atfork(Some(hold), Some(release), Some(release)) };
        }
    }

    fn mutex(id: c_int) -> *mut ffi::sqlite3_mutex {
        // SAFETY: these locks always exist, so nothing is allocated. Null, if SQLite was built without threads, is
        // allowed wherever a lock is.
        unsafe { ffi::sqlite3_mutex_alloc(id) }
    }

    unsafe extern "C" fn hold() {
        let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: this thread holds `OPEN`.
        unsafe { *HELD.0.get() = Some(open) };
        for id in GLOBAL {
            // SAFETY: see `mutex`. SQLite calls no function of the program while it holds one, so this thread has none.
            unsafe { ffi::sqlite3_mutex_enter(mutex(id)) };
        }
    }

    unsafe extern "C" fn release() {
        for id in GLOBAL.into_iter().rev() {
            // SAFETY: the forking thread holds it, and goes on in both processes.
            unsafe { ffi::sqlite3_mutex_leave(mutex(id)) };
        }
        // SAFETY: this thread holds `OPEN`, until the guard is dropped.
        drop(unsafe { (*HELD.0.get()).take() });
    }
}

#[cfg(unix)]
fn identity(path: &str) -> Option<File> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Other systems don't fork.
#[cfg(not(unix))]
fn identity(_: &str) -> Option<File> {
    None
}
