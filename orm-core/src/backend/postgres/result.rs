//! The server's answers: rows, counts, errors.

use std::ffi::CStr;
use std::ptr::NonNull;

use pq_sys as ffi;

use crate::backend::any::postgres::PostgresRow;
use crate::backend::{AnyRow, Flow};
use crate::error::Result;

/// The types of columns. Most rows have few.
pub(super) type Types = smallvec::SmallVec<[ffi::Oid; 16]>;

/// An answer of the server. It is freed on drop.
#[derive(Debug)]
pub(super) struct Answer(NonNull<ffi::PGresult>);

// SAFETY: libpq lets any thread use a result, as long as only one does.
unsafe impl Send for Answer {}

impl Answer {
    /// Returns `None` for a null pointer, which libpq returns if it has no memory or no connection.
    pub(super) fn new(raw: *mut ffi::PGresult) -> Option<Self> {
        NonNull::new(raw).map(Self)
    }

    #[cfg(feature = "registry")]
    pub(super) fn raw(&self) -> *mut ffi::PGresult {
        self.0.as_ptr()
    }

    pub(super) fn status(&self) -> ffi::ExecStatusType {
        // SAFETY: the answer is alive (as in all calls below).
        unsafe { ffi::PQresultStatus(self.0.as_ptr()) }
    }

    /// Whether the server waits for rows of a COPY, or sends some.
    pub(super) fn is_copy(&self) -> bool {
        use ffi::ExecStatusType as Status;
        matches!(
            self.status(),
            Status::PGRES_COPY_IN | Status::PGRES_COPY_OUT | Status::PGRES_COPY_BOTH
        )
    }

    /// Whether it follows the last answer of an exchange.
    #[cfg(unix)]
    pub(super) fn ends_pipeline(&self) -> bool {
        matches!(self.status(), ffi::ExecStatusType::PGRES_PIPELINE_SYNC)
    }

    /// Whether its statement was skipped, because one before it in the exchange has failed.
    pub(super) fn is_skipped(&self) -> bool {
        matches!(self.status(), ffi::ExecStatusType::PGRES_PIPELINE_ABORTED)
    }

    /// Whether it is one row, and more may follow.
    #[inline]
    pub(super) fn is_one_of_many(&self) -> bool {
        matches!(self.status(), ffi::ExecStatusType::PGRES_SINGLE_TUPLE)
    }

    /// Returns the memory that it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        // SAFETY: see `status`.
        unsafe { ffi::PQresultMemorySize(self.0.as_ptr()) }
    }

    /// Whether it is the answer to this command.
    pub(super) fn is_of(&self, command: &str) -> bool {
        // SAFETY: see `status`. The text lives as long as the answer.
        let tag = unsafe { CStr::from_ptr(ffi::PQcmdStatus(self.0.as_ptr())) };
        tag.to_bytes().starts_with(command.as_bytes())
    }

    pub(super) fn rows(&self) -> usize {
        // SAFETY: see `status`.
        unsafe { ffi::PQntuples(self.0.as_ptr()) as usize }
    }

    /// Returns the types of the columns, for each of its rows.
    pub(super) fn types(&self) -> Types {
        // SAFETY: see `status`.
        let columns = unsafe { ffi::PQnfields(self.0.as_ptr()) };
        // SAFETY: see `status`.
        (0..columns).map(|column| unsafe { ffi::PQftype(self.0.as_ptr(), column) }).collect()
    }

    /// Returns the row at `index`, which must exist.
    pub(super) fn row<'r>(&'r self, index: usize, types: &'r Types) -> PostgresRow<'r> {
        // SAFETY: the answer is alive and has the row.
        unsafe { PostgresRow::new(self.0.as_ptr(), index, types) }
    }

    /// Hands out each row, until `on_row` wants no more.
    pub(super) fn each_row(
        &self,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<()> {
        let types = self.types();
        for index in 0..self.rows() {
            if on_row(&AnyRow::Postgres(self.row(index, &types)))? == Flow::Stop {
                break;
            }
        }
        Ok(())
    }

    /// Returns the number of rows that the statement changed; 0 for one that changes none.
    pub(super) fn changed(&self) -> u64 {
        // SAFETY: see `status`. The texts live as long as the answer.
        let (count, tag) = unsafe {
            (
                CStr::from_ptr(ffi::PQcmdTuples(self.0.as_ptr())),
                CStr::from_ptr(ffi::PQcmdStatus(self.0.as_ptr())),
            )
        };
        // For a SELECT, libpq counts its rows there.
        if tag.to_bytes().starts_with(b"SELECT") {
            return 0;
        }
        count.to_str().ok().and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Returns a part of the error in this answer.
    pub(super) fn error_field(&self, field: u8) -> Option<String> {
        // SAFETY: see `status`.
        let text = unsafe { ffi::PQresultErrorField(self.0.as_ptr(), field.into()) };
        // SAFETY: not null, and lives as long as the answer.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: nobody else holds the answer.
        unsafe { ffi::PQclear(self.0.as_ptr()) };
    }
}
