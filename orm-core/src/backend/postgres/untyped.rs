//! Statements whose types are known to nobody before they run.

use std::ffi::{CStr, c_char, c_int};
use std::ops::ControlFlow;
use std::ptr;
#[cfg(unix)]
use std::time::{Duration, Instant};

use pq_sys as ffi;

use super::deadline::Limit;
#[cfg(unix)]
use super::deadline::Waiting;
use super::only_reads::only_reads;
use super::result::Answer;
use super::session::Postgres;
use super::text::c_string;
use crate::backend::untyped::{
    Plain, PlainColumn, TakesPlain, Untyped, UntypedError, UntypedResult,
};
use crate::error::{Error, ErrorKind, Result};
#[cfg(unix)]
use crate::wait::Interest;

/// The number of the type of bytes.
const BYTEA: ffi::Oid = 17;

impl Postgres {
    pub(super) fn run_statement_untyped(
        &mut self,
        run: &Untyped<'_>,
        rows: &mut dyn TakesPlain,
    ) -> UntypedResult {
        self.untouched = None;
        self.watcher.forget();
        self.begin_now()?;
        if orm_lexer::mentions(run.sql, "listen") {
            self.handle.spend();
        }
        self.send_untyped(run)?;
        let mut waiting = Ending::default();
        let result = self.each_plain_row(run, rows, &mut waiting);
        let rest = self.drain_untyped(run, &mut waiting);
        self.arrive(&waiting);
        let done = result?;
        rest.map(|()| done)
    }

    fn send_untyped(&self, run: &Untyped<'_>) -> Result<()> {
        self.handle.check_process()?;
        let sql = c_string(run.sql)?;
        let mut owned = Vec::with_capacity(run.values.len());
        for value in run.values {
            owned.push(Parameter::of(value)?);
        }
        let starts: Vec<*const c_char> = owned.iter().map(|one| one.start()).collect();
        let types: Vec<ffi::Oid> = owned.iter().map(|one| one.ty).collect();
        let lengths: Vec<c_int> = owned.iter().map(|one| one.length).collect();
        let formats: Vec<c_int> = types.iter().map(|ty| (*ty == BYTEA).into()).collect();
        let count = c_int::try_from(owned.len())
            .map_err(|_| Error::new(ErrorKind::Query, "the statement has too many parameters"))?;
        let raw = self.handle.raw();
        // SAFETY: the connection is alive, the texts end with NUL, and each list has `count` entries. 0: text form.
        let sent = unsafe {
            ffi::PQsetnonblocking(raw, 1);
            ffi::PQsendQueryParams(
                raw,
                sql.as_ptr(),
                count,
                types.as_ptr(),
                starts.as_ptr(),
                lengths.as_ptr(),
                formats.as_ptr(),
                0,
            )
        };
        if sent == 0 {
            return Err(self.lost());
        }
        // SAFETY: the connection is alive. Without it, all rows arrive at once.
        unsafe { ffi::PQsetSingleRowMode(raw) };
        Ok(())
    }

    fn each_plain_row(
        &self,
        run: &Untyped<'_>,
        rows: &mut dyn TakesPlain,
        waiting: &mut Ending,
    ) -> UntypedResult {
        let (mut has_columns, mut changed) = (false, None);
        while let Some(answer) = self.next_untyped(run, waiting)? {
            let position = answer
                .error_field(ffi::PG_DIAG_STATEMENT_POSITION)
                .and_then(|text| text.parse::<usize>().ok());
            let is_last = !answer.is_one_of_many();
            let answer = self.check(Some(answer)).map_err(|error| UntypedError {
                error: error.with_sql(run.sql),
                position: position.map(|position| position.saturating_sub(1)),
            })?;
            if !std::mem::replace(&mut has_columns, true) {
                rows.columns(answer.plain_columns())?;
            }
            for index in 0..answer.rows() {
                if rows.row(&answer.plain_row(index))? == ControlFlow::Break(()) {
                    if only_reads(run.sql) {
                        waiting.ask(self);
                    }
                    return Ok(None);
                }
            }
            if is_last {
                changed = answer.changed_rows();
            }
        }
        if !has_columns {
            return Err(self.lost().into());
        }
        Ok(changed)
    }

    /// Reads and drops what is left.
    fn drain_untyped(
        &self,
        run: &Untyped<'_>,
        waiting: &mut Ending,
    ) -> std::result::Result<(), UntypedError> {
        let mut ended = Ok(());
        while let Some(answer) = self.next_untyped(run, waiting)? {
            if answer.is_copy() {
                self.handle.end_copy(Some(Limit::hard(PATIENCE)))?;
                continue;
            }
            let checked = self.check(Some(answer)).map(drop);
            // The one that leaving out the rest asked for.
            if !waiting.was_asked {
                ended = ended.and(checked);
            }
        }
        ended.map_err(|error| error.with_sql(run.sql).into())
    }

    #[cfg(unix)]
    fn next_untyped(&self, run: &Untyped<'_>, ending: &mut Ending) -> Result<Option<Answer>> {
        let raw = self.handle.raw();
        loop {
            // SAFETY: the connection is alive (as in all calls below).
            let unsent = unsafe { ffi::PQflush(raw) };
            // SAFETY: see above.
            if unsent < 0 || (unsent == 0 && unsafe { ffi::PQisBusy(raw) } == 0) {
                break;
            }
            if run.must_end() {
                ending.ask(self);
            }
            if ending.is_over() {
                self.handle.give_up();
                return Err(Error::new(ErrorKind::Network, "the server did not end the statement")
                    .with_hint("the connection is closed; a statement that writes may have run"));
            }
            // SAFETY: see above.
            if unsafe { ffi::PQsocket(raw) } < 0 {
                break;
            }
            let interest = if unsent > 0 { Interest::Either } else { Interest::Read };
            if let Ok(true) = self.handle.wait_for_socket(interest, LOOK)? {
                // SAFETY: see above. If it fails, the result shows it.
                unsafe { ffi::PQconsumeInput(raw) };
            }
        }
        // SAFETY: see above; with the connection not busy this doesn't wait.
        Ok(Answer::new(unsafe { ffi::PQgetResult(raw) }))
    }

    #[cfg(not(unix))]
    fn next_untyped(&self, _: &Untyped<'_>, _: &mut Ending) -> Result<Option<Answer>> {
        // SAFETY: the connection is alive.
        Ok(Answer::new(unsafe { ffi::PQgetResult(self.handle.raw()) }))
    }

    /// Waits until the request to end the statement has arrived: it could end the next one.
    fn arrive(&self, ending: &Ending) {
        #[cfg(unix)]
        if let Some(asked) = &ending.asked
            && !asked.cancel_has_arrived()
        {
            self.handle.give_up();
        }
        if ending.was_asked {
            self.handle.spend();
        }
    }
}

/// How often to see whether a statement has to end, in milliseconds.
#[cfg(unix)]
const LOOK: c_int = 50;

/// How long a server may take to end a statement.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// The request to end a statement.
#[derive(Default)]
struct Ending {
    was_asked: bool,
    #[cfg(unix)]
    asked: Option<Waiting>,
    #[cfg(unix)]
    since: Option<Instant>,
}

impl Ending {
    #[cfg(unix)]
    fn ask(&mut self, connection: &Postgres) {
        if std::mem::replace(&mut self.was_asked, true) {
            return;
        }
        let mut waiting = Waiting::new(Limit::hard(PATIENCE));
        waiting.sent = connection.handle.cancel();
        self.asked = Some(waiting);
        self.since = Some(Instant::now());
    }

    #[cfg(not(unix))]
    fn ask(&mut self, _: &Postgres) {}

    #[cfg(unix)]
    fn is_over(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() > PATIENCE + Duration::from_secs(1))
    }
}

/// A value on its way to the server.
struct Parameter {
    ty: ffi::Oid,
    length: c_int,
    bytes: Option<Vec<u8>>,
}

impl Parameter {
    fn of(value: &Plain<'_>) -> Result<Self> {
        let text = |text: String| (0, Some(text.into_bytes()));
        let (ty, bytes) = match *value {
            Plain::Null => (0, None),
            Plain::Integer(value) => text(value.to_string()),
            Plain::Real(value) => text(value.to_string()),
            Plain::Text(bytes) => (0, Some(bytes.to_vec())),
            Plain::Blob(bytes) => (BYTEA, Some(bytes.to_vec())),
        };
        let length = c_int::try_from(bytes.as_ref().map_or(0, Vec::len))
            .map_err(|_| Error::new(ErrorKind::Query, "a value is too long"))?;
        let bytes = match (ty, bytes) {
            (0, Some(bytes)) if bytes.contains(&0) => {
                let message = "PostgreSQL stores no text with a NUL character";
                return Err(Error::new(ErrorKind::Query, message));
            }
            (0, Some(mut bytes)) => {
                bytes.push(0);
                Some(bytes)
            }
            (_, bytes) => bytes,
        };
        Ok(Self { ty, length, bytes })
    }

    fn start(&self) -> *const c_char {
        self.bytes.as_ref().map_or(ptr::null(), |bytes| bytes.as_ptr().cast())
    }
}

impl Answer {
    fn plain_columns(&self) -> Vec<PlainColumn> {
        let raw = self.raw();
        // SAFETY: the answer is alive (as in all calls below).
        let count = unsafe { ffi::PQnfields(raw) };
        let column = |index| {
            // SAFETY: see above; there is such a column, and its name lives as long as the answer.
            let (name, number) = unsafe {
                (
                    CStr::from_ptr(ffi::PQfname(raw, index)).to_string_lossy().into_owned(),
                    ffi::PQftype(raw, index),
                )
            };
            PlainColumn { name, number, declared: None }
        };
        (0..count).map(column).collect()
    }

    fn plain_row(&self, index: usize) -> Vec<Plain<'_>> {
        let raw = self.raw();
        // SAFETY: see above.
        let count = unsafe { ffi::PQnfields(raw) };
        let Ok(index) = c_int::try_from(index) else { return Vec::new() };
        let value = |column| {
            // SAFETY: see above; the answer has the row, whose values live as long as it.
            unsafe {
                if ffi::PQgetisnull(raw, index, column) != 0 {
                    return Plain::Null;
                }
                let start = ffi::PQgetvalue(raw, index, column).cast::<u8>();
                let length = ffi::PQgetlength(raw, index, column);
                let length = usize::try_from(length).unwrap_or_default();
                Plain::Text(std::slice::from_raw_parts(start, length))
            }
        };
        (0..count).map(value).collect()
    }

    /// Returns the number of changed rows, if the statement is one that changes rows.
    fn changed_rows(&self) -> Option<u64> {
        ["INSERT", "UPDATE", "DELETE", "MERGE", "COPY"]
            .iter()
            .any(|command| self.is_of(command))
            .then(|| self.changed())
    }
}
