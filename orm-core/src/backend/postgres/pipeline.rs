//! Several messages in one exchange with the server, by libpq's pipeline mode.
//!
//! Over a network the number of exchanges is the time. A statement that is prepared runs in the same exchange, and so
//! does the BEGIN before the first statement of a transaction. A library without the mode (before version 14) sends one
//! after the other.

use std::ffi::{CStr, c_int};
#[cfg(all(unix, not(feature = "postgres-bundled")))]
use std::sync::OnceLock;

use pq_sys as ffi;

use super::connect::Handle;
use super::deadline::Limit;
#[cfg(unix)]
use super::deadline::Waiting;
use super::result::Answer;
#[cfg(unix)]
use super::text::send_text;
use crate::error::Result;

/// An answer to each message.
pub(super) type Answers = smallvec::SmallVec<[Option<Answer>; 3]>;

/// The mode's functions.
#[derive(Clone, Copy)]
pub(super) struct Pipeline {
    enter: unsafe extern "C" fn(*mut ffi::PGconn) -> c_int,
    sync: unsafe extern "C" fn(*mut ffi::PGconn) -> c_int,
    exit: unsafe extern "C" fn(*mut ffi::PGconn) -> c_int,
}

impl Pipeline {
    /// Returns the mode if the library has it.
    #[cfg(all(unix, feature = "postgres-bundled"))]
    pub(super) fn find() -> Option<Self> {
        Some(Self {
            enter: ffi::PQenterPipelineMode,
            sync: ffi::PQpipelineSync,
            exit: ffi::PQexitPipelineMode,
        })
    }

    /// Returns the mode if the library has it: a program that names the functions could not start without them.
    #[cfg(all(unix, not(feature = "postgres-bundled")))]
    pub(super) fn find() -> Option<Self> {
        static FOUND: OnceLock<Option<Pipeline>> = OnceLock::new();
        fn function(name: &CStr) -> Option<unsafe extern "C" fn(*mut ffi::PGconn) -> c_int> {
            // SAFETY: the name ends with NUL.
            let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
            // SAFETY: all of these functions of libpq have this type.
            (!address.is_null()).then(|| unsafe { std::mem::transmute(address) })
        }
        *FOUND.get_or_init(|| {
            Some(Self {
                enter: function(c"PQenterPipelineMode")?,
                sync: function(c"PQpipelineSync")?,
                exit: function(c"PQexitPipelineMode")?,
            })
        })
    }

    /// Sending could wait for a server that waits for the program to read.
    #[cfg(not(unix))]
    pub(super) fn find() -> Option<Self> {
        None
    }
}

impl Pipeline {
    /// Leaves the mode; returns whether nothing of it is left.
    #[cfg(unix)]
    pub(super) fn leave(self, raw: *mut ffi::PGconn) -> bool {
        // SAFETY: the caller's connection is alive.
        unsafe { (self.exit)(raw) != 0 }
    }
}

impl Handle {
    /// Sends so many messages at once, by calls of libpq that `send` makes, and returns an answer for each: `None` for
    /// those that got none, because the connection is lost. After an error the server skips the rest.
    ///
    /// `after` is a question for when the transaction of the messages has ended, whether it failed or not:
    /// [`take_after`](Handle::take_after) returns the answer.
    ///
    /// # Errors
    /// If another process opened the connection, and if the limit is over. The connection is then lost.
    #[cfg(unix)]
    pub(super) fn exchange(
        &self,
        mode: Pipeline,
        limit: Option<Limit>,
        messages: usize,
        after: Option<&CStr>,
        send: &mut dyn FnMut(*mut ffi::PGconn) -> bool,
    ) -> Result<Answers> {
        self.check_process()?;
        self.note_exchange();
        self.after.take();
        let mut answers: Answers = (0..messages).map(|_| None).collect();
        let raw = self.raw();
        // SAFETY: the connection is alive (as in all calls below). Non-blocking, because the server may wait until the
        // answers to the first messages are read.
        let sent = unsafe {
            ffi::PQsetnonblocking(raw, 1);
            (mode.enter)(raw) != 0
                && send(raw)
                && (mode.sync)(raw) != 0
                && after.is_none_or(|question| send_text(raw, question) && (mode.sync)(raw) != 0)
        };
        if !sent {
            self.give_up();
            return Ok(answers);
        }
        self.registered.has_asked();
        let mut wait = limit.map_or_else(Waiting::without_end, Waiting::new);
        for answer in &mut answers {
            while let Some(next) = self.next_of(&mut wait)? {
                // After the last words of a server, libpq adds that it is gone.
                answer.get_or_insert(next);
            }
            // Each statement may take as long as one that runs alone.
            if let Some(limit) = limit {
                wait.restart(limit);
            }
        }
        let mut end = self.next_of(&mut wait)?;
        // What the implicit COMMIT reports comes after the last statement's own answer.
        if let Some(late) = end.take_if(|answer| !answer.ends_pipeline()) {
            if let Some(last) = answers.last_mut() {
                *last = Some(late);
            }
            end = match self.next_of(&mut wait)? {
                None => self.next_of(&mut wait)?,
                end => end,
            };
        }
        let mut is_in_step = end.is_some_and(|answer| answer.ends_pipeline());
        if is_in_step && after.is_some() {
            while let Some(next) = self.next_of(&mut wait)? {
                self.after.borrow_mut().get_or_insert(next);
            }
            is_in_step = self.next_of(&mut wait)?.is_some_and(|answer| answer.ends_pipeline());
        }
        // SAFETY: see above.
        if !is_in_step || unsafe { (mode.exit)(raw) } == 0 || !wait.cancel_has_arrived() {
            self.give_up();
        }
        Ok(answers)
    }

    #[cfg(not(unix))]
    pub(super) fn exchange(
        &self,
        _: Pipeline,
        _: Option<Limit>,
        messages: usize,
        _: Option<&CStr>,
        _: &mut dyn FnMut(*mut ffi::PGconn) -> bool,
    ) -> Result<Answers> {
        Ok((0..messages).map(|_| None).collect())
    }

    /// Returns the answer to the question after the last exchange.
    pub(super) fn take_after(&self) -> Option<Answer> {
        self.after.take()
    }

    #[cfg(unix)]
    fn next_of(&self, wait: &mut Waiting) -> Result<Option<Answer>> {
        self.wait_for_result(wait)?;
        // SAFETY: the connection is alive; as it isn't busy this doesn't wait.
        Ok(Answer::new(unsafe { ffi::PQgetResult(self.raw()) }))
    }
}
