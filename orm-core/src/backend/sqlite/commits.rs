//! Commits that must not happen.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use super::error::has_panicked;
use super::outbox::Outbox;

/// Watches the commits of a connection, and must live as long as it. Delivers what a transaction has notified. Rolls back instead
/// if the rows would never be found again, or if one may be at a wrong place in an index.
#[derive(Debug)]
pub(super) struct Guard {
    database: NonNull<ffi::sqlite3>,
    refused: Cell<bool>,
    pub(super) outbox: Outbox,
}

impl Guard {
    pub(super) fn new(database: NonNull<ffi::sqlite3>, outbox: Outbox) -> Box<Self> {
        let guard = Box::new(Self { database, refused: Cell::new(false), outbox });
        let context = (&raw const *guard).cast_mut().cast();
        // SAFETY: the connection is open, and the box lives longer.
        unsafe {
            ffi::sqlite3_commit_hook(database.as_ptr(), Some(refuse), context);
            ffi::sqlite3_rollback_hook(database.as_ptr(), Some(roll_back), context);
        }
        guard
    }

    /// Whether the path of the open file has become that of another file, or of none. SQLite asks this itself, but not
    /// in WAL mode.
    pub(super) fn has_moved(&self) -> bool {
        let mut moved: c_int = 0;
        // SAFETY: the connection is open, and the answer is a number. A database without a file gives none.
        unsafe {
            ffi::sqlite3_file_control(
                self.database.as_ptr(),
                c"main".as_ptr(),
                ffi::SQLITE_FCNTL_HAS_MOVED,
                (&raw mut moved).cast(),
            );
        }
        moved != 0
    }

    /// Whether a commit was refused because the file has moved. No later one can succeed.
    pub(super) fn has_refused(&self) -> bool {
        self.refused.get()
    }
}

unsafe extern "C" fn refuse(guard: *mut c_void) -> c_int {
    // SAFETY: this is what was registered.
    let guard = unsafe { &*guard.cast::<Guard>() };
    if guard.has_moved() {
        guard.refused.set(true);
    }
    let refuses = guard.has_refused() || has_panicked();
    if !refuses {
        guard.outbox.commits();
    }
    refuses.into()
}

unsafe extern "C" fn roll_back(guard: *mut c_void) {
    // SAFETY: this is what was registered.
    let guard = unsafe { &*guard.cast::<Guard>() };
    guard.outbox.rolled_back();
}
