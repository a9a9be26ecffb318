//! Counts the rows that a statement writes while it runs.

use std::any::Any;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

/// The interval of the reports.
const INTERVAL: Duration = Duration::from_millis(100);

/// The number of rows between two looks at the clock.
const ROWS: u64 = 1024;

struct Counter<'f> {
    database: *mut ffi::sqlite3,
    table: &'f [u8],
    rows: u64,
    told: Instant,
    on_rows: &'f mut dyn FnMut(u64),
    panic: Option<Box<dyn Any + Send>>,
}

/// Runs `f`, and reports from time to time how many rows of `table` it has written. It doesn't see rows of a table
/// WITHOUT ROWID.
pub(super) fn counting<R>(
    database: NonNull<ffi::sqlite3>,
    table: &str,
    on_rows: &mut dyn FnMut(u64),
    f: impl FnOnce() -> R,
) -> R {
    let mut counter = Counter {
        database: database.as_ptr(),
        table: table.as_bytes(),
        rows: 0,
        told: Instant::now(),
        on_rows,
        panic: None,
    };
    let state: *mut Counter<'_> = &raw mut counter;
    // SAFETY: the connection is open. The hook is removed before `counter` is dropped, and only called from what `f`
    // runs on this thread. `f` doesn't unwind past it: `batch` contains no code of the caller.
    let result = unsafe {
        ffi::sqlite3_update_hook(database.as_ptr(), Some(on_update), state.cast());
        let result = f();
        ffi::sqlite3_update_hook(database.as_ptr(), None, ptr::null_mut());
        result
    };
    if let Some(panic) = counter.panic {
        resume_unwind(panic);
    }
    result
}

unsafe extern "C" fn on_update(
    state: *mut c_void,
    _: c_int,
    _: *const c_char,
    table: *const c_char,
    _: ffi::sqlite3_int64,
) {
    // SAFETY: `counting` passes its counter, which nobody else uses meanwhile; the name ends with NUL.
    let (counter, table) = unsafe { (&mut *state.cast::<Counter<'_>>(), CStr::from_ptr(table)) };
    if !table.to_bytes().eq_ignore_ascii_case(counter.table) {
        return;
    }
    counter.rows += 1;
    if counter.rows % ROWS != 0 || counter.told.elapsed() < INTERVAL || counter.panic.is_some() {
        return;
    }
    counter.told = Instant::now();
    let rows = counter.rows;
    // A panic must not unwind through SQLite's code: it continues once the statement has stopped.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (counter.on_rows)(rows))) {
        counter.panic = Some(panic);
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_interrupt(counter.database) };
    }
}
