//! Prepares statements, and runs them.

use std::cell::Cell;
use std::ffi::{CStr, c_int};

use pq_sys as ffi;

use super::arguments::Arguments;
use super::compared::declared;
use super::connect::Handle;
use super::deadline::Limit;
use super::message::Message;
use super::pipeline::Pipeline;
use super::result::Answer;
use super::session::Postgres;
use super::statements::{Prepared, Statements};
use super::text::c_string;
use crate::backend::any::postgres::ffi_oid;
#[cfg(debug_assertions)]
use crate::backend::assert_same_text;
use crate::backend::{Backend, Source};
use crate::dialect::Dialect;
use crate::error::Result;

impl Postgres {
    pub(super) fn find_or_prepare(&mut self, source: &dyn Source) -> Result<usize> {
        let statements = &mut self.statements;
        let key = source.key(Dialect::Postgres)?;
        let mut found = key.as_ref().and_then(|key| statements.cache.find_key(key));
        let mut sql = None;
        if found.is_none() {
            let text = sql.insert(statements.cache.text_of(source, Dialect::Postgres)?);
            if key.is_none() {
                found = statements.cache.find_text(text);
            }
        }
        if let Some(place) = found {
            #[cfg(debug_assertions)]
            if key.is_some() {
                assert_same_text(statements.cache.get(place).sql(), source, Dialect::Postgres);
            }
            // The same text may have values of other types the next time.
            if *statements.cache.get(place).types == *self.arguments.types {
                if let Some(sql) = sql {
                    statements.cache.reuse(sql);
                }
                statements.reused = true;
                return Ok(place);
            }
            statements.doomed.extend(statements.cache.remove(place).into_kept_name());
        }
        let sql = match sql {
            Some(sql) => sql,
            None => statements.cache.text_of(source, Dialect::Postgres)?,
        };
        let statement = self.name(&sql).map_err(|error| error.with_sql(&sql))?;
        let statements = &mut self.statements;
        let (place, evicted) = statements.cache.insert(key, &sql, statement);
        statements.cache.reuse(sql);
        statements.doomed.extend(evicted.and_then(Prepared::into_kept_name));
        Ok(place)
    }

    /// Returns a statement that the server doesn't know yet.
    fn name(&mut self, sql: &str) -> Result<Prepared> {
        self.deallocate();
        let types = self.arguments.types.as_slice().into();
        let declared = declared(sql, &self.arguments.types).into_boxed_slice();
        let may_copy = orm_lexer::mentions(sql, "copy");
        let sql = c_string(sql)?;
        let mut name = None;
        if self.statements.named {
            self.statements.count += 1;
            let Statements { prefix, count, .. } = &self.statements;
            name = Some(c_string(&format!("{prefix}_{count}"))?);
        }
        let needs_primary = Cell::new(None);
        let is_prepared = name.is_none();
        Ok(Prepared { is_prepared, name, types, declared, sql, may_copy, needs_primary })
    }

    /// Prepares the statement at `place` unless the server knows it. One that fails is forgotten.
    pub(super) fn prepare(&mut self, place: usize) -> Result<()> {
        let statement = self.statements.cache.get(place);
        let Some(name) = statement.name.as_deref().filter(|_| !statement.is_prepared) else {
            return Ok(());
        };
        let prepared = self.prepare_as(name, &statement.sql, &statement.declared);
        self.note_prepared(place, prepared)
    }

    pub(super) fn note_prepared(&mut self, place: usize, prepared: Result<()>) -> Result<()> {
        let cache = &mut self.statements.cache;
        match prepared {
            Ok(()) => cache.get_mut(place).is_prepared = true,
            Err(error) => return Err(error.with_sql(cache.remove(place).sql())),
        }
        Ok(())
    }

    /// Prepares a statement under a name, with the types of its parameters.
    pub(super) fn prepare_as(&self, name: &CStr, sql: &CStr, types: &[ffi_oid]) -> Result<()> {
        let (name, sql) = (name.as_ptr(), sql.as_ptr());
        let (types, count) = (types.as_ptr(), types.len() as c_int);
        // SAFETY: the connection is alive, the texts end with NUL, and the number of types is correct.
        let answer = self.handle.answer(
            self.limit,
            |raw| unsafe { ffi::PQprepare(raw, name, sql, count, types) },
            |raw| unsafe { ffi::PQsendPrepare(raw, name, sql, count, types) },
        )?;
        self.check(answer).map(drop)
    }

    /// Makes the server drop statements that are no longer used. A failure does no harm: they end with the connection.
    /// Not in a transaction, which would fail too.
    fn deallocate(&mut self) {
        if self.statements.doomed.is_empty() || self.in_transaction() {
            return;
        }
        let names = self.statements.doomed.drain(..);
        let sql: String = names
            .filter_map(|name| Some(format!("DEALLOCATE {};", name.into_string().ok()?)))
            .collect();
        let _ = self.batch(&sql);
    }

    /// Runs a statement with the values in the buffers.
    pub(super) fn execute(&mut self, place: usize) -> Result<Answer> {
        let mut statement = self.statements.cache.get(place);
        if self.pending.is_some() || !statement.is_prepared || self.is_watching() {
            match Pipeline::find().filter(|_| !statement.may_copy) {
                Some(mode) => return self.execute_joined(mode, place),
                None => {
                    self.pass_alone()?;
                    self.begin_now()?;
                    self.prepare(place)?;
                    statement = self.statements.cache.get(place);
                }
            }
        }
        self.watcher.forget();
        let Some(name) = &statement.name else {
            return self
                .arguments
                .send_with(&self.handle, self.limit, &statement.sql, &statement.declared)
                .and_then(|answer| self.check(answer))
                .map_err(|error| error.with_sql(self.statements.cache.get(place).sql()));
        };
        let Arguments { buffers, pointers, lengths, formats, .. } = &mut self.arguments;
        buffers.parameters(pointers, lengths);
        let (name, count) = (name.as_ptr(), pointers.len() as c_int);
        let (values, lengths, formats) = (pointers.as_ptr(), lengths.as_ptr(), formats.as_ptr());
        // SAFETY: the connection is alive; the lists are as long as stated, their pointers are valid until the next
        // change of the buffers, and values in text form end with NUL. 1: the answer in binary form.
        let answer = self.handle.answer(
            self.limit,
            |raw| unsafe { ffi::PQexecPrepared(raw, name, count, values, lengths, formats, 1) },
            |raw| unsafe {
                ffi::PQsendQueryPrepared(raw, name, count, values, lengths, formats, 1)
            },
        );
        buffers.shrink();
        answer
            .and_then(|answer| self.check(answer))
            .map_err(|error| error.with_sql(self.statements.cache.get(place).sql()))
    }

    /// Runs a statement with the values in the buffers, and keeps nothing of it.
    pub(super) fn execute_once(&mut self, source: &dyn Source) -> Result<Answer> {
        let sql = source.sql(Dialect::Postgres)?;
        let text = c_string(&sql)?;
        let declared = declared(&sql, &self.arguments.types);
        if self.pending.is_some() || self.is_watching() {
            match Pipeline::find().filter(|_| !orm_lexer::mentions(&sql, "copy")) {
                Some(mode) => return self.execute_once_joined(mode, &text, &declared),
                None => {
                    self.pass_alone()?;
                    self.begin_now()?;
                }
            }
        }
        self.watcher.forget();
        self.arguments
            .send_with(&self.handle, self.limit, &text, &declared)
            .and_then(|answer| self.check(answer))
            .map_err(|error| error.with_sql(&sql))
    }
}

impl Postgres {
    /// Starts a statement with the values in the buffers, and returns the first of its rows.
    pub(super) fn start(&mut self, place: usize) -> Result<Answer> {
        self.watcher.forget();
        self.pass_alone()?;
        self.begin_now()?;
        self.prepare(place)?;
        let Prepared { name, sql, declared, .. } = self.statements.cache.get(place);
        let sent = self.arguments.start_with(&self.handle, name.as_deref(), sql, declared);
        sent.and_then(|sent| self.first_row(sent))
            .map_err(|error| error.with_sql(self.statements.cache.get(place).sql()))
    }

    /// The same for a statement of which nothing is kept.
    pub(super) fn start_once(&mut self, source: &dyn Source) -> Result<Answer> {
        self.watcher.forget();
        self.pass_alone()?;
        self.begin_now()?;
        let sql = source.sql(Dialect::Postgres)?;
        let text = c_string(&sql)?;
        let declared = declared(&sql, &self.arguments.types);
        let sent = self.arguments.start_with(&self.handle, None, &text, &declared);
        sent.and_then(|sent| self.first_row(sent)).map_err(|error| error.with_sql(&sql))
    }

    fn first_row(&self, sent: bool) -> Result<Answer> {
        if !sent {
            return Err(self.lost());
        }
        // SAFETY: the connection is alive, and nothing was read of what was sent.
        unsafe { ffi::PQsetSingleRowMode(self.handle.raw()) };
        let first = self.handle.next_result(self.limit).and_then(|first| self.check(first));
        if first.is_err() && !self.is_broken() {
            self.drain()?;
        }
        first
    }
}

impl Arguments {
    /// Sends a statement with the values in the buffers: by its name if it has one. Returns whether that worked.
    fn start_with(
        &mut self,
        handle: &Handle,
        name: Option<&CStr>,
        sql: &CStr,
        declared: &[ffi_oid],
    ) -> Result<bool> {
        handle.check_process()?;
        handle.note_exchange();
        let message = Message { name, sql, declared, prepares: false };
        Ok(message.send(handle.raw(), self))
    }

    /// Runs SQL with the values in the buffers, in one exchange with the server.
    fn send_with(
        &mut self,
        handle: &Handle,
        limit: Option<Limit>,
        sql: &CStr,
        declared: &[ffi_oid],
    ) -> Result<Option<Answer>> {
        let Self { buffers, pointers, lengths, formats, .. } = self;
        buffers.parameters(pointers, lengths);
        let (sql, count, types) = (sql.as_ptr(), pointers.len() as c_int, declared.as_ptr());
        let (values, lengths, formats) = (pointers.as_ptr(), lengths.as_ptr(), formats.as_ptr());
        // SAFETY: as for `execute`, and there are as many types as values.
        let answer = handle.answer(
            limit,
            |raw| unsafe { ffi::PQexecParams(raw, sql, count, types, values, lengths, formats, 1) },
            |raw| unsafe {
                ffi::PQsendQueryParams(raw, sql, count, types, values, lengths, formats, 1)
            },
        );
        buffers.shrink();
        answer
    }
}
