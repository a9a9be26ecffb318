//! Calls that wait for the server, up to a limit.

use std::ffi::c_int;
#[cfg(unix)]
use std::sync::Arc;
#[cfg(unix)]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use pq_sys as ffi;

use super::connect::Handle;
use super::result::Answer;
use crate::error::{Error, ErrorKind, Result};
use crate::wait;
#[cfg(unix)]
use crate::wait::{Cancelled, Interest, Slot};

/// How long to wait for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    /// When to ask the server to end the statement, if it doesn't know the limit itself.
    cancel: Option<Duration>,
    /// When to give up the connection.
    give_up: Duration,
    /// Whether to give it up as well once the server is known to be silent.
    heeds_silence: bool,
}

impl Limit {
    /// As long as the server is not known to be silent.
    const NONE: Self = Self { cancel: None, give_up: Duration::MAX, heeds_silence: true };

    /// Until then, and no longer.
    pub(super) const fn hard(limit: Duration) -> Self {
        Self { cancel: None, give_up: limit, heeds_silence: false }
    }

    /// Whether it lets the client ask the server to end the statement.
    #[cfg(unix)]
    pub(super) const fn cancels(self) -> bool {
        self.cancel.is_some()
    }

    /// For statements that may take `timeout`. `is_set` says that the server knows the limit, too.
    pub(super) fn of_statements(timeout: Duration, is_set: bool) -> Self {
        /// For the way to the server and back, so that the server ends a statement if it can.
        const WAY: Duration = Duration::from_secs(1);
        Self {
            cancel: if is_set { None } else { Some(timeout) },
            give_up: timeout.saturating_add(WAY),
            heeds_silence: true,
        }
    }
}

impl Handle {
    /// Returns the limit, or else the one that ends with the server's silence, if somebody watches the server or the thread
    /// is not to be blocked.
    pub(super) fn limit_or(&self, limit: Option<Limit>) -> Option<Limit> {
        limit.or_else(|| (self.silent.is_some() || wait::is_async()).then_some(Limit::NONE))
    }

    /// Returns the server's answer: by `wait`, a call of libpq that waits for it, or, if there is a limit, by `send`,
    /// one that only sends. `None` if the connection is lost or libpq has no memory. On systems other than Unix there is
    /// no limit.
    ///
    /// # Errors
    /// If another process opened the connection, and if the limit is over. The connection is then lost: a late answer
    /// would be taken for that of another statement.
    pub(super) fn answer(
        &self,
        limit: Option<Limit>,
        wait: impl FnOnce(*mut ffi::PGconn) -> *mut ffi::PGresult,
        send: impl FnOnce(*mut ffi::PGconn) -> c_int,
    ) -> Result<Option<Answer>> {
        self.check_process()?;
        self.note_exchange();
        match self.limit_or(limit) {
            None => Ok(Answer::new(wait(self.raw()))),
            Some(limit) => self.answer_within(limit, wait, send),
        }
    }

    #[cfg(not(unix))]
    fn answer_within(
        &self,
        _: Limit,
        wait: impl FnOnce(*mut ffi::PGconn) -> *mut ffi::PGresult,
        _: impl FnOnce(*mut ffi::PGconn) -> c_int,
    ) -> Result<Option<Answer>> {
        Ok(Answer::new(wait(self.raw())))
    }

    #[cfg(unix)]
    fn answer_within(
        &self,
        limit: Limit,
        _: impl FnOnce(*mut ffi::PGconn) -> *mut ffi::PGresult,
        send: impl FnOnce(*mut ffi::PGconn) -> c_int,
    ) -> Result<Option<Answer>> {
        let mut wait = Waiting::new(limit);
        let raw = self.raw();
        // SAFETY: the connection is alive (as in all calls below). Non-blocking, because sending could wait for a
        // server that doesn't read.
        unsafe { ffi::PQsetnonblocking(raw, 1) };
        if send(raw) == 0 {
            return Ok(None);
        }
        self.registered.has_asked();
        let mut last = None;
        loop {
            self.wait_for_result(&mut wait)?;
            // SAFETY: see above; with the connection not busy this doesn't wait.
            let Some(answer) = Answer::new(unsafe { ffi::PQgetResult(raw) }) else {
                break;
            };
            let copies = answer.is_copy();
            last = Some(answer);
            if copies {
                break;
            }
        }
        if !wait.cancel_has_arrived() {
            // It would end the next statement.
            self.give_up();
        }
        Ok(last)
    }

    /// Returns the next result of what was sent, `None` after the last one.
    ///
    /// # Errors
    /// If the limit is over: see [`answer`](Handle::answer).
    pub(super) fn next_result(&self, limit: Option<Limit>) -> Result<Option<Answer>> {
        self.check_process()?;
        #[cfg(unix)]
        if let Some(limit) = self.limit_or(limit) {
            let mut wait = Waiting::new(limit);
            self.wait_for_result(&mut wait)?;
            if !wait.cancel_has_arrived() {
                self.give_up();
            }
        }
        let _ = limit;
        // SAFETY: the connection is alive.
        Ok(Answer::new(unsafe { ffi::PQgetResult(self.raw()) }))
    }

    /// Waits until the next result is available, or the connection is lost.
    #[cfg(unix)]
    pub(super) fn wait_for_result(&self, wait: &mut Waiting) -> Result<()> {
        let raw = self.raw();
        loop {
            // SAFETY: see above.
            let unsent = unsafe { ffi::PQflush(raw) };
            // SAFETY: see above.
            if unsent < 0 || (unsent == 0 && unsafe { ffi::PQisBusy(raw) } == 0) {
                return Ok(());
            }
            if !self.wait_for_input(wait, unsent > 0)? {
                return Ok(());
            }
        }
    }

    /// Waits for the socket. If the call is cancelled in the meantime, an answer may still arrive.
    #[cfg(unix)]
    pub(super) fn wait_for_socket(
        &self,
        interest: Interest,
        milliseconds: c_int,
    ) -> std::result::Result<std::io::Result<bool>, Cancelled> {
        // SAFETY: the connection is alive.
        let socket = unsafe { ffi::PQsocket(self.raw()) };
        let ready = self.registered.wait(socket, interest, milliseconds);
        ready.inspect_err(|_| self.interrupt())
    }

    /// Waits once, and reads what arrives. Returns whether the connection has a socket.
    #[cfg(unix)]
    pub(super) fn wait_for_input(&self, wait: &mut Waiting, sends: bool) -> Result<bool> {
        /// How often to see whether the server is known to be silent, in milliseconds.
        const LOOK: c_int = 100;
        let raw = self.raw();
        let silent = self.silent.as_ref().filter(|_| wait.heeds_silence);
        let now = wait.now();
        let is_past = |end: Option<Instant>| end.zip(now).is_some_and(|(end, now)| end <= now);
        if is_past(wait.cancel) {
            wait.cancel = None;
            self.spend();
            wait.sent = self.cancel();
        }
        // SAFETY: see above.
        if unsafe { ffi::PQsocket(raw) } < 0 {
            return Ok(false);
        }
        let patience = wait.milliseconds(now);
        let look = silent.is_some() && !(0..LOOK).contains(&patience);
        let interest = if sends { Interest::Either } else { Interest::Read };
        // An interrupted wait is like one in which nothing has arrived yet.
        let ready = self.wait_for_socket(interest, if look { LOOK } else { patience })?;
        let is_over = matches!(ready, Ok(false));
        if is_over && silent.is_some_and(|silent| silent.load(Ordering::Relaxed)) {
            self.give_up();
            return Err(Error::new(ErrorKind::Network, "the server is silent")
                .with_hint("the connection is closed; see `DbBuilder::replica_timeout`"));
        }
        if is_over && is_past(wait.give_up) {
            self.give_up();
            let message = format!("the server did not answer within {} ms", wait.limit.as_millis());
            return Err(Error::new(ErrorKind::Network, message).with_hint(
                "the connection is closed; a statement that writes may have run anyway",
            ));
        }
        if let Ok(true) = ready {
            // If it fails, the result shows it.
            // SAFETY: see above.
            unsafe { ffi::PQconsumeInput(raw) };
        }
        Ok(true)
    }

    /// Asks the server to end the statement. On a thread: the request needs another connection, and libpq waits for it
    /// without a limit. Their number has one: a server that is silent then keeps only so many threads and sockets. What
    /// is beyond it ends with its connection, when the server notices.
    #[cfg(unix)]
    pub(super) fn cancel(&self) -> Option<Arc<Slot<()>>> {
        const MOST: usize = 8;
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        struct Running;
        impl Drop for Running {
            fn drop(&mut self) {
                RUNNING.fetch_sub(1, Ordering::Relaxed);
            }
        }
        struct Request(*mut ffi::PGcancel);
        // SAFETY: libpq allows any thread to use it, and only one has it.
        unsafe impl Send for Request {}
        impl Request {
            fn send(self) {
                let mut message = [0; 256];
                // SAFETY: the pointer comes from `PQgetCancel` and is freed once; the buffer is as long as stated.
                unsafe {
                    ffi::PQcancel(self.0, message.as_mut_ptr(), message.len() as c_int);
                    ffi::PQfreeCancel(self.0);
                }
            }
        }
        let one_more = |running| (running < MOST).then_some(running + 1);
        RUNNING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        let running = Running;
        // SAFETY: see above. Null if the connection is lost.
        let request = unsafe { ffi::PQgetCancel(self.raw()) };
        if request.is_null() {
            return None;
        }
        let request = Request(request);
        let sent = Arc::new(Slot::default());
        let done = Arc::clone(&sent);
        let thread = std::thread::Builder::new().name("mizzle-cancel".into()).spawn(move || {
            request.send();
            drop(running);
            done.fill(());
        });
        // Without a thread, the connection is given up a little later.
        thread.is_ok().then_some(sent)
    }

    /// Marks the connection as lost, for libpq as well.
    #[cfg(unix)]
    pub(super) fn give_up(&self) {
        // SAFETY: the socket belongs to the connection.
        unsafe {
            libc::shutdown(ffi::PQsocket(self.raw()), libc::SHUT_RDWR);
            // Finds the end of the stream, after whatever has arrived.
            while ffi::PQconsumeInput(self.raw()) == 1 {}
        }
    }
}

/// The rest of a limit. No moment means no end: it is beyond what a clock can represent.
#[cfg(unix)]
pub(super) struct Waiting {
    cancel: Option<Instant>,
    pub(super) give_up: Option<Instant>,
    limit: Duration,
    heeds_silence: bool,
    /// Signals that the request to end the statement has arrived.
    pub(super) sent: Option<Arc<Slot<()>>>,
}

#[cfg(unix)]
impl Waiting {
    pub(super) fn new(limit: Limit) -> Self {
        if limit == Limit::NONE {
            return Self::without_end();
        }
        let start = Instant::now();
        Self {
            give_up: start.checked_add(limit.give_up),
            cancel: limit.cancel.and_then(|cancel| start.checked_add(cancel)),
            limit: limit.give_up,
            heeds_silence: limit.heeds_silence,
            sent: None,
        }
    }

    /// As long as it takes.
    pub(super) const fn without_end() -> Self {
        Self { cancel: None, give_up: None, limit: Duration::MAX, heeds_silence: true, sent: None }
    }

    /// Begins again for the next statement, unless a request to end one was sent.
    pub(super) fn restart(&mut self, limit: Limit) {
        if self.sent.is_none() {
            *self = Self::new(limit);
        }
    }

    /// Whether no request to end the statement is still on its way.
    pub(super) fn cancel_has_arrived(&self) -> bool {
        let Some(sent) = &self.sent else {
            return true;
        };
        let left = self.give_up.map(|end| end.saturating_duration_since(Instant::now()));
        sent.wait(left.unwrap_or(self.limit), |sent| sent.is_some()).unwrap_or(false)
    }

    /// Returns the current time, if it matters.
    pub(super) fn now(&self) -> Option<Instant> {
        (self.cancel.is_some() || self.give_up.is_some()).then(Instant::now)
    }

    /// Returns the time until something has to be done, for `poll`. Rounded up, so that the last wait isn't many waits
    /// of zero.
    pub(super) fn milliseconds(&self, now: Option<Instant>) -> c_int {
        let next = [self.cancel, self.give_up].into_iter().flatten().min();
        next.zip(now).map_or(-1, |(next, now)| {
            let left = next.saturating_duration_since(now);
            c_int::try_from(left.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX)
        })
    }
}
