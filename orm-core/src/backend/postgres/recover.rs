//! Ends what was sent and nobody reads any more, so that the connection can be used again.

use std::time::{Duration, Instant};

use pq_sys as ffi;

use super::connect::Handle;
use super::deadline::{Limit, Waiting};
use super::pipeline::Pipeline;
use super::result::Answer;
#[cfg(feature = "tokio")]
use super::session::Postgres;
use crate::error::{Error, ErrorKind, Result};
use crate::wait::Interest;

/// How long an answer may take before the server is asked to end the statement: about as long as asking, or a new connection,
/// takes.
const SOON: Duration = Duration::from_millis(20);

#[cfg(feature = "tokio")]
impl Postgres {
    /// Ends what a cancelled call was doing. A transaction may still be open.
    ///
    /// # Errors
    /// If the server doesn't answer. The connection is then lost.
    pub(super) fn recover_session(&mut self) -> Result<()> {
        /// How long the server may take to end a statement.
        const PATIENCE: Duration = Duration::from_secs(1);
        if self.handle.is_interrupted() {
            self.handle.resume();
            let cleared = self.handle.clear(Limit::hard(PATIENCE), self.is_pooled);
            cleared.inspect_err(|_| self.handle.give_up())?;
            // The server may know a statement whose answer nobody has seen.
            self.statements.rename_unprepared();
        }
        self.pending = None;
        self.untouched = None;
        self.posted.clear();
        Ok(())
    }
}

/// What is left of an exchange.
enum Left {
    Nothing,
    /// More has to arrive; something may be `unsent` as well.
    Busy {
        unsent: bool,
    },
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
    /// Reads and drops all answers. If they don't arrive soon, asks the server to end the statement, which may then take as long
    /// as `patience` says. If the request may still end another statement, nobody uses the connection after the current
    /// user. A server without a pooler in between has been asked when libpq's call returns, and ignores the request if it is
    /// idle by then.
    ///
    /// # Errors
    /// If the limit is over, or the connection is lost.
    pub(super) fn clear(&self, patience: Limit, is_pooled: bool) -> Result<()> {
        let mut drain = Drain { patience, nothing: 0, was_ended: false };
        let soon = Waiting::new(Limit::hard(SOON));
        let mut asked = None;
        loop {
            match (drain.step(self)?, &mut asked) {
                (Left::Nothing, _) => break,
                (Left::More, _) => {}
                (Left::Busy { unsent }, Some(wait)) => {
                    self.wait_for_input(wait, unsent)?;
                }
                (Left::Busy { unsent }, None) if !soon.is_over() => {
                    self.wait_until(&soon, unsent)?;
                }
                (Left::Busy { .. }, None) => {
                    let mut wait = Waiting::new(patience);
                    wait.sent = self.cancel();
                    asked = Some(wait);
                }
            }
        }
        if let Some(wait) = asked {
            if !wait.cancel_has_arrived() {
                self.give_up();
            }
            // Another reason than this request has the same code.
            if !drain.was_ended && is_pooled || patience.cancels() {
                self.spend();
            }
        }
        Ok(())
    }

    /// Waits once, for at most what is left of the limit, and reads what arrives.
    fn wait_until(&self, wait: &Waiting, sends: bool) -> Result<()> {
        let interest = if sends { Interest::Either } else { Interest::Read };
        if let Ok(true) = self.wait_for_socket(interest, wait.milliseconds(wait.now()))? {
            // SAFETY: the connection is alive. If it fails, the next step shows it.
            unsafe { ffi::PQconsumeInput(self.raw()) };
        }
        Ok(())
    }
}

/// Drops the answers to what was sent.
struct Drain {
    patience: Limit,
    /// How often there was no answer, one after the other.
    nothing: u32,
    /// Whether an answer says that the statement was ended.
    was_ended: bool,
}

impl Drain {
    /// Reads and drops one answer.
    fn step(&mut self, handle: &Handle) -> Result<Left> {
        const CANCELED: &str = "57014";
        /// Between the statements of a pipeline there is none each time.
        const MOST: u32 = 3;
        let raw = handle.raw();
        // SAFETY: the connection is alive (as in all calls below).
        let (unsent, is_busy, is_open) = unsafe {
            let unsent = ffi::PQflush(raw) > 0;
            (unsent, ffi::PQisBusy(raw) != 0, ffi::PQsocket(raw) >= 0)
        };
        if is_busy {
            return if is_open { Ok(Left::Busy { unsent }) } else { Err(lost()) };
        }
        // SAFETY: see above; as it isn't busy this doesn't wait.
        if let Some(answer) = Answer::new(unsafe { ffi::PQgetResult(raw) }) {
            self.nothing = 0;
            self.was_ended |=
                answer.error_field(ffi::PG_DIAG_SQLSTATE).as_deref() == Some(CANCELED);
            if answer.is_copy() {
                handle.end_copy(Some(self.patience))?;
            }
            return Ok(Left::More);
        }
        if Pipeline::find().is_none_or(|mode| mode.leave(raw)) {
            return Ok(Left::Nothing);
        }
        self.nothing += 1;
        if self.nothing > MOST { Err(lost()) } else { Ok(Left::More) }
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Network, "the connection is lost")
}
