//! Collations that SQLite doesn't have, from the program.

use std::cmp::Ordering;
use std::ffi::{CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use libsqlite3_sys as ffi;

use super::Sqlite;
use super::error::note_panic;
use crate::error::{Error, ErrorKind, Result};

type Compare = fn(&str, &str) -> Ordering;

/// The context of a collation for SQLite.
struct Collation {
    compare: Compare,
    database: *mut ffi::sqlite3,
}

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
        let database = self.raw().as_ptr();
        let collation = Box::into_raw(Box::new(Collation { compare, database }));
        // SAFETY: the connection is open. SQLite hands the box to `forget` when it no longer needs it; but if it accepts
        // no collation, it doesn't.
        unsafe {
            let context = collation.cast();
            let code = ffi::sqlite3_create_collation_v2(
                database,
                name.as_ptr(),
                ffi::SQLITE_UTF8,
                context,
                Some(collate),
                Some(forget),
            );
            if code != ffi::SQLITE_OK {
                forget(context);
                return self.check(code);
            }
        }
        Ok(())
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
    collation: *mut c_void,
    a_length: c_int,
    a: *const c_void,
    b_length: c_int,
    b: *const c_void,
) -> c_int {
    // SAFETY: the first is what was registered, which lives as long as the collation, and SQLite passes texts of these
    // lengths.
    let (collation, a, b) =
        unsafe { (&*collation.cast::<Collation>(), bytes(a, a_length), bytes(b, b_length)) };
    let (left, right) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
    // A panic must not unwind into C.
    let ordering = catch_unwind(AssertUnwindSafe(|| (collation.compare)(&left, &right)));
    ordering.unwrap_or_else(|_| {
        note_panic();
        // A collation can't fail, but the statement can.
        // SAFETY: the connection runs the statement that compares.
        unsafe { ffi::sqlite3_interrupt(collation.database) };
        Ordering::Equal
    }) as c_int
}

unsafe extern "C" fn forget(collation: *mut c_void) {
    // SAFETY: SQLite passes what was registered, once.
    drop(unsafe { Box::from_raw(collation.cast::<Collation>()) });
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
    // SAFETY: SQLite passes its open connection and a name. If it fails, the statement reports that the collation doesn't
    // exist.
    unsafe {
        let (utf8, none) = (ffi::SQLITE_UTF8, ptr::null_mut());
        ffi::sqlite3_create_collation_v2(database, name, utf8, none, Some(compare_bytes), None);
    }
}

unsafe extern "C" fn compare_bytes(
    _: *mut c_void,
    a_length: c_int,
    a: *const c_void,
    b_length: c_int,
    b: *const c_void,
) -> c_int {
    // SAFETY: SQLite passes texts of these lengths.
    let (a, b) = unsafe { (bytes(a, a_length), bytes(b, b_length)) };
    a.cmp(b) as c_int
}
