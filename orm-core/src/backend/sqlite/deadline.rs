//! How long a statement may take.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

/// Functions find the end of the running statement under this name.
const NAME: &CStr = c"mizzle_deadline";

/// The limit of each statement of a connection. SQLite checks it as it works.
#[derive(Debug)]
pub(super) struct Deadline {
    limit: Duration,
    /// Where SQLite reads it. Behind a pointer, because the connection moves.
    end: NonNull<Instant>,
}

// SAFETY: the time is read only while its connection runs a statement.
unsafe impl Send for Deadline {}

impl Deadline {
    /// Limits the statements of an open connection. It must outlive them: SQLite reads it while a statement runs, and
    /// not when the connection closes.
    pub(super) fn new(database: NonNull<ffi::sqlite3>, limit: Duration) -> Self {
        let end = NonNull::from(Box::leak(Box::new(far_from(Instant::now(), limit))));
        let deadline = Self { limit, end };
        deadline.register(database);
        share(database, end.as_ptr());
        deadline
    }

    /// Makes SQLite check the limit of an open connection.
    pub(super) fn register(&self, database: NonNull<ffi::sqlite3>) {
        /// Some microseconds of work.
        const INSTRUCTIONS: c_int = 4096;
        // SAFETY: the connection is open, and the time lives as long as statements run.
        unsafe {
            ffi::sqlite3_progress_handler(
                database.as_ptr(),
                INSTRUCTIONS,
                Some(is_over),
                self.end.as_ptr().cast(),
            );
        }
    }

    /// Removes the limit of the connection's statements.
    pub(super) fn lift(self, database: NonNull<ffi::sqlite3>) {
        // SAFETY: the connection is open, and no statement runs.
        unsafe { ffi::sqlite3_progress_handler(database.as_ptr(), 0, None, std::ptr::null_mut()) };
        share(database, std::ptr::null_mut());
    }

    /// Starts the time of a statement.
    pub(super) fn start(&mut self) {
        // SAFETY: no statement runs, so nobody reads it.
        unsafe { self.end.write(far_from(Instant::now(), self.limit)) };
    }
}

/// Lets functions find the end. Without memory for that they run to their end.
fn share(database: NonNull<ffi::sqlite3>, end: *mut Instant) {
    // SAFETY: the connection is open, and the time lives as long as statements run.
    unsafe { ffi::sqlite3_set_clientdata(database.as_ptr(), NAME.as_ptr(), end.cast(), None) };
}

/// Returns whether the running statement was interrupted, or its time is over. SQLite doesn't look while a function runs.
pub(super) fn must_stop(database: *mut ffi::sqlite3) -> bool {
    // SAFETY: a function of an open connection runs, and the registered pointer is valid while statements run.
    unsafe {
        let end = ffi::sqlite3_get_clientdata(database, NAME.as_ptr());
        ffi::sqlite3_is_interrupted(database) != 0 || (!end.is_null() && is_over(end) != 0)
    }
}

fn far_from(start: Instant, limit: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 3600);
    start + limit.min(FAR)
}

impl Drop for Deadline {
    fn drop(&mut self) {
        // SAFETY: made by `Box::leak`, and freed only here.
        drop(unsafe { Box::from_raw(self.end.as_ptr()) });
    }
}

unsafe extern "C" fn is_over(end: *mut c_void) -> c_int {
    // SAFETY: the registered pointer, which is valid while statements run.
    let end = unsafe { *end.cast::<Instant>() };
    (Instant::now() >= end).into()
}
