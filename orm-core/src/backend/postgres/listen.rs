//! LISTEN and NOTIFY.

use std::ffi::CStr;
use std::time::{Duration, Instant};

use pq_sys as ffi;

use super::session::Postgres;
use crate::backend::Backend;
use crate::backend::notify::{Alarm, Note};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
#[cfg(unix)]
use crate::wait::Interest;

impl Postgres {
    pub(super) fn listen_to(&mut self, channels: &[String]) -> Result<()> {
        // In the mode of transactions, LISTEN would stay with one of the pooler's sessions, and the notifications with it.
        // A client can't find out the mode.
        if self.is_pooled {
            let message = "there is a pooler between the program and the server, which doesn't pass on notifications";
            return Err(Error::new(ErrorKind::Config, message).with_hint(
                "listen on a `Db` that is connected with the URL of the PostgreSQL server itself (its own host and port), \
                 not with that of the pooler; `notify` works through the pooler",
            ));
        }
        let listen =
            |channel: &String| format!("LISTEN {}", Dialect::Postgres.quote_ident(channel));
        self.batch(&channels.iter().map(listen).collect::<Vec<_>>().join("; "))
    }

    pub(super) fn hear_within(
        &mut self,
        limit: Duration,
        hear: &mut dyn FnMut(Note),
    ) -> Result<bool> {
        self.handle.check_process()?;
        let end = Instant::now() + limit;
        loop {
            // SAFETY: the connection is alive.
            let is_alive = unsafe { ffi::PQconsumeInput(self.handle.raw()) } == 1;
            let mut has_heard = false;
            while let Some(note) = self.next_note() {
                hear(note);
                has_heard = true;
            }
            if has_heard {
                return Ok(true);
            }
            if !is_alive || self.is_broken() {
                return Err(self.lost());
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            self.wait_for_notes(left)?;
        }
    }

    /// Returns a notification that has arrived.
    fn next_note(&self) -> Option<Note> {
        // SAFETY: the connection is alive. What libpq returns are texts that end with NUL, in memory that is freed once.
        unsafe {
            let notification = ffi::PQnotifies(self.handle.raw()).as_mut()?;
            let text = |text| CStr::from_ptr(text).to_string_lossy().into_owned();
            let note =
                Note { channel: text(notification.relname), payload: text(notification.extra) };
            ffi::PQfreemem((&raw mut *notification).cast());
            Some(note)
        }
    }

    #[cfg(unix)]
    fn wait_for_notes(&self, limit: Duration) -> Result<()> {
        let milliseconds = i32::try_from(limit.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        // SAFETY: the connection is alive.
        let socket = unsafe { ffi::PQsocket(self.handle.raw()) };
        // No answer is outstanding, so a cancelled wait leaves nothing behind.
        match self.handle.registered.wait(socket, Interest::Read, milliseconds)? {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                Err(Error::new(ErrorKind::Network, error.to_string()).with_source(error))
            }
            _ => Ok(()),
        }
    }

    #[cfg(not(unix))]
    fn wait_for_notes(&self, limit: Duration) -> Result<()> {
        const LOOK: Duration = Duration::from_millis(100);
        Ok(crate::wait::sleep(limit.min(LOOK))?)
    }

    #[cfg(unix)]
    pub(super) fn end_of_waiting(&self) -> Result<Option<Alarm>> {
        use std::os::fd::{AsRawFd, BorrowedFd};
        // SAFETY: the connection is alive.
        let socket = unsafe { ffi::PQsocket(self.handle.raw()) };
        if socket < 0 {
            return Err(self.lost());
        }
        // A copy, which stays this connection's when libpq has closed its own.
        // SAFETY: libpq has it open.
        let copy =
            unsafe { BorrowedFd::borrow_raw(socket) }.try_clone_to_owned().map_err(|error| {
                Error::new(ErrorKind::Unknown, error.to_string()).with_source(error)
            })?;
        Ok(Some(Box::new(move || {
            // SAFETY: the copy is open.
            unsafe { libc::shutdown(copy.as_raw_fd(), libc::SHUT_RDWR) };
        })))
    }

    #[cfg(not(unix))]
    pub(super) fn end_of_waiting(&self) -> Result<Option<Alarm>> {
        Ok(None)
    }
}
