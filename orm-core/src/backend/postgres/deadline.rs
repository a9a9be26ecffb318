//! Calls that wait for the server, for as long as they may.

use std::ffi::c_int;
use std::time::Duration;

use pq_sys as ffi;

use super::connect::Handle;
use super::result::Answer;
use crate::error::{Error, ErrorKind, Result};

impl Handle {
    /// The server's answer: by `wait`, a call of libpq's that waits for it, or, where there is a limit, by
    /// `send`, one that only sends. `None` where the connection is lost or libpq has no memory.
    ///
    /// # Errors
    /// Where the limit is over. The connection is lost then: an answer that came later would be taken for
    /// that of another statement.
    pub(super) fn answer(
        &self,
        limit: Option<Duration>,
        wait: impl FnOnce(*mut ffi::PGconn) -> *mut ffi::PGresult,
        send: impl FnOnce(*mut ffi::PGconn) -> c_int,
    ) -> Result<Option<Answer>> {
        match limit {
            None => Ok(Answer::new(wait(self.raw()))),
            Some(limit) => self.answer_within(limit, wait, send),
        }
    }

    #[cfg(not(unix))]
    fn answer_within(
        &self,
        _: Duration,
        wait: impl FnOnce(*mut ffi::PGconn) -> *mut ffi::PGresult,
        _: impl FnOnce(*mut ffi::PGconn) -> c_int,
    ) -> Result<Option<Answer>> {
        Ok(Answer::new(wait(self.raw())))
    }

    #[cfg(unix)]
    fn answer_within(
        &self,
        limit: Duration,
        _: impl FnOnce(*mut ffi::PGconn) -> *mut ffi::PGresult,
        send: impl FnOnce(*mut ffi::PGconn) -> c_int,
    ) -> Result<Option<Answer>> {
        let deadline = std::time::Instant::now() + limit;
        let raw = self.raw();
        // SAFETY: the connection is alive (as in all calls below). Non-blocking, because sending could wait
        // for a server that doesn't read.
        unsafe { ffi::PQsetnonblocking(raw, 1) };
        if send(raw) == 0 {
            return Ok(None);
        }
        let mut last = None;
        loop {
            self.wait_for_result(deadline, limit)?;
            // SAFETY: see above; with the connection not busy this doesn't wait.
            let Some(answer) = Answer::new(unsafe { ffi::PQgetResult(raw) }) else {
                return Ok(last);
            };
            use ffi::ExecStatusType as Status;
            let copies = matches!(
                answer.status(),
                Status::PGRES_COPY_IN | Status::PGRES_COPY_OUT | Status::PGRES_COPY_BOTH
            );
            last = Some(answer);
            if copies {
                return Ok(last);
            }
        }
    }

    /// Waits until the next result is there, or the connection is lost.
    #[cfg(unix)]
    fn wait_for_result(&self, deadline: std::time::Instant, limit: Duration) -> Result<()> {
        let raw = self.raw();
        loop {
            // SAFETY: see above.
            let unsent = unsafe { ffi::PQflush(raw) };
            // SAFETY: see above.
            if unsent < 0 || (unsent == 0 && unsafe { ffi::PQisBusy(raw) } == 0) {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            let wanted = if unsent > 0 { libc::POLLIN | libc::POLLOUT } else { libc::POLLIN };
            // Rounded up, so that the last wait isn't many of no time at all.
            let milliseconds = i32::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
            // SAFETY: the socket belongs to the connection; poll gets one valid entry.
            let ready = unsafe {
                let socket = ffi::PQsocket(raw);
                if socket < 0 {
                    return Ok(());
                }
                let mut entry = libc::pollfd { fd: socket, events: wanted, revents: 0 };
                libc::poll(&raw mut entry, 1, milliseconds)
            };
            if ready == 0 && left.is_zero() {
                self.give_up();
                let message = format!("the server did not answer within {} ms", limit.as_millis());
                return Err(Error::new(ErrorKind::Network, message).with_hint(
                    "the connection is given up; a statement that writes may have been run all the same",
                ));
            }
            if ready > 0 {
                // Where it fails, the result tells.
                // SAFETY: see above.
                unsafe { ffi::PQconsumeInput(raw) };
            }
        }
    }

    /// Makes the connection a lost one, for libpq as well.
    #[cfg(unix)]
    fn give_up(&self) {
        // SAFETY: the socket belongs to the connection.
        unsafe {
            libc::shutdown(ffi::PQsocket(self.raw()), libc::SHUT_RDWR);
            // Finds the end of the stream, after what may have come by now.
            while ffi::PQconsumeInput(self.raw()) == 1 {}
        }
    }
}
