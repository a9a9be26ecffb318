//! A connection to a PostgreSQL database.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::marker::PhantomData;
use std::ptr;
use std::time::Duration;

use pq_sys as ffi;
use rustc_hash::FxBuildHasher;

use super::binds::{Buffers, ParameterType, PostgresBinds, ffi_oid};
use super::compared::is_text;
use super::connect::Handle;
use super::deadline::Limit;
use super::error::statement_error;
use super::result::Answer;
use super::statements::{Staleness, Statements};
use crate::backend::epoch::Epoch;
use crate::backend::{
    AnyBinds, AnyRow, AnyValue, Backend, ConnectOptions, Flow, Isolation, Limits, Prepare, Source,
    Target, foreign_binds,
};
use crate::dialect::Dialect;
use crate::error::{ConstraintKind, Error, ErrorKind, Result};
use crate::schema::names;

/// The longest message that the server takes, without room for what surrounds SQL and values in it.
pub(super) const LONGEST_MESSAGE: usize = (1 << 30) - (1 << 20);

/// The most parameters that the protocol can count.
const MAX_PARAMETERS: usize = Dialect::Postgres.most_parameters();

/// A connection to a PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres {
    pub(super) handle: Handle,
    pub(super) limit: Option<Limit>,
    pub(super) statements: Statements,
    named_types: HashMap<&'static str, (ffi_oid, ffi_oid), FxBuildHasher>,
    pub(super) arguments: Arguments,
    epoch: Epoch,
    /// The transaction that has begun, until something is run in it: as long as that is so it can begin again.
    untouched: Option<(Isolation, bool)>,
    /// Whether a pooler stands between, which may hand each transaction to another session of the server's.
    is_pooled: bool,
}

/// What a call of libpq's takes, kept to be used again.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) buffers: Buffers,
    pub(super) types: Vec<ffi_oid>,
    pub(super) pointers: Vec<*const c_char>,
    pub(super) lengths: Vec<c_int>,
    pub(super) formats: Vec<c_int>,
}

// SAFETY: the pointers are only read during the call that they were made for.
unsafe impl Send for Arguments {}

impl Postgres {
    /// Writes the values of `source` into the buffers.
    fn collect(&mut self, source: &dyn Source) -> Result<()> {
        let mut buffers = std::mem::take(&mut self.arguments.buffers);
        buffers.clear();
        // Unlike that of any other statement at the moment, so that none can take its place.
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
                "the statement has {} parameters, and PostgreSQL takes {MAX_PARAMETERS}: split it",
                self.arguments.buffers.len()
            );
            return Err(Error::new(ErrorKind::Query, message));
        }
        self.resolve_types()
    }

    fn resolve_types(&mut self) -> Result<()> {
        self.arguments.types.clear();
        self.arguments.formats.clear();
        for index in 0..self.arguments.buffers.types.len() {
            let oid = match self.arguments.buffers.types[index] {
                ParameterType::Known(oid) => oid,
                ParameterType::Named { name, array } => {
                    let (one, many) = self.named_type(name)?;
                    if array {
                        self.arguments.buffers.set_element_type(index, one);
                    }
                    if array { many } else { one }
                }
            };
            self.arguments.types.push(oid);
            // 0: text form, 1: binary form.
            self.arguments.formats.push(c_int::from(!is_text(oid)));
        }
        Ok(())
    }

    /// The numbers of a type of the database's own, and of the array of it.
    fn named_type(&mut self, name: &'static str) -> Result<(ffi_oid, ffi_oid)> {
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
            return Err(Error::new(
                ErrorKind::UndefinedTable,
                format!("the database has no type \"{name}\", which a column of this program has"),
            ));
        };
        self.named_types.insert(name, found);
        Ok(found)
    }

    /// The answer, or the error that it is.
    pub(super) fn check(&self, answer: Option<Answer>) -> Result<Answer> {
        use ffi::ExecStatusType as Status;
        let Some(answer) = answer else {
            return Err(self.lost());
        };
        match answer.status() {
            Status::PGRES_TUPLES_OK => Ok(answer),
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
                    return Err(self.lost());
                }
                Err(error)
            }
        }
    }

    fn lost(&self) -> Error {
        // SAFETY: the connection is alive, lost or not, and its message with it.
        let message = unsafe { CStr::from_ptr(ffi::PQerrorMessage(self.handle.raw())) };
        let message = message.to_string_lossy();
        let reason = message.lines().next().unwrap_or_default().trim();
        Error::new(ErrorKind::Network, format!("the connection to the server is lost: {reason}"))
    }

    /// Ends a COPY, which has no rows to read and no place to write them.
    #[cold]
    fn end_copy(&self) -> Error {
        self.handle.end_copy();
        Error::new(
            ErrorKind::Query,
            "COPY with the client's rows (FROM STDIN, TO STDOUT) is not supported",
        )
        .with_hint("insert rows with `insert_all`, load them with `load`, or use psql's `\\copy`")
    }

    /// The plans and the numbers of types are as the schema was.
    #[cold]
    fn forget_all(&mut self) {
        self.epoch = Epoch::now();
        self.statements.doom_all();
        self.named_types.clear();
    }

    /// Writes the values and runs the statement; `named` where the server may keep it.
    fn attempt(&mut self, source: &dyn Source, named: bool) -> Result<Answer> {
        self.statements.reused = false;
        self.collect(source).map_err(|error| with_sql(source, error))?;
        if !named {
            return self.execute_once(source);
        }
        let place = self.find_or_prepare(source)?;
        self.execute(place)
    }

    /// After an error: runs a statement again that the server refused before it began, for what the connection
    /// remembered is no longer so.
    #[cold]
    fn recover(&mut self, source: &dyn Source, error: Error) -> Result<Answer> {
        let Some(staleness) = self.statements.staleness(&error) else {
            return Err(error);
        };
        self.named_types.clear();
        match staleness {
            Staleness::Lost => self.statements.lose_all(),
            Staleness::Changed => self.statements.doom_all(),
        }
        if self.in_transaction() {
            let Some((isolation, read_only)) = self.untouched.take() else {
                return Err(changed_in_transaction(&error));
            };
            // Nothing was done in it.
            let begin = self.begin_sql(isolation, read_only);
            self.batch("ROLLBACK")?;
            self.batch(&begin)?;
        }
        // Without a name, which could be lost once more.
        self.attempt(source, false)
    }

    /// [`ask`](Backend::ask), which doesn't count as work of the transaction's.
    fn ask_in_place(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
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

    /// Learns what the session is.
    fn begin_session(&mut self) -> Result<()> {
        // The server tells this by itself. mizzle's SQL has backslashes that are to be themselves.
        // SAFETY: the connection is alive, and the text as well, until the next call.
        let told = unsafe {
            ffi::PQparameterStatus(self.handle.raw(), c"standard_conforming_strings".as_ptr())
        };
        // SAFETY: see above.
        if !told.is_null() && unsafe { CStr::from_ptr(told) } == c"off" {
            self.batch("SET standard_conforming_strings = on")?;
        }
        // A pooler has processes of its own to cancel.
        let rows = self.ask("SELECT pg_backend_pid()", &[])?;
        let asked = rows.into_iter().flatten().next().flatten();
        // SAFETY: see above.
        let told = unsafe { ffi::PQbackendPID(self.handle.raw()) };
        self.is_pooled = asked.is_none_or(|asked| asked != told.to_string());
        Ok(())
    }

    fn execute_text(&self, sql: &CStr, limit: Option<Limit>) -> Result<()> {
        let sql = sql.as_ptr();
        // SAFETY: the connection is alive and the text ends with NUL.
        let answer = self.handle.answer(
            limit,
            |raw| unsafe { ffi::PQexec(raw, sql) },
            |raw| unsafe { ffi::PQsendQuery(raw, sql) },
        )?;
        self.check(answer).map(drop)
    }

    fn transaction_status(&self) -> ffi::PGTransactionStatusType {
        // SAFETY: the connection is alive.
        unsafe { ffi::PQtransactionStatus(self.handle.raw()) }
    }
}

/// Whether SQL text may make the session listen to notifications, which nobody would read. Statements that a
/// text hides, such as in a function, are noticed when something comes.
fn speaks_of_listen(sql: &str) -> bool {
    const WORD: &[u8] = b"listen";
    sql.as_bytes().windows(WORD.len()).any(|part| part.eq_ignore_ascii_case(WORD))
}

#[cold]
fn with_sql(source: &dyn Source, error: Error) -> Error {
    match source.sql(Dialect::Postgres) {
        Ok(sql) => error.with_sql(&sql),
        Err(_) => error,
    }
}

/// The transaction can only be run again, as one that met another.
fn changed_in_transaction(error: &Error) -> Error {
    let message = "the schema or the session was changed while the transaction was open";
    let changed = Error::new(ErrorKind::Serialization, message)
        .with_database_code(error.database_code().unwrap_or_default());
    match error.sql() {
        Some(sql) => changed.with_sql(sql),
        None => changed,
    }
}

/// The columns that the conventional name of a constraint tells, where it leaves no doubt. `told` are those
/// of the server's message: a foreign key's own, or as many of the parent's.
fn columns_by_name(kind: ConstraintKind, name: &str, table: &str, told: &[String]) -> Vec<String> {
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    let is_foreign_key = kind == ConstraintKind::ForeignKey;
    if is_foreign_key && names::foreign_key(table, &told) == name {
        return told.into_iter().map(Into::into).collect();
    }
    let suffix = if is_foreign_key { "_fkey" } else { "_check" };
    let stem = name
        .strip_prefix(table)
        .and_then(|rest| rest.strip_prefix('_'))
        .and_then(|rest| rest.strip_suffix(suffix));
    let Some(stem) = stem else {
        return Vec::new();
    };
    let columns = match told.len() {
        0 | 1 => vec![stem],
        count => {
            let parts: Vec<&str> = stem.split('_').collect();
            if parts.len() == count { parts } else { Vec::new() }
        }
    };
    // A long name ends in a hash.
    let again = if is_foreign_key {
        names::foreign_key(table, &columns)
    } else {
        names::check(table, stem)
    };
    let sure = again == name && !columns.is_empty();
    if sure { columns.into_iter().map(Into::into).collect() } else { Vec::new() }
}

pub(super) fn c_string(text: &str) -> Result<CString> {
    if text.len() > LONGEST_MESSAGE {
        let message = format!(
            "the SQL has {} bytes, and PostgreSQL takes {LONGEST_MESSAGE}: split it",
            text.len()
        );
        return Err(Error::new(ErrorKind::Query, message));
    }
    CString::new(text).map_err(|_| Error::new(ErrorKind::Query, "the SQL contains a NUL character"))
}

impl Backend for Postgres {
    fn connect(target: &Target, options: &ConnectOptions) -> Result<Self> {
        let (handle, is_set) = Handle::open(&target.address, options)?;
        let mut connection = Self {
            handle,
            limit: Some(Limit::hard(options.connect_timeout)),
            statements: Statements::new(),
            named_types: HashMap::default(),
            arguments: Arguments::default(),
            epoch: Epoch::now(),
            untouched: None,
            is_pooled: false,
        };
        connection.begin_session()?;
        let prepare = target.prepare.unwrap_or(options.prepare);
        let named = prepare == Prepare::Always || prepare == Prepare::Auto && !connection.is_pooled;
        connection.statements.name_them(named);
        // A pooler may have kept the setting to itself.
        let is_set = is_set && !connection.is_pooled;
        connection.limit =
            options.statement_timeout.map(|timeout| Limit::of_statements(timeout, is_set));
        Ok(connection)
    }

    fn prepare_database(&mut self, _: &Target) -> Result<()> {
        Ok(())
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn limits(&self) -> Limits {
        Limits { parameters: MAX_PARAMETERS, insert_rows: 1000 }
    }

    fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<usize> {
        if self.epoch.is_over() {
            self.forget_all();
        }
        let answer = match self.attempt(source, true) {
            Ok(answer) => answer,
            Err(error) => self.recover(source, error)?,
        };
        self.untouched = None;
        let types = answer.types();
        for index in 0..answer.rows() {
            match on_row(&AnyRow::Postgres(answer.row(index, &types))) {
                Ok(Flow::Continue) => {}
                Ok(Flow::Stop) => break,
                Err(error) => return Err(with_sql(source, error)),
            }
        }
        Ok(answer.changed())
    }

    fn ping(&mut self, limit: Duration) -> Result<()> {
        self.execute_text(c"SELECT 1", Some(Limit::hard(limit)))
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.untouched = None;
        if speaks_of_listen(sql) {
            self.handle.spend();
        }
        let text = c_string(sql)?;
        self.execute_text(&text, self.limit).map_err(|error| error.with_sql(sql))
    }

    /// By the protocol that takes one statement alone.
    fn batch_one(&mut self, sql: &str) -> Result<()> {
        let text = c_string(sql)?;
        let (text, none) = (text.as_ptr(), ptr::null());
        let (types, values, lengths) = (ptr::null(), ptr::null(), ptr::null());
        // SAFETY: the connection is alive and the text ends with NUL; there are no parameters. 0: text form.
        let answer = self.handle.answer(
            self.limit,
            |raw| unsafe { ffi::PQexecParams(raw, text, 0, types, values, lengths, none, 0) },
            |raw| unsafe { ffi::PQsendQueryParams(raw, text, 0, types, values, lengths, none, 0) },
        )?;
        self.check(answer).map(drop).map_err(|error| error.with_sql(sql))
    }

    fn lift_time_limit(&mut self) -> Result<()> {
        // Behind a pooler the server doesn't know the limit, and the session is somebody else's.
        if self.limit.take().is_some() && !self.is_pooled {
            self.batch("SET statement_timeout = 0")?;
        }
        Ok(())
    }

    fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    fn began(&mut self, isolation: Isolation, read_only: bool) {
        self.untouched = Some((isolation, read_only));
    }

    fn is_spent(&self) -> bool {
        self.handle.is_spent()
    }

    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        self.untouched = None;
        self.ask_in_place(sql, values)
    }

    /// The server tells nothing while a statement runs.
    fn batch_one_counting(&mut self, sql: &str, _: &str, _: &mut dyn FnMut(u64)) -> Result<u64> {
        self.batch_one(sql).map(|()| 0)
    }

    fn begin_sql(&self, isolation: Isolation, read_only: bool) -> String {
        let isolation = match isolation {
            Isolation::Default => "",
            Isolation::ReadCommitted => " ISOLATION LEVEL READ COMMITTED",
            Isolation::RepeatableRead => " ISOLATION LEVEL REPEATABLE READ",
            Isolation::Serializable => " ISOLATION LEVEL SERIALIZABLE",
        };
        format!("BEGIN{isolation}{}", if read_only { " READ ONLY" } else { "" })
    }

    fn in_transaction(&self) -> bool {
        !matches!(self.transaction_status(), ffi::PGTransactionStatusType::PQTRANS_IDLE)
    }

    /// The server would answer COMMIT by rolling back, without an error.
    fn transaction_failed(&self) -> bool {
        matches!(self.transaction_status(), ffi::PGTransactionStatusType::PQTRANS_INERROR)
    }

    fn is_broken(&self) -> bool {
        // SAFETY: the connection is alive.
        !matches!(unsafe { ffi::PQstatus(self.handle.raw()) }, ffi::ConnStatusType::CONNECTION_OK)
    }

    /// The server names the constraint, but not the columns of a foreign key or a check. In a failed
    /// transaction it answers nothing more: then they are read from the conventional name.
    fn describe_violation(&mut self, error: &mut Error, _: Option<&dyn Source>) {
        let can_ask =
            matches!(self.transaction_status(), ffi::PGTransactionStatusType::PQTRANS_IDLE);
        let Some(constraint) = error.constraint_mut() else {
            return;
        };
        let (Some(name), Some(table)) = (&constraint.name, &constraint.table) else {
            return error.refresh_message();
        };
        if !matches!(constraint.kind, ConstraintKind::ForeignKey | ConstraintKind::Check) {
            return error.refresh_message();
        }
        let sql = "SELECT a.attname FROM pg_constraint c \
             CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY k (number, place) \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number \
             WHERE c.conname = $1 AND c.conrelid = to_regclass(quote_ident($2)) ORDER BY k.place";
        let asked = if can_ask { self.ask(sql, &[name, table]).ok() } else { None };
        let asked = asked.map(|rows| -> Vec<String> {
            rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
        });
        constraint.columns = match (constraint.kind, asked) {
            // A check over a whole row has no columns, whichever it mentions.
            (ConstraintKind::Check, Some(columns)) => {
                columns.into_iter().filter(|column| names::check(table, column) == *name).collect()
            }
            (_, Some(columns)) if !columns.is_empty() => columns,
            (kind, _) => columns_by_name(kind, name, table, &constraint.columns),
        };
        error.refresh_message();
    }

    /// In a failed transaction the server answers nothing more.
    fn are_literal(&mut self, words: &str) -> bool {
        let can_ask =
            matches!(self.transaction_status(), ffi::PGTransactionStatusType::PQTRANS_IDLE);
        let sql = "SELECT 1::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang \
             WHERE l.lanname = 'plpgsql' AND position($1 IN p.prosrc) > 0 LIMIT 1";
        // A percent sign is written twice there.
        let literal = format!("'{}'", words.replace('\'', "''").replace('%', "%%"));
        can_ask && self.ask(sql, &[&literal]).is_ok_and(|rows| !rows.is_empty())
    }
}
