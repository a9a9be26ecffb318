//! A row of an answer of PostgreSQL's.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;

use pq_sys as ffi;

use crate::backend::any::AnyValue;

/// A row of an answer.
#[derive(Debug)]
pub struct PostgresRow<'r> {
    answer: *mut ffi::PGresult,
    index: c_int,
    /// Read once, not with each value.
    types: &'r [ffi::Oid],
    row: PhantomData<&'r ()>,
}

impl<'r> PostgresRow<'r> {
    /// The row at `index`.
    ///
    /// # Safety
    /// The answer must have that row, have columns of these types, and outlive `'r`.
    pub(in crate::backend) unsafe fn new(
        answer: *mut ffi::PGresult,
        index: usize,
        types: &'r [ffi::Oid],
    ) -> Self {
        Self { answer, index: index as c_int, types, row: PhantomData }
    }

    #[inline]
    pub(crate) fn field_count(&self) -> usize {
        self.types.len()
    }

    /// Returns the value of column `index`; `None` for NULL, and for a column that doesn't exist.
    #[inline]
    pub(crate) fn value(&self, index: usize) -> Option<AnyValue<'_>> {
        let column = index as c_int;
        let &oid = self.types.get(index)?;
        // SAFETY: the answer outlives this row, and has this row and column.
        unsafe {
            let length = ffi::PQgetlength(self.answer, self.index, column) as usize;
            // Only an empty value can be NULL.
            if length == 0 && ffi::PQgetisnull(self.answer, self.index, column) != 0 {
                return None;
            }
            let start = ffi::PQgetvalue(self.answer, self.index, column).cast::<u8>();
            Some(AnyValue::Postgres { bytes: std::slice::from_raw_parts(start, length), oid })
        }
    }

    pub(crate) fn column_name(&self, index: usize) -> Option<&str> {
        // SAFETY: the answer outlives this row; null for a column that doesn't exist.
        unsafe {
            let name = ffi::PQfname(self.answer, index as c_int);
            if name.is_null() { None } else { CStr::from_ptr(name).to_str().ok() }
        }
    }
}
