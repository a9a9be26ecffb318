//! The arguments of a function that SQLite calls.

use std::ffi::{c_int, c_void};

use libsqlite3_sys as ffi;

use super::arithmetic::Number;

/// The arguments of a function.
pub(super) struct Values<'a>(pub(super) &'a [*mut ffi::sqlite3_value]);

impl Values<'_> {
    pub(super) fn is_null(&self, index: usize) -> bool {
        // SAFETY: SQLite passes live values.
        unsafe { ffi::sqlite3_value_type(self.0[index]) == ffi::SQLITE_NULL }
    }

    pub(super) fn is_integer(&self, index: usize) -> bool {
        // SAFETY: SQLite passes live values.
        unsafe { ffi::sqlite3_value_type(self.0[index]) == ffi::SQLITE_INTEGER }
    }

    pub(super) fn is_text(&self, index: usize) -> bool {
        // SAFETY: SQLite passes live values.
        unsafe {
            matches!(ffi::sqlite3_value_type(self.0[index]), ffi::SQLITE_TEXT | ffi::SQLITE_BLOB)
        }
    }

    pub(super) fn integer(&self, index: usize) -> i64 {
        // SAFETY: SQLite passes live values.
        unsafe { ffi::sqlite3_value_int64(self.0[index]) }
    }

    /// Returns the value as a number, as SQLite converts it.
    pub(super) fn number(&self, index: usize) -> Number {
        // SAFETY: SQLite passes live values.
        unsafe {
            match ffi::sqlite3_value_numeric_type(self.0[index]) {
                ffi::SQLITE_INTEGER => Number::Integer(self.integer(index)),
                _ => Number::Real(ffi::sqlite3_value_double(self.0[index])),
            }
        }
    }

    /// Returns the value as text, as SQLite converts it.
    pub(super) fn text(&self, index: usize) -> &[u8] {
        // SAFETY: the text lives as long as the value, which is as long as the call.
        unsafe {
            let text = ffi::sqlite3_value_text(self.0[index]);
            slice(text, ffi::sqlite3_value_bytes(self.0[index]))
        }
    }
}

/// Calls `work` with what `make` made of the argument `index`. SQLite keeps it while the statement runs, if the argument
/// is the same for all rows. Returns `None` if `make` does.
pub(super) fn with_kept<T, R>(
    context: *mut ffi::sqlite3_context,
    index: c_int,
    make: impl FnOnce() -> Option<T>,
    work: impl FnOnce(&T) -> R,
) -> Option<R> {
    unsafe extern "C" fn forget<T>(value: *mut c_void) {
        // SAFETY: the value that was boxed below, which SQLite frees once.
        drop(unsafe { Box::from_raw(value.cast::<T>()) });
    }
    // SAFETY: the context is live during the call, and the value that a function keeps for this argument is a `T`.
    unsafe {
        let kept = ffi::sqlite3_get_auxdata(context, index).cast::<T>();
        if let Some(value) = kept.as_ref() {
            return Some(work(value));
        }
        let value = Box::new(make()?);
        let result = work(&value);
        // SQLite may free it at once, if it differs from row to row.
        ffi::sqlite3_set_auxdata(context, index, Box::into_raw(value).cast(), Some(forget::<T>));
        Some(result)
    }
}

/// # Safety
/// `length` bytes at `start` must live for `'a`, unless `start` is null.
pub(super) unsafe fn slice<'a>(start: *const u8, length: c_int) -> &'a [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(start, length as usize) }
}
