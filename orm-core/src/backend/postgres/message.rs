//! A statement as libpq sends it, without waiting for an answer.

use std::ffi::{CStr, c_int};

use pq_sys as ffi;

use super::arguments::Arguments;
use super::statements::Prepared;
use crate::backend::any::postgres::ffi_oid;

/// A statement, and whether to prepare it before it runs.
pub(super) struct Message<'s> {
    pub(super) name: Option<&'s CStr>,
    pub(super) sql: &'s CStr,
    pub(super) declared: &'s [ffi_oid],
    pub(super) prepares: bool,
}

impl<'s> Message<'s> {
    /// Returns a statement of the cache, which the server may not know yet.
    pub(super) fn of(statement: &'s Prepared) -> Self {
        let Prepared { name, sql, declared, is_prepared, .. } = statement;
        Self { name: name.as_deref(), sql, declared, prepares: !is_prepared }
    }

    /// Returns the number of answers that it gets.
    pub(super) fn answers(&self) -> usize {
        1 + usize::from(self.prepares)
    }

    /// Sends the statement to prepare, if it must be, and the values to run it with. Returns whether that worked.
    pub(super) fn send(&self, raw: *mut ffi::PGconn, arguments: &mut Arguments) -> bool {
        let Arguments { buffers, pointers, lengths, formats, .. } = arguments;
        buffers.parameters(pointers, lengths);
        let count = pointers.len() as c_int;
        let (values, lengths, formats) = (pointers.as_ptr(), lengths.as_ptr(), formats.as_ptr());
        let (sql, types) = (self.sql.as_ptr(), self.declared.as_ptr());
        // SAFETY: the connection is alive; the texts end with NUL, the lists are as long as stated, and their pointers
        // are valid until the next change of the buffers. libpq copies what it sends later. 1: rows in binary form.
        let sent = unsafe {
            match self.name.map(CStr::as_ptr) {
                Some(name) => {
                    let types_count = self.declared.len() as c_int;
                    (!self.prepares || ffi::PQsendPrepare(raw, name, sql, types_count, types) != 0)
                        && ffi::PQsendQueryPrepared(raw, name, count, values, lengths, formats, 1)
                            != 0
                }
                None => {
                    ffi::PQsendQueryParams(raw, sql, count, types, values, lengths, formats, 1) != 0
                }
            }
        };
        buffers.shrink();
        sent
    }
}
