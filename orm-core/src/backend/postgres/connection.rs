//! A connection to a PostgreSQL database.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::marker::PhantomData;
use std::ptr;
use std::time::Duration;

use pq_sys as ffi;
use rustc_hash::FxBuildHasher;

use super::binds::{Buffers, ParameterType, PostgresBinds, ffi_oid};
use super::connect::Handle;
use super::error::statement_error;
use super::result::Answer;
use super::words::STALE_PLAN;
use crate::backend::cache::StatementCache;
use crate::backend::epoch::Epoch;
use crate::backend::{
    AnyBinds, AnyRow, AnyValue, Backend, ConnectOptions, Flow, Isolation, Limits, Source, Target,
};
use crate::dialect::Dialect;
use crate::error::{ConstraintKind, Error, ErrorKind, Result};
use crate::schema::names;

/// The most parameters that the protocol can count.
const MAX_PARAMETERS: usize = 65_535;

/// A connection to a PostgreSQL database.
#[derive(Debug)]
pub(crate) struct Postgres {
    handle: Handle,
    /// How long the client waits for an answer: the server's own time-out and some time for the way.
    limit: Option<Duration>,
    cache: StatementCache<Prepared>,
    named_types: HashMap<&'static str, (ffi_oid, ffi_oid), FxBuildHasher>,
    prepared: u64,
    arguments: Arguments,
    epoch: Epoch,
}

/// A statement that the server keeps prepared.
#[derive(Debug)]
struct Prepared {
    name: CString,
    types: Box<[ffi_oid]>,
    sql: std::sync::Arc<str>,
}

/// What a call of libpq's takes, kept to be used again.
#[derive(Debug, Default)]
struct Arguments {
    buffers: Buffers,
    types: Vec<ffi_oid>,
    pointers: Vec<*const c_char>,
    lengths: Vec<c_int>,
    formats: Vec<c_int>,
}

// SAFETY: the pointers are only read during the call that they were made for.
unsafe impl Send for Arguments {}

impl Postgres {
    /// Writes the values of `source` into the buffers.
    fn collect(&mut self, source: &dyn Source) -> Result<()> {
        let mut buffers = std::mem::take(&mut self.arguments.buffers);
        buffers.clear();
        let mut binds = AnyBinds::Postgres(PostgresBinds { buffers, query: PhantomData });
        let bound = source.bind(&mut binds, Dialect::Postgres);
        if let AnyBinds::Postgres(binds) = binds {
            self.arguments.buffers = binds.buffers;
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
        }
        Ok(())
    }

    /// The numbers of a type of the database's own, and of the array of it.
    fn named_type(&mut self, name: &'static str) -> Result<(ffi_oid, ffi_oid)> {
        if let Some(found) = self.named_types.get(name) {
            return Ok(*found);
        }
        let quoted = Dialect::Postgres.quote_ident(name);
        let sql = "SELECT oid::int8, typarray::int8 FROM pg_type WHERE oid = to_regtype($1)";
        let rows = self.ask(sql, &[&quoted])?;
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
    fn check(&self, answer: Option<Answer>) -> Result<Answer> {
        use ffi::ExecStatusType as Status;
        let Some(answer) = answer else {
            return Err(self.lost());
        };
        match answer.status() {
            Status::PGRES_COMMAND_OK | Status::PGRES_TUPLES_OK => Ok(answer),
            Status::PGRES_EMPTY_QUERY => {
                Err(Error::new(ErrorKind::Query, "the SQL contains no statement"))
            }
            _ => {
                let error = statement_error(&answer);
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

    fn find_or_prepare(&mut self, source: &dyn Source) -> Result<usize> {
        let key = source.key(Dialect::Postgres)?;
        let mut found = key.as_ref().and_then(|key| self.cache.find_key(key));
        let mut sql = None;
        if found.is_none() {
            let text = sql.insert(self.cache.text_of(source, Dialect::Postgres)?);
            if key.is_none() {
                found = self.cache.find_text(text);
            }
        }
        if let Some(place) = found {
            // The same text may come with values of other types.
            if *self.cache.get(place).types == *self.arguments.types {
                if let Some(sql) = sql {
                    self.cache.reuse(sql);
                }
                return Ok(place);
            }
            self.forget(place);
        }
        let sql = match sql {
            Some(sql) => sql,
            None => self.cache.text_of(source, Dialect::Postgres)?,
        };
        let statement = self.prepare(&sql).map_err(|error| error.with_sql(&sql))?;
        let (place, evicted) = self.cache.insert(key, &sql, statement);
        self.cache.reuse(sql);
        if let Some(evicted) = evicted {
            self.deallocate(&evicted);
        }
        Ok(place)
    }

    fn prepare(&mut self, sql: &str) -> Result<Prepared> {
        self.prepared += 1;
        let name = c_string(&format!("mizzle_{}", self.prepared))?;
        let text = c_string(sql)?;
        let (types, count) = (self.arguments.types.as_ptr(), self.arguments.types.len() as c_int);
        let (name_text, sql_text) = (name.as_ptr(), text.as_ptr());
        // SAFETY: the connection is alive, the texts end with NUL, and there are as many types as said.
        let answer = self.handle.answer(
            self.limit,
            |raw| unsafe { ffi::PQprepare(raw, name_text, sql_text, count, types) },
            |raw| unsafe { ffi::PQsendPrepare(raw, name_text, sql_text, count, types) },
        )?;
        self.check(answer)?;
        Ok(Prepared { name, types: self.arguments.types.as_slice().into(), sql: sql.into() })
    }

    fn forget(&mut self, place: usize) {
        let statement = self.cache.remove(place);
        self.deallocate(&statement);
    }

    /// The plans and the numbers of types are as the schema was. Failing is fine: see `deallocate`.
    #[cold]
    fn forget_all(&mut self) {
        self.epoch = Epoch::now();
        self.cache = StatementCache::new();
        self.named_types.clear();
        let _ = self.batch("DEALLOCATE ALL");
    }

    /// Failing is fine: the server forgets the statement with the connection. In a failed transaction it
    /// can't be done at all.
    fn deallocate(&mut self, statement: &Prepared) {
        if let Ok(name) = statement.name.to_str() {
            let _ = self.batch(&format!("DEALLOCATE {name}"));
        }
    }

    /// Runs a prepared statement with the values in the buffers.
    fn execute(&mut self, place: usize) -> Result<Answer> {
        let statement = self.cache.get(place);
        let Arguments { buffers, pointers, lengths, formats, .. } = &mut self.arguments;
        buffers.parameters(pointers, lengths);
        formats.resize(pointers.len(), 1);
        let (name, count) = (statement.name.as_ptr(), pointers.len() as c_int);
        let (values, lengths, formats) = (pointers.as_ptr(), lengths.as_ptr(), formats.as_ptr());
        // SAFETY: the connection is alive; the lists are as long as said, and what they point to lives
        // until the next change of the buffers. 1: binary form.
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
            .map_err(|error| error.with_sql(&self.cache.get(place).sql))
    }

    fn execute_text(&self, sql: &CStr, limit: Option<Duration>) -> Result<()> {
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

/// A plan that the server made before somebody changed the table.
fn is_stale_plan(error: &Error) -> bool {
    error.database_code() == Some("0A000") && error.to_string() == STALE_PLAN
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

fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::new(ErrorKind::Query, "the SQL contains a NUL character"))
}

impl Backend for Postgres {
    fn connect(target: &Target, options: &ConnectOptions) -> Result<Self> {
        /// For the way to the server and back, so that it is the server that ends a statement if it can.
        const WAY: Duration = Duration::from_secs(1);
        let mut connection = Self {
            handle: Handle::open(&target.address, options)?,
            limit: options.statement_timeout.map(|timeout| timeout.saturating_add(WAY)),
            cache: StatementCache::new(),
            named_types: HashMap::default(),
            prepared: 0,
            arguments: Arguments::default(),
            epoch: Epoch::now(),
        };
        if let Some(timeout) = options.statement_timeout {
            let milliseconds = timeout.as_millis().clamp(1, i32::MAX as u128);
            connection.batch(&format!("SET statement_timeout = {milliseconds}"))?;
        }
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
        let with_sql = |error: Error| match source.sql(Dialect::Postgres) {
            Ok(sql) => error.with_sql(&sql),
            Err(_) => error,
        };
        if self.epoch.is_over() {
            self.forget_all();
        }
        self.collect(source).map_err(with_sql)?;
        let place = self.find_or_prepare(source)?;
        let answer = match self.execute(place) {
            Err(error) if is_stale_plan(&error) => {
                self.forget(place);
                if self.in_transaction() {
                    return Err(error);
                }
                // Nothing was run: the server refuses before it begins.
                self.collect(source).map_err(with_sql)?;
                let place = self.find_or_prepare(source)?;
                self.execute(place)?
            }
            other => other?,
        };
        let types = answer.types();
        for index in 0..answer.rows() {
            match on_row(&AnyRow::Postgres(answer.row(index, &types))) {
                Ok(Flow::Continue) => {}
                Ok(Flow::Stop) => break,
                Err(error) => return Err(with_sql(error)),
            }
        }
        Ok(answer.changed())
    }

    fn ping(&mut self, limit: Duration) -> Result<()> {
        self.execute_text(c"SELECT 1", Some(limit))
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        let text = c_string(sql)?;
        self.execute_text(&text, self.limit).map_err(|error| error.with_sql(sql))
    }

    fn lift_time_limit(&mut self) -> Result<()> {
        if self.limit.take().is_some() {
            self.batch("SET statement_timeout = 0")?;
        }
        Ok(())
    }

    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
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

    /// The server tells nothing while a statement runs.
    fn batch_counting(&mut self, sql: &str, _: &str, _: &mut dyn FnMut(u64)) -> Result<u64> {
        self.batch(sql).map(|()| 0)
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
