//! Functions for SQL that only PostgreSQL has.

use std::ffi::c_int;
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use super::arguments::Values;
use super::functions::{fail, scalar};

/// Registers all of them; returns a result code if that fails.
pub(super) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    scalar(database, c"mizzle_none", 1, none)
}

/// `mizzle_none(EXISTS (…))`: fails if there is a row, and is true otherwise.
fn none(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.integer(0) != 0 {
        fail(context, c"there is a row");
        // SAFETY: the context is live during the call.
        unsafe { ffi::sqlite3_result_error_code(context, ffi::SQLITE_CONSTRAINT_FUNCTION) };
        return;
    }
    // SAFETY: the context is live during the call.
    unsafe { ffi::sqlite3_result_int(context, 1) };
}
