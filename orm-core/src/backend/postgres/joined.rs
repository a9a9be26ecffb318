//! Statements in one exchange with what goes before them: the BEGIN of their transaction, their preparation, and other
//! statements.

use std::ffi::CStr;

use pq_sys as ffi;

use super::compared::declared;
use super::message::Message;
use super::pipeline::{Answers, Pipeline};
use super::queue::{Queue, Queued};
use super::result::Answer;
use super::session::Postgres;
use super::text::{c_string, send_text};
use crate::backend::Source;
use crate::backend::any::postgres::ffi_oid;
use crate::dialect::Dialect;
use crate::error::{Error, Result};

/// Calls a function with the statement at a place.
pub(super) type WithSource<'a> =
    dyn Fn(usize, &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> + 'a;

/// What failed in an exchange.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Statement(usize),
    /// What begins or ends a transaction.
    Around,
}

/// A statement that no others run with.
enum One<'s> {
    Cached(usize),
    Text { sql: &'s CStr, declared: &'s [ffi_oid] },
}

/// The end of a transaction that is among the messages of an exchange without the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Boundary {
    Neither,
    Begin,
    End,
}

impl Postgres {
    /// Sends the BEGIN that was to go with the next statement.
    pub(super) fn begin_now(&mut self) -> Result<()> {
        let Some(begin) = self.pending.take() else { return Ok(()) };
        self.execute_text(&begin, self.limit).map_err(|error| with_text(error, &begin))
    }

    /// Runs a statement of the cache.
    pub(super) fn execute_joined(&mut self, mode: Pipeline, place: usize) -> Result<Answer> {
        let answers = self.exchange_one(mode, &One::Cached(place));
        let with_sql =
            |this: &Self, error: Error| error.with_sql(this.statements.cache.get(place).sql());
        let mut answers = answers.map_err(|error| with_sql(self, error))?;
        if !self.statements.cache.get(place).is_prepared {
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
        self.exchange_one(mode, &One::Text { sql, declared })
            .and_then(|mut answers| self.verdict().and_then(|()| self.check(answers.remove(0))))
            .map_err(|error| with_text(error, sql))
    }

    /// Sends a statement with its values, after the BEGIN that was to go with it, and returns its answers.
    fn exchange_one(&mut self, mode: Pipeline, statement: &One<'_>) -> Result<Answers> {
        let begin = self.pending.take();
        let mut arguments = std::mem::take(&mut self.arguments);
        let message = match *statement {
            One::Cached(place) => Message::of(self.statements.cache.get(place)),
            One::Text { sql, declared } => Message { name: None, sql, declared, prepares: false },
        };
        let answers = self.exchange(
            mode,
            begin.as_deref(),
            Boundary::Neither,
            message.answers(),
            &mut |raw| message.send(raw, &mut arguments),
        );
        self.arguments = arguments;
        answers
    }

    /// Writes the values of so many statements, which `with` passes to its function, or not if there is nothing to run.
    /// `None` if one of them must run alone. An error comes with the place of its statement; nothing has run.
    pub(super) fn queue_all(
        &mut self,
        count: usize,
        with: &WithSource<'_>,
    ) -> std::result::Result<Option<Queue>, (usize, Error)> {
        let (mut queue, mut runs_alone) = (Queue::default(), false);
        for place in 0..count {
            with(place, &mut |source| {
                runs_alone = !self.add_to(&mut queue, place, source)?;
                Ok(())
            })
            .map_err(|error| (place, error))?;
            if runs_alone {
                return Ok(None);
            }
        }
        Ok(Some(queue))
    }

    /// Writes the values of a statement behind those in the queue. Returns whether it can run with others.
    pub(super) fn add_to(
        &mut self,
        queue: &mut Queue,
        place: usize,
        source: &dyn Source,
    ) -> Result<bool> {
        let named = queue.prepares_more();
        let Some(queued) = self.queue(source, named)? else { return Ok(false) };
        queue.push(place, queued, self.statements.reused);
        Ok(true)
    }

    /// Runs statements in one exchange, between `begin` and `end`, and returns their answers with their places: those of
    /// one transaction, even outside of one.
    pub(super) fn execute_queue(
        &mut self,
        mode: Pipeline,
        begin: Option<&str>,
        mut queue: Queue,
        end: Option<&str>,
    ) -> std::result::Result<Vec<(usize, Answer)>, (Place, Error)> {
        let around = |error: Error| (Place::Around, error);
        let begin = begin.map(c_string).transpose().map_err(around)?;
        let end = end.map(c_string).transpose().map_err(around)?;
        let answers = self.send_queue(mode, begin.as_deref(), &mut queue, end.as_deref());
        let mut answers = answers.map_err(around)?;
        if let Some(begin) = &begin {
            self.check(answers.next().flatten())
                .map_err(|error| around(with_text(error, begin)))?;
        }
        let mut done = Vec::with_capacity(queue.statements.len());
        for (place, queued) in &queue.statements {
            let answer = self.take_answers(queued, &mut answers).and_then(|answer| {
                // Only what follows an error is skipped.
                answer.ok_or_else(|| self.lost())
            });
            done.push((*place, answer.map_err(|error| (Place::Statement(*place), error))?));
        }
        self.verdict().map_err(around)?;
        if let Some(end) = &end {
            self.check(answers.next().flatten()).map_err(|error| around(with_text(error, end)))?;
        }
        Ok(done)
    }

    /// Runs statements of the open transaction in one exchange, and returns what became of each with its place: `None` if it
    /// was skipped, because one before it has failed.
    #[cfg(feature = "tokio")]
    pub(super) fn execute_each(
        &mut self,
        mode: Pipeline,
        mut queue: Queue,
    ) -> Result<Vec<(usize, Result<Option<Answer>>)>> {
        let mut answers = self.send_queue(mode, None, &mut queue, None)?;
        let statements = queue.statements.iter();
        let done = statements
            .map(|(place, queued)| (*place, self.take_answers(queued, &mut answers)))
            .collect();
        self.verdict().map(|()| done)
    }

    /// Sends statements in one exchange, between `begin` and `end`, and returns all answers.
    fn send_queue(
        &mut self,
        mode: Pipeline,
        begin: Option<&CStr>,
        queue: &mut Queue,
        end: Option<&CStr>,
    ) -> Result<smallvec::IntoIter<[Option<Answer>; 3]>> {
        self.statements.reused = queue.reused;
        let pending = self.pending.take();
        let statements = &mut queue.statements;
        let messages: usize =
            statements.iter().map(|(_, queued)| queued.message().answers()).sum::<usize>()
                + [begin, end].into_iter().flatten().count();
        let boundary = match (begin, end) {
            (Some(_), None) => Boundary::Begin,
            (None, Some(_)) => Boundary::End,
            _ => Boundary::Neither,
        };
        let answers = self.exchange(mode, pending.as_deref(), boundary, messages, &mut |raw| {
            begin.is_none_or(|begin| send_text(raw, begin))
                && statements.iter_mut().all(|(_, queued)| {
                    let mut arguments = std::mem::take(&mut queued.arguments);
                    let sent = queued.message().send(raw, &mut arguments);
                    queued.arguments = arguments;
                    sent
                })
                && end.is_none_or(|end| send_text(raw, end))
        });
        if let Some((_, last)) = statements.last_mut() {
            self.arguments = std::mem::take(&mut last.arguments);
        }
        Ok(answers?.into_iter())
    }

    /// Writes the values of a statement, and puts it into the cache if it is `named`. `None` if it must run alone.
    fn queue(&mut self, source: &dyn Source, named: bool) -> Result<Option<Queued>> {
        let queued = match self.ready(source, named)? {
            Some(place) => {
                self.check_is_read(source, Some(place))?;
                let statement = self.statements.cache.get(place);
                let Message { name, sql, declared, prepares } = Message::of(statement);
                let (name, sql, declared) = (name.map(Into::into), sql.into(), declared.into());
                (!statement.may_copy).then_some((name, sql, declared, prepares))
            }
            None => {
                self.check_is_read(source, None)?;
                let sql = source.sql(Dialect::Postgres)?;
                let declared = declared(&sql, &self.arguments.types).into_boxed_slice();
                match orm_lexer::mentions(&sql, "copy") {
                    true => None,
                    false => Some((None, c_string(&sql)?, declared, false)),
                }
            }
        };
        Ok(queued.map(|(name, sql, declared, prepares)| Queued {
            name,
            sql,
            declared,
            prepares,
            arguments: std::mem::take(&mut self.arguments),
        }))
    }

    /// Takes the answers of a statement that ran with others. `None` if it was skipped.
    fn take_answers(
        &mut self,
        queued: &Queued,
        answers: &mut smallvec::IntoIter<[Option<Answer>; 3]>,
    ) -> Result<Option<Answer>> {
        let is_skipped = |answer: &Option<Answer>| answer.as_ref().is_some_and(Answer::is_skipped);
        let prepared = queued.prepares.then(|| answers.next().flatten());
        let answer = answers.next().flatten();
        if let Some(prepared) = prepared {
            if is_skipped(&prepared) {
                return Ok(None);
            }
            let prepared = self.check(prepared).map(drop);
            match self.statements.cache.find(|statement| statement.name == queued.name) {
                Some(place) => self.note_prepared(place, prepared)?,
                None => prepared.map_err(|error| with_text(error, &queued.sql))?,
            }
        }
        if is_skipped(&answer) {
            return Ok(None);
        }
        self.check(answer).map(Some).map_err(|error| with_text(error, &queued.sql))
    }

    /// Sends so many messages in one exchange, after `begin`, and returns an answer for each of them. They count only if the
    /// [`verdict`](Self::verdict) is that their server may run them, but it has prepared what it was to prepare.
    /// `boundary` is among them, of a transaction that others begin or end.
    fn exchange(
        &self,
        mode: Pipeline,
        begin: Option<&CStr>,
        boundary: Boundary,
        messages: usize,
        send: &mut dyn FnMut(*mut ffi::PGconn) -> bool,
    ) -> Result<Answers> {
        // An error may have come before it.
        let _ = self.verdict();
        let gate = self.gate(begin.is_some());
        let begins = begin.is_some() || boundary == Boundary::Begin;
        let after = self.question_after(begins, boundary == Boundary::End);
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

fn with_text(error: Error, sql: &CStr) -> Error {
    error.with_sql(&sql.to_string_lossy())
}
