//! The current row of a statement of SQLite's.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use crate::backend::any::{AnyValue, Places, Remembered};

/// The current row of a running statement.
#[derive(Debug)]
pub struct SqliteRow<'r> {
    statement: *mut ffi::sqlite3_stmt,
    columns: usize,
    places: &'r Remembered,
    row: PhantomData<&'r ()>,
}

impl<'r> SqliteRow<'r> {
    /// The row that a statement came to. `places` are those of the same statement.
    ///
    /// # Safety
    /// The statement must outlive the row, and stay on it.
    #[inline]
    pub(in crate::backend) unsafe fn new(
        statement: NonNull<ffi::sqlite3_stmt>,
        places: &'r Remembered,
    ) -> Self {
        let statement = statement.as_ptr();
        // SAFETY: the statement is alive.
        let columns = unsafe { ffi::sqlite3_column_count(statement) } as usize;
        Self { statement, columns, places, row: PhantomData }
    }

    #[inline]
    pub(crate) fn field_count(&self) -> usize {
        self.columns
    }

    /// Returns the value of column `index`; `None` for NULL, and for a column that doesn't exist.
    #[inline]
    pub(crate) fn value(&self, index: usize) -> Option<AnyValue<'_>> {
        // SAFETY: the statement stays on a row as long as this lives. The row's memory stays where it is until the next
        // step, because each column is only ever read as the type that it has. A value may be read like this if the
        // connection has no mutex (`SQLITE_OPEN_NOMUTEX`): <https://sqlite.org/c3ref/value.html>. It takes one look at
        // the row instead of three.
        unsafe {
            let value = ffi::sqlite3_column_value(self.statement, index as c_int);
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Some(AnyValue::Integer(ffi::sqlite3_value_int64(value))),
                ffi::SQLITE_FLOAT => Some(AnyValue::Real(ffi::sqlite3_value_double(value))),
                ffi::SQLITE_TEXT => {
                    let text = ffi::sqlite3_value_text(value);
                    Some(AnyValue::Text(bytes(text, ffi::sqlite3_value_bytes(value))))
                }
                ffi::SQLITE_BLOB => {
                    let blob = ffi::sqlite3_value_blob(value).cast::<u8>();
                    Some(AnyValue::Blob(bytes(blob, ffi::sqlite3_value_bytes(value))))
                }
                _ => None,
            }
        }
    }

    /// Returns what the function at this address found in an earlier run, unless the columns may have changed since then.
    #[inline]
    pub(crate) fn remembered(&self, by: usize) -> Option<Places> {
        self.places.get(by, self.preparations())
    }

    pub(crate) fn remember(&self, by: usize, places: &Places) {
        self.places.set(by, self.preparations(), places.clone());
    }

    /// Returns how often SQLite has prepared the statement again, as it does after each change of the schema.
    #[inline]
    fn preparations(&self) -> c_int {
        // SAFETY: the statement is alive. 0: the count goes on.
        unsafe { ffi::sqlite3_stmt_status(self.statement, ffi::SQLITE_STMTSTATUS_REPREPARE, 0) }
    }

    pub(crate) fn column_name(&self, index: usize) -> Option<&str> {
        // SAFETY: the name lives until the statement is prepared again or finalized, or until the next call for it.
        unsafe {
            let name = ffi::sqlite3_column_name(self.statement, index as c_int);
            if name.is_null() { None } else { CStr::from_ptr(name).to_str().ok() }
        }
    }
}

/// # Safety
/// `length` bytes at `start` must live for `'r`, unless `start` is null.
unsafe fn bytes<'r>(start: *const u8, length: c_int) -> &'r [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(start, length as usize) }
}
