//! Statements in one exchange with what goes before them: the BEGIN of their transaction, their preparation, and other
//! statements.

use std::ffi::{CStr, CString, c_int};
use std::ptr;

use pq_sys as ffi;

use super::pipeline::{Answers, Pipeline};
use super::result::Answer;
use super::session::{Arguments, Postgres};
use super::statements::Prepared;
use crate::backend::Source;
use crate::backend::any::postgres::ffi_oid;
use crate::error::{Error, Result};

/// Returns how to run a statement together with others, if that is possible.
pub(super) fn joins(may_copy: bool) -> Option<Pipeline> {
    if may_copy { None } else { Pipeline::find() }
}

/// A statement, and whether to prepare it before it runs.
struct Message<'s> {
    name: Option<&'s CStr>,
    sql: &'s CStr,
    declared: &'s [ffi_oid],
    prepares: bool,
}

/// A statement of the cache with its values, to run with others.
struct Queued {
    name: Option<CString>,
    sql: CString,
    declared: Box<[ffi_oid]>,
    prepares: bool,
    arguments: Arguments,
}

impl Postgres {
    /// Sends the BEGIN that was to go with the next statement.
    pub(super) fn begin_now(&mut self) -> Result<()> {
        let Some(begin) = self.pending.take() else { return Ok(()) };
        self.execute_text(&begin, self.limit).map_err(|error| with_text(error, &begin))
    }

    /// Runs a statement of the cache.
    pub(super) fn execute_joined(&mut self, mode: Pipeline, place: usize) -> Result<Answer> {
        let begin = self.pending.take();
        let statement = self.statements.cache.get(place);
        let message = Message::of(statement);
        let prepares = message.prepares;
        let sent = self.handle.exchange(
            mode,
            self.limit,
            1 + usize::from(message.prepares) + usize::from(begin.is_some()),
            &mut |raw| sends_begin(raw, begin.as_deref()) && message.send(raw, &mut self.arguments),
        );
        let mut answers = sent.map_err(|error| error.with_sql(statement.sql()))?;
        self.take_begun(&mut answers, begin.as_deref())?;
        if prepares {
            let prepared = self.check(answers.remove(0)).map(drop);
            self.note_prepared(place, prepared)?;
        }
        self.check(answers.remove(0))
            .map_err(|error| error.with_sql(self.statements.cache.get(place).sql()))
    }

    /// Runs a statement that has no name, in the transaction that begins with it.
    pub(super) fn execute_once_joined(
        &mut self,
        mode: Pipeline,
        sql: &CStr,
        declared: &[ffi_oid],
    ) -> Result<Answer> {
        let begin = self.pending.take();
        let message = Message { name: None, sql, declared, prepares: false };
        let sent =
            self.handle.exchange(mode, self.limit, 1 + usize::from(begin.is_some()), &mut |raw| {
                sends_begin(raw, begin.as_deref()) && message.send(raw, &mut self.arguments)
            });
        let mut answers = sent.map_err(|error| with_text(error, sql))?;
        self.take_begun(&mut answers, begin.as_deref())?;
        self.check(answers.remove(0)).map_err(|error| with_text(error, sql))
    }

    /// Runs statements together, and returns their answers: those of one transaction, even outside of one. `None` if they
    /// can only run one after another; nothing has run then. An error comes with the place of its statement.
    pub(super) fn execute_all(
        &mut self,
        sources: &[&dyn Source],
    ) -> std::result::Result<Option<Vec<Answer>>, (usize, Error)> {
        let Some(mode) = joins(false) else { return Ok(None) };
        let mut queue: Vec<Queued> = Vec::with_capacity(sources.len());
        let mut reused = false;
        for (place, source) in sources.iter().enumerate() {
            let Some(queued) = self.queue(*source).map_err(|error| (place, error))? else {
                return Ok(None);
            };
            reused |= self.statements.reused;
            let is_before = queue.iter().any(|before| before.name == queued.name);
            queue.push(Queued { prepares: queued.prepares && !is_before, ..queued });
        }
        self.statements.reused = reused;
        let begin = self.pending.take();
        let messages: usize = queue.iter().map(|queued| 1 + usize::from(queued.prepares)).sum();
        let sent = self.handle.exchange(
            mode,
            self.limit,
            messages + usize::from(begin.is_some()),
            &mut |raw| {
                sends_begin(raw, begin.as_deref())
                    && queue.iter_mut().all(
                        |Queued { name, sql, declared, prepares, arguments }| {
                            let name = name.as_deref();
                            Message { name, sql, declared, prepares: *prepares }
                                .send(raw, arguments)
                        },
                    )
            },
        );
        if let Some(last) = queue.last_mut() {
            self.arguments = std::mem::take(&mut last.arguments);
        }
        let mut answers = sent.map_err(|error| (0, error))?;
        self.take_begun(&mut answers, begin.as_deref()).map_err(|error| (0, error))?;
        let mut answers = answers.into_iter();
        let mut done = Vec::with_capacity(queue.len());
        for (place, queued) in queue.iter().enumerate() {
            let answer = self.take_answers(queued, &mut answers);
            done.push(answer.map_err(|error| (place, error))?);
        }
        Ok(Some(done))
    }

    /// Writes the values of a statement, and puts it into the cache. `None` if it must run alone.
    fn queue(&mut self, source: &dyn Source) -> Result<Option<Queued>> {
        let Some(place) = self.ready(source, true)? else { return Ok(None) };
        let statement = self.statements.cache.get(place);
        if statement.may_copy {
            return Ok(None);
        }
        let Message { name, sql, declared, prepares } = Message::of(statement);
        let (name, sql, declared) = (name.map(Into::into), sql.into(), declared.into());
        Ok(Some(Queued {
            name,
            sql,
            declared,
            prepares,
            arguments: std::mem::take(&mut self.arguments),
        }))
    }

    /// Takes the answers of a statement that ran with others.
    fn take_answers(
        &mut self,
        queued: &Queued,
        answers: &mut smallvec::IntoIter<[Option<Answer>; 3]>,
    ) -> Result<Answer> {
        if queued.prepares {
            let prepared = self.check(answers.next().flatten()).map(drop);
            match self.statements.cache.find(|statement| statement.name == queued.name) {
                Some(place) => self.note_prepared(place, prepared)?,
                None => prepared.map_err(|error| with_text(error, &queued.sql))?,
            }
        }
        self.check(answers.next().flatten()).map_err(|error| with_text(error, &queued.sql))
    }

    /// Takes the answer to BEGIN, if it was sent.
    fn take_begun(&self, answers: &mut Answers, begin: Option<&CStr>) -> Result<()> {
        let Some(begin) = begin else { return Ok(()) };
        self.check(answers.remove(0)).map(drop).map_err(|error| with_text(error, begin))
    }
}

impl<'s> Message<'s> {
    fn of(statement: &'s Prepared) -> Self {
        let Prepared { name, sql, declared, is_prepared, .. } = statement;
        Self { name: name.as_deref(), sql, declared, prepares: !is_prepared }
    }

    /// Sends the statement to prepare, if it must be, and the values to run it with. Returns whether that worked.
    fn send(&self, raw: *mut ffi::PGconn, arguments: &mut Arguments) -> bool {
        let Arguments { buffers, pointers, lengths, formats, .. } = arguments;
        buffers.parameters(pointers, lengths);
        let count = pointers.len() as c_int;
        let (values, lengths, formats) = (pointers.as_ptr(), lengths.as_ptr(), formats.as_ptr());
        let (sql, types) = (self.sql.as_ptr(), self.declared.as_ptr());
        // SAFETY: the connection is alive; the texts end with NUL, the lists are as long as stated, and their pointers
        // are valid until the next change of the buffers. libpq copies what it sends later. 1: rows in binary form.
        let sent = unsafe {
            match self.name.map(CStr::as_ptr) {
                Some(name) => {
                    let types_count = self.declared.len() as c_int;
                    (!self.prepares || ffi::PQsendPrepare(raw, name, sql, types_count, types) != 0)
                        && ffi::PQsendQueryPrepared(raw, name, count, values, lengths, formats, 1)
                            != 0
                }
                None => {
                    ffi::PQsendQueryParams(raw, sql, count, types, values, lengths, formats, 1) != 0
                }
            }
        };
        buffers.shrink();
        sent
    }
}

/// Sends BEGIN, if there is one. Returns whether that worked.
fn sends_begin(raw: *mut ffi::PGconn, begin: Option<&CStr>) -> bool {
    let Some(begin) = begin else { return true };
    let (begin, none) = (begin.as_ptr(), ptr::null());
    // SAFETY: the connection is alive, and the text ends with NUL; there are no parameters.
    unsafe { ffi::PQsendQueryParams(raw, begin, 0, ptr::null(), ptr::null(), none, none, 1) != 0 }
}

fn with_text(error: Error, sql: &CStr) -> Error {
    error.with_sql(&sql.to_string_lossy())
}
