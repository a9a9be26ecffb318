//! A statement that runs once and is the only one in its text.

use std::ffi::{CString, c_char};
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;

use super::error::last_error;
use crate::error::{Error, ErrorKind, Result};

/// Runs a text of one statement without parameters.
pub(super) fn batch_one(database: NonNull<ffi::sqlite3>, sql: &str) -> Result<()> {
    let text = CString::new(sql)
        .map_err(|_| Error::new(ErrorKind::Query, "the SQL contains a NUL character"))?;
    super::busy::prepares(database, sql);
    let prepare = |text: *const c_char| {
        let (mut raw, mut tail) = (ptr::null_mut(), ptr::null());
        // SAFETY: the connection is open, and the text ends in NUL.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(database.as_ptr(), text, -1, &raw mut raw, &raw mut tail)
        };
        (code, raw, tail)
    };
    let (code, raw, tail) = prepare(text.as_ptr());
    if code != ffi::SQLITE_OK {
        return Err(last_error(database));
    }
    if raw.is_null() {
        return Err(Error::new(ErrorKind::Query, "the SQL contains no statement"));
    }
    // The rest is in the same text.
    let (code, second, _) = prepare(tail);
    // SAFETY: nobody else holds it, and null is allowed.
    unsafe { ffi::sqlite3_finalize(second) };
    if code != ffi::SQLITE_OK || !second.is_null() {
        // SAFETY: it was just prepared.
        unsafe { ffi::sqlite3_finalize(raw) };
        return Err(Error::new(ErrorKind::Query, "the SQL contains more than one statement"));
    }
    // SAFETY: it was just prepared.
    while unsafe { ffi::sqlite3_step(raw) } == ffi::SQLITE_ROW {}
    // SAFETY: it isn't used any more.
    match unsafe { ffi::sqlite3_finalize(raw) } {
        ffi::SQLITE_OK => Ok(()),
        _ => Err(last_error(database)),
    }
}
