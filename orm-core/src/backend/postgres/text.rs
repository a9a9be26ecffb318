//! Texts for libpq.

use std::ffi::{CStr, CString};
use std::ptr;

use pq_sys as ffi;

use crate::backend::any::postgres::LONGEST_MESSAGE;
use crate::error::{Error, ErrorKind, Result};

/// The text of a statement or of a value for libpq.
pub(super) fn c_string(text: &str) -> Result<CString> {
    if text.len() > LONGEST_MESSAGE {
        let message = format!(
            "the SQL has {} bytes, but PostgreSQL accepts at most {LONGEST_MESSAGE}: split it",
            text.len()
        );
        return Err(Error::new(ErrorKind::Query, message));
    }
    CString::new(text).map_err(|_| Error::new(ErrorKind::Query, "the SQL contains a NUL character"))
}

/// Sends SQL without values. Returns whether that worked.
pub(super) fn send_text(raw: *mut ffi::PGconn, sql: &CStr) -> bool {
    let (sql, none) = (sql.as_ptr(), ptr::null());
    // SAFETY: the connection is alive, and the text ends with NUL; there are no parameters. 1: rows in binary form.
    unsafe { ffi::PQsendQueryParams(raw, sql, 0, ptr::null(), ptr::null(), none, none, 1) != 0 }
}
