//! Collations that SQLite doesn't have, from the program.

use std::cmp::Ordering;
use std::ffi::{CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use libsqlite3_sys as ffi;

use super::Sqlite;
use crate::error::{Error, ErrorKind, Result};

type Compare = fn(&str, &str) -> Ordering;

impl Sqlite {
    /// Accepts any missing collation, and compares bytes instead.
    pub(in crate::backend) fn accept_collations(&mut self) -> Result<()> {
        // SAFETY: the connection is open, and the function lives forever.
        let code = unsafe {
            ffi::sqlite3_collation_needed(self.raw().as_ptr(), ptr::null_mut(), Some(needed))
        };
        self.check(code)
    }

    pub(in crate::backend) fn create_collation(
        &mut self,
        name: &CString,
        compare: Compare,
    ) -> Result<()> {
        // SAFETY: the connection is open; a function pointer lives forever and is as wide as a pointer.
        let code = unsafe {
            ffi::sqlite3_create_collation_v2(
                self.raw().as_ptr(),
                name.as_ptr(),
                ffi::SQLITE_UTF8,
                compare as *mut c_void,
                Some(collate),
                None,
            )
        };
        self.check(code)
    }

    fn check(&self, code: c_int) -> Result<()> {
        match code {
            ffi::SQLITE_OK => Ok(()),
            code => Err(Error::new(ErrorKind::Unknown, "SQLite accepts no collation now")
                .with_database_code(code.to_string())),
        }
    }
}

unsafe extern "C" fn collate(
    compare: *mut c_void,
    a_length: c_int,
    a: *const c_void,
    b_length: c_int,
    b: *const c_void,
) -> c_int {
    // SAFETY: the first is the function pointer that was registered, and SQLite passes texts of these lengths.
    let (compare, a, b) = unsafe {
        let compare: Compare = std::mem::transmute(compare);
        (compare, bytes(a, a_length), bytes(b, b_length))
    };
    let (left, right) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
    // A panic must not unwind into C.
    let ordering = catch_unwind(AssertUnwindSafe(|| compare(&left, &right)));
    ordering.unwrap_or_else(|_| a.cmp(b)) as c_int
}

/// # Safety
/// There must be `length` bytes, unless it is 0.
unsafe fn bytes<'a>(start: *const c_void, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: promised by the caller.
        Ok(length) if length > 0 => unsafe { std::slice::from_raw_parts(start.cast(), length) },
        _ => &[],
    }
}

unsafe extern "C" fn needed(
    _: *mut c_void,
    database: *mut ffi::sqlite3,
    _: c_int,
    name: *const c_char,
) {
    let compare: Compare = |a, b| a.cmp(b);
    // SAFETY: SQLite passes its open connection and a name; a function pointer lives forever. If it fails, the
    // statement reports that the collation doesn't exist.
    unsafe {
        ffi::sqlite3_create_collation_v2(
            database,
            name,
            ffi::SQLITE_UTF8,
            compare as *mut c_void,
            Some(collate),
            None,
        );
    }
}
