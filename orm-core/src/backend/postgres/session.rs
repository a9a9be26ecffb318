//! The state of a connection to PostgreSQL, and how it sends a statement.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::marker::PhantomData;
use std::ptr;

use pq_sys as ffi;
use rustc_hash::FxBuildHasher;

use super::arguments::Arguments;
use super::connect::Handle;
use super::deadline::Limit;
use super::error::{refusal, statement_error};
use super::extension;
#[cfg(feature = "tokio")]
use super::queue::Posted;
use super::result::Answer;
use super::statements::{Staleness, Statements};
use super::text::c_string;
use super::watcher::Watcher;
use crate::backend::any::postgres::{ParameterType, PostgresBinds, ffi_oid};
use crate::backend::epoch::Epoch;
use crate::backend::{AnyBinds, AnyValue, Backend, Isolation, Source, foreign_binds};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::is_sent_as_text;

/// The maximum number of parameters in the protocol.
pub(super) const MAX_PARAMETERS: usize = Dialect::Postgres.capabilities().parameters;

/// A connection to a PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres {
    pub(super) handle: Handle,
    pub(super) limit: Option<Limit>,
    pub(super) statements: Statements,
    pub(super) named_types: HashMap<&'static str, (ffi_oid, ffi_oid), FxBuildHasher>,
    pub(super) arguments: Arguments,
    pub(super) epoch: Epoch,
    /// The transaction that has begun, until something runs in it: until then, it can begin again.
    pub(super) untouched: Option<(Isolation, bool)>,
    /// The BEGIN that goes to the server with the next statement.
    pub(super) pending: Option<CString>,
    /// Whether there is a pooler in between, which may run each transaction in another session of the server.
    pub(super) is_pooled: bool,
    /// What is checked and found out while statements run.
    pub(super) watcher: Watcher,
    #[cfg(feature = "tokio")]
    pub(super) posted: Posted,
}

impl Postgres {
    /// Writes the values of `source` into the buffers.
    pub(super) fn collect(&mut self, source: &dyn Source) -> Result<()> {
        let mut buffers = std::mem::take(&mut self.arguments.buffers);
        buffers.clear();
        // No other current statement has this address, so none can be mistaken for it.
        let statement = (&raw const *self).addr();
        let mut binds =
            AnyBinds::Postgres(PostgresBinds { buffers, statement, query: PhantomData });
        let bound = source.bind(&mut binds, Dialect::Postgres);
        match binds {
            AnyBinds::Postgres(binds) if binds.statement == statement => {
                self.arguments.buffers = binds.buffers;
            }
            _ => return Err(foreign_binds()),
        }
        bound?;
        if self.arguments.buffers.len() > MAX_PARAMETERS {
            let message = format!(
                "the statement has {} parameters, but PostgreSQL accepts at most {MAX_PARAMETERS}: split it",
                self.arguments.buffers.len()
            );
            return Err(Error::new(ErrorKind::Query, message));
        }
        self.resolve_types()
    }

    pub(super) fn resolve_types(&mut self) -> Result<()> {
        self.arguments.types.clear();
        self.arguments.formats.clear();
        for index in 0..self.arguments.buffers.types.len() {
            let (oid, as_text) = match self.arguments.buffers.types[index] {
                ParameterType::Known(oid) => (oid, is_sent_as_text(oid)),
                ParameterType::Named { name, array } => {
                    let (one, many) = self.named_type(name)?;
                    (if array { many } else { one }, true)
                }
            };
            self.arguments.types.push(oid);
            // 0: text form, 1: binary form.
            self.arguments.formats.push(c_int::from(!as_text));
        }
        Ok(())
    }

    /// Returns the numbers of a type of the database's own, and of the array of it.
    pub(super) fn named_type(&mut self, name: &'static str) -> Result<(ffi_oid, ffi_oid)> {
        if let Some(found) = self.named_types.get(name) {
            self.statements.reused = true;
            return Ok(*found);
        }
        let quoted = Dialect::Postgres.quote_ident(name);
        let sql = "SELECT oid::int8, typarray::int8 FROM pg_type WHERE oid = to_regtype($1)";
        let rows = self.ask_in_place(sql, &[&quoted])?;
        let number = |value: &Option<String>| value.as_ref().and_then(|text| text.parse().ok());
        let found =
            rows.first().and_then(|row| Some((number(row.first()?)?, number(row.get(1)?)?)));
        let Some(found) = found else {
            let error = Error::new(
                ErrorKind::UndefinedTable,
                format!("the database has no type \"{name}\", which a column of this program uses"),
            );
            return Err(match extension::for_type(name) {
                Some(advice) => error.with_hint(advice),
                None => error,
            });
        };
        self.named_types.insert(name, found);
        Ok(found)
    }

    /// Returns the answer, or the error in it.
    pub(super) fn check(&self, answer: Option<Answer>) -> Result<Answer> {
        use ffi::ExecStatusType as Status;
        let Some(answer) = answer else {
            return Err(self.lost());
        };
        match answer.status() {
            Status::PGRES_TUPLES_OK | Status::PGRES_SINGLE_TUPLE => Ok(answer),
            Status::PGRES_COMMAND_OK => {
                if answer.is_of("LISTEN") {
                    self.handle.spend();
                }
                Ok(answer)
            }
            _ if answer.is_copy() => Err(self.end_copy()),
            Status::PGRES_EMPTY_QUERY => {
                Err(Error::new(ErrorKind::Query, "the SQL contains no statement"))
            }
            _ => {
                let error = statement_error(&answer);
                let inner = answer.error_field(ffi::PG_DIAG_INTERNAL_QUERY);
                self.statements.in_function.set(inner.is_some());
                if self.is_broken() && error.kind() != ErrorKind::Network {
                    return Err(match last_words(&answer) {
                        Some(reason) => lost_by(&reason),
                        None => self.lost(),
                    });
                }
                Err(error)
            }
        }
    }

    pub(super) fn lost(&self) -> Error {
        // SAFETY: the connection is alive, lost or not, and so is its message.
        let message = unsafe { CStr::from_ptr(ffi::PQerrorMessage(self.handle.raw())) };
        let message = message.to_string_lossy();
        lost_by(message.lines().next().unwrap_or_default().trim())
    }

    /// Ends a COPY: there is no source for its rows and nobody to read them.
    #[cold]
    pub(super) fn end_copy(&self) -> Error {
        if let Err(error) = self.handle.end_copy(self.limit) {
            return error;
        }
        Error::new(
            ErrorKind::Query,
            "COPY with the client's rows (FROM STDIN, TO STDOUT) is not supported",
        )
        .with_hint("insert rows with `insert_all`, load them with `load`, or use psql's `\\copy`")
    }

    /// The plans and the numbers of types are those of the old schema.
    #[cold]
    pub(super) fn forget_all(&mut self) {
        self.epoch = Epoch::now();
        self.statements.doom_all();
        self.named_types.clear();
    }

    /// Writes the values and runs the statement; `named` if the server may keep it.
    pub(super) fn attempt(&mut self, source: &dyn Source, named: bool) -> Result<Answer> {
        let place = self.ready(source, named)?;
        self.check_is_read(source, place)?;
        match place {
            Some(place) => self.execute(place),
            None => self.execute_once(source),
        }
    }

    /// Writes the values and starts the statement, whose rows arrive one by one; returns the first of them.
    pub(super) fn attempt_rows(&mut self, source: &dyn Source, named: bool) -> Result<Answer> {
        let place = self.ready(source, named)?;
        self.check_is_read(source, place)?;
        match place {
            Some(place) => self.start(place),
            None => self.start_once(source),
        }
    }

    /// Writes the values, and returns the place of the prepared statement if the server may keep it.
    #[inline]
    pub(super) fn ready(&mut self, source: &dyn Source, named: bool) -> Result<Option<usize>> {
        self.statements.reused = false;
        self.collect(source).map_err(|error| with_sql(source, error))?;
        if named { self.find_or_prepare(source).map(Some) } else { Ok(None) }
    }

    /// After an error, runs a statement again that the server refused before it began, because the connection
    /// remembered something that is no longer true.
    #[cold]
    pub(super) fn recover(&mut self, source: &dyn Source, error: Error) -> Result<Answer> {
        self.forgive(error)?;
        // Without a name, which could be lost again.
        self.attempt(source, false)
    }

    /// Forgets what the connection remembered, if the error says that it is no longer true. The statement can then run
    /// again.
    #[cold]
    pub(super) fn forgive(&mut self, error: Error) -> Result<()> {
        let Some(staleness) = self.statements.staleness(&error) else {
            return Err(error);
        };
        self.forget(staleness);
        if self.in_transaction() {
            let Some((isolation, read_only)) = self.untouched.take() else {
                return Err(changed_in_transaction(&error));
            };
            // Nothing was done in it.
            let begin = self.begin_sql(isolation, read_only);
            self.batch("ROLLBACK")?;
            self.begin(&begin)?;
        }
        Ok(())
    }

    /// Forgets what is no longer true.
    #[cold]
    pub(super) fn forget(&mut self, staleness: Staleness) {
        self.named_types.clear();
        match staleness {
            Staleness::Lost => self.statements.lose_all(),
            Staleness::Changed => self.statements.doom_all(),
        }
    }

    /// [`ask`](Backend::ask), which doesn't count as work of the transaction.
    pub(super) fn ask_in_place(
        &mut self,
        sql: &str,
        values: &[&str],
    ) -> Result<Vec<Vec<Option<String>>>> {
        let sql = c_string(sql)?;
        let values = values.iter().map(|value| c_string(value)).collect::<Result<Vec<_>>>()?;
        let pointers: Vec<*const c_char> = values.iter().map(|value| value.as_ptr()).collect();
        let (sql, count, values) = (sql.as_ptr(), pointers.len() as c_int, pointers.as_ptr());
        let none = ptr::null();
        // SAFETY: the connection is alive and the texts end with NUL. 0: text form.
        let answer = self.handle.answer(
            self.limit,
            |raw| unsafe {
                ffi::PQexecParams(raw, sql, count, none, values, ptr::null(), ptr::null(), 0)
            },
            |raw| unsafe {
                ffi::PQsendQueryParams(raw, sql, count, none, values, ptr::null(), ptr::null(), 0)
            },
        )?;
        let answer = self.check(answer)?;
        let text = |value: AnyValue<'_>| match value {
            AnyValue::Postgres { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        let types = answer.types();
        let row = |index| {
            let row = answer.row(index, &types);
            (0..row.field_count()).map(|column| row.value(column).map(text)).collect()
        };
        Ok((0..answer.rows()).map(row).collect())
    }

    /// Finds out the properties of the session.
    pub(super) fn begin_session(&mut self) -> Result<()> {
        // The server reports this by itself. mizzle's SQL contains backslashes that stand for themselves.
        // SAFETY: the connection is alive, and the text is valid until the next call.
        let told = unsafe {
            ffi::PQparameterStatus(self.handle.raw(), c"standard_conforming_strings".as_ptr())
        };
        // SAFETY: see above.
        if !told.is_null() && unsafe { CStr::from_ptr(told) } == c"off" {
            self.batch("SET standard_conforming_strings = on")?;
        }
        // A pooler reports not the server's process, but a number for cancel requests.
        let rows = self.ask("SELECT pg_backend_pid()", &[])?;
        let asked = rows.into_iter().flatten().next().flatten();
        // SAFETY: see above.
        let told = unsafe { ffi::PQbackendPID(self.handle.raw()) };
        self.is_pooled = asked.is_none_or(|asked| asked != told.to_string());
        Ok(())
    }

    pub(super) fn execute_text(&self, sql: &CStr, limit: Option<Limit>) -> Result<()> {
        let sql = sql.as_ptr();
        // SAFETY: the connection is alive and the text ends with NUL.
        let answer = self.handle.answer(
            limit,
            |raw| unsafe { ffi::PQexec(raw, sql) },
            |raw| unsafe { ffi::PQsendQuery(raw, sql) },
        )?;
        self.check(answer).map(drop)
    }

    /// Runs text of one statement, by the protocol that accepts only one.
    pub(super) fn execute_one(&self, sql: &str) -> Result<()> {
        let text = c_string(sql)?;
        let (text, none) = (text.as_ptr(), ptr::null());
        let (types, values, lengths) = (ptr::null(), ptr::null(), ptr::null());
        // SAFETY: the connection is alive and the text ends with NUL; there are no parameters. 0: text form.
        let answer = self.handle.answer(
            self.limit,
            |raw| unsafe { ffi::PQexecParams(raw, text, 0, types, values, lengths, none, 0) },
            |raw| unsafe { ffi::PQsendQueryParams(raw, text, 0, types, values, lengths, none, 0) },
        )?;
        self.check(answer).map(drop)
    }

    pub(super) fn transaction_status(&self) -> ffi::PGTransactionStatusType {
        // SAFETY: the connection is alive.
        unsafe { ffi::PQtransactionStatus(self.handle.raw()) }
    }

    /// Returns whether the server has no open transaction, and runs no statement.
    pub(super) fn server_is_idle(&self) -> bool {
        self.transaction_status() == ffi::PGTransactionStatusType::PQTRANS_IDLE
    }
}

/// Returns the error of a lost connection. Of the last words of a server or a pooler, libpq may have kept only the text.
fn lost_by(reason: &str) -> Error {
    let lost = format!("the connection to the server is lost: {reason}");
    if reason.starts_with("FATAL:") { refusal(&lost) } else { Error::new(ErrorKind::Network, lost) }
}

/// Returns the message with which a server or a pooler ended the connection.
fn last_words(answer: &Answer) -> Option<String> {
    let severity = answer.error_field(ffi::PG_DIAG_SEVERITY)?;
    let message = answer.error_field(ffi::PG_DIAG_MESSAGE_PRIMARY)?;
    Some(format!("{severity}:  {message}"))
}

#[cold]
pub(super) fn with_sql(source: &dyn Source, error: Error) -> Error {
    match source.sql(Dialect::Postgres) {
        Ok(sql) => error.with_sql(&sql),
        Err(_) => error,
    }
}

/// Returns an error like that of a conflict: the transaction can only run again.
pub(super) fn changed_in_transaction(error: &Error) -> Error {
    let message = "the schema or the session was changed while the transaction was open";
    let changed = Error::new(ErrorKind::Serialization, message)
        .with_database_code(error.database_code().unwrap_or_default());
    match error.sql() {
        Some(sql) => changed.with_sql(sql),
        None => changed,
    }
}
