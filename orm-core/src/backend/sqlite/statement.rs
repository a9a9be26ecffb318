//! A prepared statement: binds its values, steps it, reads its rows.

use std::borrow::Cow;
use std::ffi::{CStr, c_char, c_int};
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use diesel::QueryResult;
use diesel::result::Error::SerializationError;
use libsqlite3_sys as ffi;

use super::quotes::names_in_backticks;
use crate::backend::any::{AnyType, AnyValue, Bind, PATTERN_PARAMETER, TimeText, to_glob};
use crate::backend::foreign_binds;
use crate::error::{Error, ErrorKind, ValueError};

/// A prepared statement. It is finalized on drop, and its connection drops it before it closes.
#[derive(Debug)]
pub(super) struct Prepared {
    raw: NonNull<ffi::sqlite3_stmt>,
    pub(super) sql: std::sync::Arc<str>,
    parameters: c_int,
    /// The parameters that are patterns of LIKE, which is written as GLOB.
    patterns: Option<std::sync::Arc<[c_int]>>,
    pub(super) is_readonly: bool,
}

impl Prepared {
    /// Prepares the first statement of `sql`; returns `None` if there is none (a comment), and the result code if it is
    /// wrong.
    pub(super) fn new(database: NonNull<ffi::sqlite3>, sql: &str) -> Result<Option<Self>, c_int> {
        let (raw, _) = prepare(database, &names_in_backticks(sql), Lifetime::Query)?;
        Ok(raw.map(|raw| Self::of(raw, sql)))
    }

    /// The same for a statement that runs once; also returns the rest of `sql`.
    pub(super) fn once(
        database: NonNull<ffi::sqlite3>,
        sql: &str,
    ) -> Result<(Option<Self>, &str), c_int> {
        let (raw, length) = prepare(database, sql, Lifetime::Call)?;
        let (first, rest) = sql.split_at(length);
        let statement = raw.map(|raw| Self::of(raw, first));
        match names_in_backticks(first) {
            // Only now is the end of the statement known.
            Cow::Owned(written) if statement.is_some() => {
                let (raw, _) = prepare(database, &written, Lifetime::Call)?;
                Ok((raw.map(|raw| Self::of(raw, first)), rest))
            }
            _ => Ok((statement, rest)),
        }
    }

    fn of(raw: NonNull<ffi::sqlite3_stmt>, sql: &str) -> Self {
        // SAFETY: the statement was just prepared.
        let (parameters, is_readonly) = unsafe {
            (
                ffi::sqlite3_bind_parameter_count(raw.as_ptr()),
                ffi::sqlite3_stmt_readonly(raw.as_ptr()) != 0,
            )
        };
        let patterns = patterns(raw, sql, parameters);
        Self { raw, sql: sql.into(), parameters, patterns, is_readonly }
    }

    /// Begins to run it. [`Running::binds`] returns what binds the values.
    pub(super) fn start(&self) -> Running<'_> {
        Running { statement: self }
    }
}

/// Prepares the first statement of `sql`, and returns its length as well.
fn prepare(
    database: NonNull<ffi::sqlite3>,
    sql: &str,
    lifetime: Lifetime,
) -> Result<(Option<NonNull<ffi::sqlite3_stmt>>, usize), c_int> {
    let Ok(length) = c_int::try_from(sql.len()) else {
        return Err(ffi::SQLITE_TOOBIG);
    };
    let flags = match lifetime {
        Lifetime::Query => ffi::SQLITE_PREPARE_PERSISTENT,
        Lifetime::Call => 0,
    };
    let (mut raw, mut rest) = (ptr::null_mut(), ptr::null());
    let start = sql.as_ptr().cast::<c_char>();
    // SAFETY: the connection is open, and the text is `length` bytes long.
    let code = unsafe {
        ffi::sqlite3_prepare_v3(
            database.as_ptr(),
            start,
            length,
            flags,
            &raw mut raw,
            &raw mut rest,
        )
    };
    if code != ffi::SQLITE_OK {
        return Err(code);
    }
    Ok((NonNull::new(raw), rest.addr().saturating_sub(start.addr())))
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: nobody else holds the statement. The code repeats the last run's error, which was reported already.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

/// A running statement; it is reset on drop.
pub(super) struct Running<'s> {
    statement: &'s Prepared,
}

impl Running<'_> {
    /// Returns the target for the values of a query that lives for `'q`. They must outlive the run: see
    /// [`check_bound`](Running::check_bound).
    pub(super) fn binds<'q>(&self) -> SqliteBinds<'q> {
        SqliteBinds {
            statement: self.statement.raw.as_ptr(),
            bound: 0,
            patterns: self.statement.patterns.clone(),
            query: PhantomData,
        }
    }

    /// Checks that each parameter of this statement was bound in this run, so that none still points to a value of an
    /// earlier run. A query's `collect_binds` may have replaced its own binds by those of another statement. The binds
    /// of this statement can't have come back from there, as they would have to outlive the other query.
    pub(super) fn check_bound(&self, binds: &SqliteBinds<'_>) -> Result<(), Error> {
        let (bound, wanted) = (binds.bound, self.statement.parameters);
        if binds.statement != self.statement.raw.as_ptr() {
            return Err(foreign_binds());
        }
        if bound != wanted {
            let message = format!("the SQL has {wanted} parameters, but {bound} values are bound");
            return Err(Error::new(ErrorKind::Query, message));
        }
        Ok(())
    }

    /// Runs to the next row (`true`) or to the end; returns the result code if it fails.
    #[inline]
    pub(super) fn step(&mut self) -> Result<bool, c_int> {
        // SAFETY: the statement is alive, and so are all values bound to it.
        match unsafe { ffi::sqlite3_step(self.statement.raw.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => Err(code),
        }
    }

    /// Returns the row that [`step`](Running::step) has reached.
    #[inline]
    pub(super) fn row(&self) -> SqliteRow<'_> {
        let raw = self.statement.raw.as_ptr();
        // SAFETY: the statement is alive.
        let columns = unsafe { ffi::sqlite3_column_count(raw) };
        SqliteRow { statement: raw, columns: columns as usize, row: PhantomData }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is alive. The code repeats the run's error, which was reported already.
        unsafe { ffi::sqlite3_reset(self.statement.raw.as_ptr()) };
    }
}

/// Binds values directly to a prepared statement, in the order of its parameters.
#[derive(Debug)]
pub struct SqliteBinds<'q> {
    statement: *mut ffi::sqlite3_stmt,
    bound: c_int,
    patterns: Option<std::sync::Arc<[c_int]>>,
    query: PhantomData<&'q ()>,
}

impl<'q> SqliteBinds<'q> {
    /// Binds the next parameter. Borrowed text and bytes are not copied: they live as long as the query.
    #[inline]
    pub(crate) fn push(&mut self, value: Bind<'q>, _: AnyType) -> QueryResult<()> {
        self.bound += 1;
        let value = match &self.patterns {
            Some(patterns) if patterns.contains(&self.bound) => as_glob(value),
            _ => value,
        };
        let code = self.bind(value)?;
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        let error = match code {
            ffi::SQLITE_TOOBIG => ValueError::TooLong { limit: 1_000_000_000 }.into(),
            ffi::SQLITE_RANGE => {
                let message =
                    format!("the SQL has {} parameters, but more values are bound", self.bound - 1);
                Error::new(ErrorKind::Query, message).into()
            }
            _ => {
                format!("parameter {} could not be bound (SQLite's code {code})", self.bound).into()
            }
        };
        Err(SerializationError(error))
    }

    fn bind(&self, value: Bind<'q>) -> QueryResult<c_int> {
        Ok(match value {
            // SAFETY: the statement is alive; the code reports an index out of range.
            Bind::Null => unsafe { ffi::sqlite3_bind_null(self.statement, self.bound) },
            Bind::Bool(value) => self.bind_integer(value.into()),
            Bind::I16(value) => self.bind_integer(value.into()),
            Bind::I32(value) => self.bind_integer(value.into()),
            Bind::I64(value) => self.bind_integer(value),
            Bind::F32(value) => self.bind_float(value.into())?,
            Bind::F64(value) => self.bind_float(value)?,
            Bind::Text(Cow::Borrowed(text)) => self.bind_text(text.as_bytes(), Lifetime::Query),
            Bind::Text(Cow::Owned(text)) => self.bind_text(text.as_bytes(), Lifetime::Call),
            Bind::Bytes(Cow::Borrowed(bytes)) => self.bind_blob(bytes, Lifetime::Query),
            Bind::Bytes(Cow::Owned(bytes)) => self.bind_blob(&bytes, Lifetime::Call),
            Bind::Date(date) => self.bind_time(TimeText::date(date))?,
            Bind::Time(time) => self.bind_time(TimeText::time(time))?,
            Bind::Timestamp(time) => self.bind_time(TimeText::timestamp(time))?,
            Bind::Timestamptz(time) => self.bind_time(TimeText::timestamptz(time))?,
            Bind::Moment(time, form) => self.bind_time(TimeText::moment(time, form))?,
            Bind::Uuid(uuid) => self.bind_blob(uuid.as_bytes(), Lifetime::Call),
            Bind::Decimal(value) => {
                self.bind_text(value.to_plain_string().as_bytes(), Lifetime::Call)
            }
            Bind::Json(text) => self.bind_text(text.as_bytes(), Lifetime::Call),
            Bind::Array(values) => {
                self.bind_text(json_array(&values).map_err(failed)?.as_bytes(), Lifetime::Call)
            }
        })
    }

    fn bind_integer(&self, value: i64) -> c_int {
        // SAFETY: as in `bind`.
        unsafe { ffi::sqlite3_bind_int64(self.statement, self.bound, value) }
    }

    /// SQLite would store NULL for "not a number".
    fn bind_float(&self, value: f64) -> QueryResult<c_int> {
        if value.is_nan() {
            return Err(failed(ValueError::NotANumber));
        }
        // SAFETY: as in `bind`.
        Ok(unsafe { ffi::sqlite3_bind_double(self.statement, self.bound, value) })
    }

    fn bind_time(&self, text: Result<TimeText, ValueError>) -> QueryResult<c_int> {
        Ok(self.bind_text(text.map_err(failed)?.as_bytes(), Lifetime::Call))
    }

    fn bind_text(&self, text: &[u8], lifetime: Lifetime) -> c_int {
        // SAFETY: the bytes are as long as stated, UTF-8, and live or are copied as `lifetime` says.
        unsafe {
            ffi::sqlite3_bind_text64(
                self.statement,
                self.bound,
                text.as_ptr().cast::<c_char>(),
                text.len() as u64,
                lifetime.destructor(),
                ffi::SQLITE_UTF8 as u8,
            )
        }
    }

    fn bind_blob(&self, bytes: &[u8], lifetime: Lifetime) -> c_int {
        // SAFETY: as in `bind_text`. The pointer of an empty slice isn't null, which would mean NULL.
        unsafe {
            ffi::sqlite3_bind_blob64(
                self.statement,
                self.bound,
                bytes.as_ptr().cast(),
                bytes.len() as u64,
                lifetime.destructor(),
            )
        }
    }
}

/// The parameters of a statement that [`AnyQueryBuilder`](crate::backend::AnyQueryBuilder) has named as patterns.
fn patterns(
    statement: NonNull<ffi::sqlite3_stmt>,
    sql: &str,
    parameters: c_int,
) -> Option<std::sync::Arc<[c_int]>> {
    let is_pattern = |&parameter: &c_int| {
        // SAFETY: the statement is alive; the name, if there is one, lives as long and ends with NUL.
        unsafe {
            let name = ffi::sqlite3_bind_parameter_name(statement.as_ptr(), parameter);
            !name.is_null()
                && CStr::from_ptr(name).to_bytes().starts_with(PATTERN_PARAMETER.as_bytes())
        }
    };
    sql.contains(PATTERN_PARAMETER).then(|| (1..=parameters).filter(is_pattern).collect())
}

fn as_glob(value: Bind<'_>) -> Bind<'_> {
    match value {
        Bind::Text(pattern) => Bind::Text(to_glob(&pattern, Some('\\')).into()),
        other => other,
    }
}

fn failed(error: ValueError) -> diesel::result::Error {
    SerializationError(Box::new(error))
}

/// How long a statement or bound bytes live.
#[derive(Clone, Copy)]
enum Lifetime {
    /// As long as the query, and so longer than the run.
    Query,
    /// Only during the call: SQLite copies the bytes.
    Call,
}

impl Lifetime {
    fn destructor(self) -> ffi::sqlite3_destructor_type {
        match self {
            Self::Query => ffi::SQLITE_STATIC(),
            Self::Call => ffi::SQLITE_TRANSIENT(),
        }
    }
}

/// Writes the values of a long `IN` list: integers as such, anything else as the hexadecimal form of the bytes that
/// SQLite stores, so that JSON's own rules lose nothing.
fn json_array(values: &[Bind<'_>]) -> Result<String, ValueError> {
    let mut json = String::with_capacity(values.len() * 8 + 2);
    for (index, value) in values.iter().enumerate() {
        json.push(if index == 0 { '[' } else { ',' });
        match value {
            Bind::Null => json.push_str("null"),
            Bind::Bool(value) => json.push(if *value { '1' } else { '0' }),
            Bind::I16(value) => push_integer(&mut json, (*value).into()),
            Bind::I32(value) => push_integer(&mut json, (*value).into()),
            Bind::I64(value) => push_integer(&mut json, *value),
            // A key of several columns.
            Bind::Array(values) => json.push_str(&json_array(values)?),
            Bind::F32(value) => push_float(&mut json, (*value).into())?,
            Bind::F64(value) => push_float(&mut json, *value)?,
            other => push_hex(&mut json, &stored(other)?),
        }
    }
    json.push_str(if values.is_empty() { "[]" } else { "]" });
    Ok(json)
}

/// Returns the bytes of a value that SQLite stores as text or bytes.
pub(crate) fn stored(value: &Bind<'_>) -> Result<Vec<u8>, ValueError> {
    Ok(match value {
        Bind::Text(text) => text.as_bytes().to_vec(),
        Bind::Bytes(bytes) => bytes.to_vec(),
        Bind::Date(date) => TimeText::date(*date)?.as_bytes().to_vec(),
        Bind::Time(time) => TimeText::time(*time)?.as_bytes().to_vec(),
        Bind::Timestamp(time) => TimeText::timestamp(*time)?.as_bytes().to_vec(),
        Bind::Timestamptz(time) => TimeText::timestamptz(*time)?.as_bytes().to_vec(),
        Bind::Moment(time, form) => TimeText::moment(*time, *form)?.as_bytes().to_vec(),
        Bind::Uuid(uuid) => uuid.as_bytes().to_vec(),
        Bind::Decimal(value) => value.to_plain_string().into_bytes(),
        Bind::Json(text) => text.clone().into_bytes(),
        Bind::F32(value) => f64::from(*value).to_be_bytes().to_vec(),
        Bind::F64(value) => value.to_be_bytes().to_vec(),
        Bind::Null
        | Bind::Bool(_)
        | Bind::I16(_)
        | Bind::I32(_)
        | Bind::I64(_)
        | Bind::Array(_) => return Err(ValueError::OutOfRange { wanted: "text or bytes" }),
    })
}

fn push_integer(json: &mut String, value: i64) {
    // Writing to a string can't fail.
    let _ = write!(json, "{value}");
}

/// As its bits, which `mizzle_double` reads.
fn push_float(json: &mut String, value: f64) -> Result<(), ValueError> {
    if value.is_nan() {
        return Err(ValueError::NotANumber);
    }
    push_integer(json, value.to_bits().cast_signed());
    Ok(())
}

fn push_hex(json: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    json.push('"');
    for byte in bytes {
        json.push(DIGITS[usize::from(byte >> 4)] as char);
        json.push(DIGITS[usize::from(byte & 15)] as char);
    }
    json.push('"');
}

/// The current row of a running statement.
#[derive(Debug)]
pub struct SqliteRow<'r> {
    statement: *mut ffi::sqlite3_stmt,
    columns: usize,
    row: PhantomData<&'r ()>,
}

impl SqliteRow<'_> {
    #[inline]
    pub(crate) fn field_count(&self) -> usize {
        self.columns
    }

    /// Returns the value of column `index`; `None` for NULL, and for a column that doesn't exist.
    #[inline]
    pub(crate) fn value(&self, index: usize) -> Option<AnyValue<'_>> {
        // SAFETY: the statement stays on a row as long as this lives. The row's memory stays where it is until the next
        // step, because each column is only ever read as the type that it has. A value may be read like this if the
        // connection has no mutex (`SQLITE_OPEN_NOMUTEX`): <https://sqlite.org/c3ref/value.html>. It takes one look at
        // the row instead of three.
        unsafe {
            let value = ffi::sqlite3_column_value(self.statement, index as c_int);
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Some(AnyValue::Integer(ffi::sqlite3_value_int64(value))),
                ffi::SQLITE_FLOAT => Some(AnyValue::Real(ffi::sqlite3_value_double(value))),
                ffi::SQLITE_TEXT => {
                    let text = ffi::sqlite3_value_text(value);
                    Some(AnyValue::Text(bytes(text, ffi::sqlite3_value_bytes(value))))
                }
                ffi::SQLITE_BLOB => {
                    let blob = ffi::sqlite3_value_blob(value).cast::<u8>();
                    Some(AnyValue::Blob(bytes(blob, ffi::sqlite3_value_bytes(value))))
                }
                _ => None,
            }
        }
    }

    pub(crate) fn column_name(&self, index: usize) -> Option<&str> {
        // SAFETY: the name lives until the statement is prepared again or finalized, or until the next call for it.
        unsafe {
            let name = ffi::sqlite3_column_name(self.statement, index as c_int);
            if name.is_null() { None } else { CStr::from_ptr(name).to_str().ok() }
        }
    }
}

/// # Safety
/// `length` bytes at `start` must live for `'r`, unless `start` is null.
unsafe fn bytes<'r>(start: *const u8, length: c_int) -> &'r [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(start, length as usize) }
}
