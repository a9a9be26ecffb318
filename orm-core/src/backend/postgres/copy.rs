//! Ends a COPY that the client doesn't use.

use std::ffi::c_char;
use std::ptr;

use pq_sys as ffi;

use super::connect::Handle;
use super::deadline::Limit;
#[cfg(unix)]
use super::deadline::Waiting;
use super::result::Answer;
use crate::error::Result;

impl Handle {
    /// Refuses to send rows, and reads and drops those that arrive, so that the connection is ready for the next
    /// statement.
    ///
    /// # Errors
    /// If the limit is over. The connection is then lost.
    pub(super) fn end_copy(&self, limit: Option<Limit>) -> Result<()> {
        #[cfg(unix)]
        if let Some(limit) = self.limit_or(limit) {
            return self.end_copy_within(limit);
        }
        let _ = limit;
        self.end_copy_at_last();
        Ok(())
    }

    #[cfg(unix)]
    fn end_copy_within(&self, limit: Limit) -> Result<()> {
        let raw = self.raw();
        let mut wait = Waiting::new(limit);
        loop {
            // SAFETY: the connection is alive (as in all calls below); the text ends with NUL. It fails if the server
            // doesn't wait for rows.
            unsafe { ffi::PQputCopyEnd(raw, c"the client sends no rows".as_ptr()) };
            loop {
                let mut row: *mut c_char = ptr::null_mut();
                // SAFETY: see above. 1: doesn't wait.
                match unsafe { ffi::PQgetCopyData(raw, &raw mut row, 1) } {
                    ..0 => break,
                    0 => {
                        // SAFETY: see above.
                        let unsent = unsafe { ffi::PQflush(raw) } > 0;
                        if !self.wait_for_input(&mut wait, unsent)? {
                            break;
                        }
                    }
                    // SAFETY: memory that libpq allocates is freed.
                    _ => unsafe { ffi::PQfreemem(row.cast()) },
                }
            }
            loop {
                self.wait_for_result(&mut wait)?;
                // SAFETY: see above; with the connection not busy this doesn't wait.
                match Answer::new(unsafe { ffi::PQgetResult(raw) }) {
                    None => return Ok(()),
                    Some(answer) if answer.is_copy() => break,
                    Some(_) => {}
                }
            }
        }
    }

    fn end_copy_at_last(&self) {
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
