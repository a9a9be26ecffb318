//! Sends rows by COPY.

use std::ffi::c_int;
use std::ptr;

use pq_sys as ffi;

use super::connect::Handle;
use super::deadline::Limit;
#[cfg(unix)]
use super::deadline::Waiting;
use super::result::Answer;
use super::session::Postgres;
use super::text::c_string;
use crate::error::{Error, ErrorKind, Result};

impl Postgres {
    /// Runs `COPY … FROM STDIN` with these rows, and returns the number of rows that were stored. When all is sent, it
    /// calls `meanwhile`, which must not panic.
    pub(super) fn copy_rows(
        &mut self,
        sql: &str,
        rows: &[u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<u64> {
        self.untouched = None;
        self.begin_now()?;
        let text = c_string(sql)?;
        let text = text.as_ptr();
        // SAFETY: the connection is alive and the text ends with NUL.
        let begun = self.handle.answer(
            self.limit,
            |raw| unsafe { ffi::PQexec(raw, text) },
            |raw| unsafe { ffi::PQsendQuery(raw, text) },
        )?;
        match &begun {
            Some(answer) if answer.is_copy() => {}
            _ => {
                self.check(begun)?;
                return Err(Error::new(ErrorKind::Query, "the statement takes no rows"));
            }
        }
        self.handle.send_rows(rows, self.limit)?;
        meanwhile();
        let answer = self.handle.end_of_copy(self.limit)?;
        self.check(answer).map(|answer| answer.changed())
    }
}

impl Handle {
    /// Sends all rows of a COPY that has begun.
    ///
    /// # Errors
    /// If the limit is over. The connection is then lost.
    fn send_rows(&self, rows: &[u8], limit: Option<Limit>) -> Result<()> {
        /// libpq copies what it can't send at once.
        const PART: usize = 1 << 16;
        let raw = self.raw();
        let limit = self.limit_or(limit);
        #[cfg(unix)]
        let mut wait = limit.map(Waiting::new);
        #[cfg(unix)]
        let mut send = |call: &dyn Fn() -> c_int| -> Result<bool> {
            loop {
                match (call(), &mut wait) {
                    // Its buffer is full, which happens only if it doesn't wait by itself.
                    (0, Some(wait)) => {
                        // SAFETY: the connection is alive (as in all calls below).
                        let unsent = unsafe { ffi::PQflush(raw) } > 0;
                        if unsent && !self.wait_for_input(wait, true)? {
                            return Ok(false);
                        }
                    }
                    (sent, _) => return Ok(sent > 0),
                }
            }
        };
        #[cfg(not(unix))]
        let mut send = |call: &dyn Fn() -> c_int| -> Result<bool> { Ok(call() > 0) };
        // SAFETY: see above.
        unsafe { ffi::PQsetnonblocking(raw, c_int::from(limit.is_some())) };
        // If sending fails, the answer says why.
        let mut sends = true;
        for part in rows.chunks(PART) {
            let (start, length) = (part.as_ptr().cast(), part.len() as c_int);
            // SAFETY: see above; so many bytes are there.
            sends = sends && send(&|| unsafe { ffi::PQputCopyData(raw, start, length) })?;
        }
        // SAFETY: see above; null for rows that have ended well.
        send(&|| unsafe { ffi::PQputCopyEnd(raw, ptr::null()) })?;
        // The server must not wait for more while the program does something else.
        #[cfg(unix)]
        if let Some(wait) = &mut wait {
            // SAFETY: see above.
            while unsafe { ffi::PQflush(raw) } > 0 && self.wait_for_input(wait, true)? {}
        }
        Ok(())
    }

    /// Returns the server's answer to the rows.
    ///
    /// # Errors
    /// If the limit is over. The connection is then lost.
    fn end_of_copy(&self, limit: Option<Limit>) -> Result<Option<Answer>> {
        let mut first = None;
        while let Some(answer) = self.next_result(limit)? {
            // A lost connection would stay in this state forever.
            if answer.is_copy() {
                break;
            }
            first.get_or_insert(answer);
        }
        Ok(first)
    }
}
