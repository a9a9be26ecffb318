//! Ends the wait for a lock when its call is cancelled.
//!
//! SQLite's own handler waits for the busy timeout, even if the statement was interrupted. Async calls have another one, which
//! waits as long but looks. SQLite's own is back before SQL text reads the timeout, or sets another one.

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;
use std::time::Duration;

use libsqlite3_sys as ffi;

use super::workers;

/// What prepares a statement finds the limit of its connection under this name.
const NAME: &CStr = c"mizzle_busy";

/// How long a connection waits for locks.
#[derive(Debug)]
pub(super) struct Busy(Box<Limit>);

#[derive(Debug)]
struct Limit {
    database: NonNull<ffi::sqlite3>,
    /// In milliseconds. `None` once SQL text may have set it.
    milliseconds: Cell<Option<c_int>>,
    /// Whether an async call waits.
    is_watched: Cell<bool>,
}

impl Busy {
    /// Sets the limit of an open connection, and must live as long as it.
    pub(super) fn new(database: NonNull<ffi::sqlite3>, limit: Duration) -> Self {
        let milliseconds = c_int::try_from(limit.as_millis()).unwrap_or(c_int::MAX);
        let limit = Box::new(Limit {
            database,
            milliseconds: Cell::new(Some(milliseconds)),
            is_watched: Cell::new(false),
        });
        let address: *const Limit = &raw const *limit;
        // SAFETY: the connection is open, and the box lives as long. Without memory for the name, cancelled calls wait.
        let named = unsafe {
            ffi::sqlite3_busy_timeout(database.as_ptr(), milliseconds);
            ffi::sqlite3_set_clientdata(
                database.as_ptr(),
                NAME.as_ptr(),
                address.cast_mut().cast(),
                None,
            )
        };
        if named != ffi::SQLITE_OK {
            limit.milliseconds.set(None);
        }
        Self(limit)
    }

    /// Returns the limit, or zero once SQL text may have set it.
    pub(super) fn limit(&self) -> Duration {
        let milliseconds = self.0.milliseconds.get().unwrap_or_default();
        Duration::from_millis(milliseconds.unsigned_abs().into())
    }

    /// Makes statements stop waiting when they are interrupted, until the result is dropped.
    pub(super) fn watch(&self) -> Watched {
        self.0.watch();
        Watched(NonNull::from(&*self.0))
    }
}

/// While it lives, statements stop waiting when they are interrupted. The connection lives longer.
pub(super) struct Watched(NonNull<Limit>);

impl Drop for Watched {
    fn drop(&mut self) {
        // SAFETY: it lives as long as the connection.
        unsafe { self.0.as_ref() }.leave();
    }
}

impl Limit {
    fn watch(&self) {
        if self.milliseconds.get().is_none() {
            return;
        }
        let context = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the connection is open, and this lives as long.
        unsafe { ffi::sqlite3_busy_handler(self.database.as_ptr(), Some(wait), context) };
        self.is_watched.set(true);
    }

    /// Makes SQLite wait by its own handler.
    fn leave(&self) {
        if let (true, Some(milliseconds)) = (self.is_watched.take(), self.milliseconds.get()) {
            // SAFETY: the connection is open.
            unsafe { ffi::sqlite3_busy_timeout(self.database.as_ptr(), milliseconds) };
        }
    }
}

/// Called before this SQL is prepared.
pub(super) fn prepares(database: NonNull<ffi::sqlite3>, sql: &str) {
    if !orm_lexer::mentions(sql, "busy_timeout") {
        return;
    }
    // SAFETY: the connection is open, and what was registered lives as long.
    let limit = unsafe {
        ffi::sqlite3_get_clientdata(database.as_ptr(), NAME.as_ptr()).cast::<Limit>().as_ref()
    };
    if let Some(limit) = limit {
        limit.leave();
        limit.milliseconds.set(None);
    }
}

/// Waits, and returns whether to try again.
unsafe extern "C" fn wait(limit: *mut c_void, times: c_int) -> c_int {
    /// Those of SQLite's own handler, in milliseconds.
    const DELAYS: [c_int; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];
    // SAFETY: this is what was registered.
    let limit = unsafe { &*limit.cast::<Limit>() };
    let times = usize::try_from(times).unwrap_or_default();
    let last = DELAYS.len() - 1;
    let waited = DELAYS.iter().take(times).sum::<c_int>()
        + c_int::try_from(times.saturating_sub(last + 1))
            .unwrap_or(c_int::MAX)
            .saturating_mul(DELAYS[last]);
    let left = limit.milliseconds.get().unwrap_or_default().saturating_sub(waited);
    // SAFETY: the connection is open: a statement of it waits.
    let interrupted = unsafe { ffi::sqlite3_is_interrupted(limit.database.as_ptr()) != 0 };
    if left <= 0 || interrupted {
        return 0;
    }
    let delay = DELAYS[times.min(last)].min(left);
    workers::sleep(Duration::from_millis(delay.unsigned_abs().into()));
    1
}
