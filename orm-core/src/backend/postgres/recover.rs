//! Ends what a cancelled call was doing, so that the connection can be used again.

use std::time::{Duration, Instant};

use pq_sys as ffi;

use super::connect::Handle;
use super::deadline::{Limit, Waiting};
use super::pipeline::Pipeline;
use super::result::Answer;
use super::session::Postgres;
use crate::error::{Error, ErrorKind, Result};
use crate::wait::Interest;

/// How long an answer may take before the server is asked to end the statement: about as long as asking takes.
const SOON: Duration = Duration::from_millis(20);

/// How long the server may then take.
const PATIENCE: Duration = Duration::from_secs(1);

impl Postgres {
    /// Ends what a cancelled call was doing. A transaction may still be open.
    ///
    /// # Errors
    /// If the server doesn't answer. The connection is then lost.
    pub(super) fn recover_session(&mut self) -> Result<()> {
        if self.handle.is_interrupted() {
            self.handle.resume();
            self.handle.clear(self.is_pooled).inspect_err(|_| self.handle.give_up())?;
            // The server may know a statement whose answer nobody has seen.
            self.statements.rename_unprepared();
        }
        self.pending = None;
        self.untouched = None;
        Ok(())
    }
}

/// What is left of an exchange.
enum Left {
    Nothing,
    /// More has to arrive.
    Busy,
    /// Something else may be left.
    More,
}

impl Waiting {
    /// Whether the limit is over.
    fn is_over(&self) -> bool {
        self.give_up.is_some_and(|end| end <= Instant::now())
    }
}

impl Handle {
    /// Asks the server to end the statement.
    fn cancel_within(&self, limit: Limit) -> Waiting {
        let mut wait = Waiting::new(limit);
        wait.sent = self.cancel();
        wait
    }

    /// Waits once, for at most what is left of the limit, and reads what arrives.
    fn wait_until(&self, wait: &Waiting, sends: bool) -> Result<bool> {
        let interest = if sends { Interest::Either } else { Interest::Read };
        let ready = self.wait_for_socket(interest, wait.milliseconds(Instant::now()))?;
        if let Ok(true) = ready {
            // SAFETY: the connection is alive. If it fails, the next step shows it.
            unsafe { ffi::PQconsumeInput(self.raw()) };
        }
        Ok(true)
    }

    /// Reads and drops all answers. If they don't arrive soon, the server ends the statement.
    fn clear(&self, is_pooled: bool) -> Result<()> {
        let mut nothing = 0;
        let mut wait = Waiting::new(Limit::hard(SOON));
        let mut is_asked = false;
        loop {
            match self.clear_one(&mut nothing)? {
                Left::Nothing => break,
                Left::More => {}
                Left::Busy if is_asked || !wait.is_over() => {
                    // SAFETY: the connection is alive.
                    let unsent = unsafe { ffi::PQflush(self.raw()) } > 0;
                    match is_asked {
                        true => self.wait_for_input(&mut wait, unsent)?,
                        false => self.wait_until(&wait, unsent)?,
                    };
                }
                Left::Busy => {
                    wait = self.cancel_within(Limit::hard(PATIENCE));
                    is_asked = true;
                }
            }
        }
        if is_asked {
            if !wait.cancel_has_arrived() {
                self.give_up();
            }
            // A pooler passes it on later, when another client may have the session.
            if is_pooled {
                self.spend();
            }
        }
        Ok(())
    }

    /// Reads and drops one answer. `nothing` counts how often there was none one after the other.
    fn clear_one(&self, nothing: &mut u32) -> Result<Left> {
        /// Between the statements of a pipeline there is one each time.
        const MOST: u32 = 3;
        let raw = self.raw();
        // SAFETY: the connection is alive (as in all calls below).
        unsafe {
            if ffi::PQflush(raw) < 0 || ffi::PQsocket(raw) < 0 {
                return Err(lost());
            }
            if ffi::PQisBusy(raw) != 0 {
                return Ok(Left::Busy);
            }
        }
        // SAFETY: see above; as it isn't busy this doesn't wait.
        if let Some(answer) = Answer::new(unsafe { ffi::PQgetResult(raw) }) {
            *nothing = 0;
            if answer.is_copy() {
                self.end_copy(Some(Limit::hard(PATIENCE)))?;
            }
            return Ok(Left::More);
        }
        if Pipeline::find().is_none_or(|mode| mode.leave(raw)) {
            return Ok(Left::Nothing);
        }
        *nothing += 1;
        if *nothing > MOST { Err(lost()) } else { Ok(Left::More) }
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Network, "the connection is lost")
}
