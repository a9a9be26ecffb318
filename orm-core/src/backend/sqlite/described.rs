//! What SQLite knows about a statement before it runs.

use std::ffi::{CStr, c_char};

use libsqlite3_sys as ffi;

use super::statement::Prepared;
use crate::backend::{Described, DescribedColumn};

impl Prepared {
    pub(super) fn described(&self) -> Described {
        let raw = self.raw().as_ptr();
        let text = |text: *const c_char| {
            // SAFETY: not null, and valid until the next call for the same column.
            (!text.is_null())
                .then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        };
        // SAFETY: the statement is alive (as in all calls below).
        let count = unsafe { ffi::sqlite3_column_count(raw) };
        let column = |index| {
            // SAFETY: see above; there is such a column.
            let (name, table, column) = unsafe {
                (
                    text(ffi::sqlite3_column_name(raw, index)),
                    text(ffi::sqlite3_column_table_name(raw, index)),
                    text(ffi::sqlite3_column_origin_name(raw, index)),
                )
            };
            DescribedColumn { name: name.unwrap_or_default(), ty: None, origin: table.zip(column) }
        };
        Described { columns: (0..count).map(column).collect() }
    }
}
