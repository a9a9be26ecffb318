//! Statements in one exchange with what goes before them: the BEGIN of their transaction, their preparation, and other
//! statements.

use std::ffi::{CStr, CString};

use pq_sys as ffi;

use super::message::{Message, send_text};
use super::pipeline::{Answers, Pipeline};
use super::result::Answer;
use super::session::{Arguments, Postgres};
use crate::backend::Source;
use crate::backend::any::postgres::ffi_oid;
use crate::error::{Error, Result};

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
        let mut arguments = std::mem::take(&mut self.arguments);
        let message = Message::of(self.statements.cache.get(place));
        let prepares = message.prepares;
        let answers = self.exchange(mode, begin.as_deref(), message.answers(), &mut |raw| {
            message.send(raw, &mut arguments)
        });
        self.arguments = arguments;
        let with_sql =
            |this: &Self, error: Error| error.with_sql(this.statements.cache.get(place).sql());
        let mut answers = answers.map_err(|error| with_sql(self, error))?;
        if prepares {
            let prepared = self.check(answers.remove(0)).map(drop);
            self.note_prepared(place, prepared)?;
        }
        self.verdict()?;
        self.check(answers.remove(0)).map_err(|error| with_sql(self, error))
    }

    /// Runs a statement that has no name, in the transaction that begins with it.
    pub(super) fn execute_once_joined(
        &mut self,
        mode: Pipeline,
        sql: &CStr,
        declared: &[ffi_oid],
    ) -> Result<Answer> {
        let begin = self.pending.take();
        let mut arguments = std::mem::take(&mut self.arguments);
        let message = Message { name: None, sql, declared, prepares: false };
        let answers = self.exchange(mode, begin.as_deref(), message.answers(), &mut |raw| {
            message.send(raw, &mut arguments)
        });
        self.arguments = arguments;
        answers
            .and_then(|mut answers| self.verdict().and_then(|()| self.check(answers.remove(0))))
            .map_err(|error| with_text(error, sql))
    }

    /// Runs statements together, and returns their answers: those of one transaction, even outside of one. `None` if they
    /// can only run one after another; nothing has run then. An error comes with the place of its statement.
    pub(super) fn execute_all(
        &mut self,
        sources: &[&dyn Source],
    ) -> std::result::Result<Option<Vec<Answer>>, (usize, Error)> {
        let Some(mode) = Pipeline::find() else { return Ok(None) };
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
        let messages = queue.iter().map(|queued| queued.message().answers()).sum();
        let answers = self.exchange(mode, begin.as_deref(), messages, &mut |raw| {
            queue.iter_mut().all(|queued| {
                let mut arguments = std::mem::take(&mut queued.arguments);
                let sent = queued.message().send(raw, &mut arguments);
                queued.arguments = arguments;
                sent
            })
        });
        if let Some(last) = queue.last_mut() {
            self.arguments = std::mem::take(&mut last.arguments);
        }
        let mut answers = answers.map_err(|error| (0, error))?.into_iter();
        let mut done = Vec::with_capacity(queue.len());
        for (place, queued) in queue.iter().enumerate() {
            let answer = self.take_answers(queued, &mut answers);
            done.push(answer.map_err(|error| (place, error))?);
        }
        self.verdict().map_err(|error| (0, error))?;
        Ok(Some(done))
    }

    /// Writes the values of a statement, and puts it into the cache. `None` if it must run alone.
    fn queue(&mut self, source: &dyn Source) -> Result<Option<Queued>> {
        let Some(place) = self.ready(source, true)? else { return Ok(None) };
        self.check_is_read(source, Some(place))?;
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

    /// Sends so many messages in one exchange, after `begin`, and returns an answer for each of them. They count only if the
    /// [`verdict`](Self::verdict) is that their server may run them, but it has prepared what it was to prepare.
    fn exchange(
        &self,
        mode: Pipeline,
        begin: Option<&CStr>,
        messages: usize,
        send: &mut dyn FnMut(*mut ffi::PGconn) -> bool,
    ) -> Result<Answers> {
        // An error may have come before it.
        let _ = self.verdict();
        let (gate, after) = (self.gate(begin.is_some()), self.question_after(begin.is_some()));
        let all = messages + usize::from(begin.is_some()) + usize::from(gate.is_some());
        let mut answers = self.handle.exchange(mode, self.limit, all, after, &mut |raw| {
            [begin, gate].into_iter().flatten().all(|text| send_text(raw, text)) && send(raw)
        })?;
        if after.is_some() {
            self.keep_after(self.handle.take_after());
        }
        if let Some(begin) = begin {
            self.check(answers.remove(0)).map_err(|error| with_text(error, begin))?;
        }
        if gate.is_some() {
            self.judge(answers.remove(0))?;
        }
        Ok(answers)
    }
}

impl Queued {
    fn message(&self) -> Message<'_> {
        let Self { name, sql, declared, prepares, .. } = self;
        Message { name: name.as_deref(), sql, declared, prepares: *prepares }
    }
}

fn with_text(error: Error, sql: &CStr) -> Error {
    error.with_sql(&sql.to_string_lossy())
}
