//! Ends a COPY that the client doesn't use.

use std::ffi::c_char;
use std::ptr;

use pq_sys as ffi;

use super::connect::Handle;
use super::result::Answer;

impl Handle {
    /// Refuses to send rows, and reads and drops those that arrive, so that the connection is ready for the next
    /// statement.
    pub(super) fn end_copy(&self) {
        let raw = self.raw();
        // SAFETY: the connection is alive (as in all calls below). Blocking, as there is nothing else to wait for.
        unsafe { ffi::PQsetnonblocking(raw, 0) };
        // A text may contain several COPYs.
        loop {
            // SAFETY: see above; the text ends with NUL. It fails if the server doesn't wait for rows.
            unsafe { ffi::PQputCopyEnd(raw, c"the client sends no rows".as_ptr()) };
            let mut row: *mut c_char = ptr::null_mut();
            // SAFETY: see above; memory that libpq allocates is freed. Ends with the last row, or if no rows arrive.
            while unsafe { ffi::PQgetCopyData(raw, &raw mut row, 0) } > 0 {
                // SAFETY: see above.
                unsafe { ffi::PQfreemem(row.cast()) };
            }
            loop {
                // SAFETY: see above.
                match Answer::new(unsafe { ffi::PQgetResult(raw) }) {
                    None => return,
                    Some(answer) if answer.is_copy() => break,
                    Some(_) => {}
                }
            }
        }
    }
}
