//! Values that are bound to a prepared statement of SQLite's.

use std::borrow::Cow;
use std::ffi::{c_char, c_int};
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::result::Error::SerializationError;
use libsqlite3_sys as ffi;

use super::array::{push_hex, to_json};
use super::form::{Form, form};
use crate::backend::any::like::to_glob;
use crate::backend::any::types::TimeText;
use crate::backend::any::{AnyType, Arity, Bind};
use crate::error::{Error, ErrorKind, ValueError};

/// Binds values directly to a prepared statement, in the order of its parameters.
#[derive(Debug)]
pub struct SqliteBinds<'q> {
    statement: *mut ffi::sqlite3_stmt,
    bound: c_int,
    patterns: Option<Arc<[c_int]>>,
    /// How long borrowed text and bytes live.
    borrowed: Lifetime,
    query: PhantomData<&'q ()>,
}

impl<'q> SqliteBinds<'q> {
    /// Binds the values of a query that lives for `'q`. `patterns` are the parameters of patterns.
    ///
    /// # Safety
    /// The statement must be alive while this is. Unless the values are [copied](Self::copying), it must not run on after
    /// `'q`.
    pub(in crate::backend) unsafe fn new(
        statement: NonNull<ffi::sqlite3_stmt>,
        patterns: Option<Arc<[c_int]>>,
    ) -> Self {
        let borrowed = Lifetime::Query;
        Self { statement: statement.as_ptr(), bound: 0, patterns, borrowed, query: PhantomData }
    }

    /// Makes SQLite copy all values, so that the statement may run on after `'q`.
    pub(in crate::backend) fn copying(self) -> Self {
        Self { borrowed: Lifetime::Call, ..self }
    }

    /// How many values are bound, if they are bound to `statement`.
    pub(in crate::backend) fn bound_to(
        &self,
        statement: NonNull<ffi::sqlite3_stmt>,
    ) -> Option<c_int> {
        (self.statement == statement.as_ptr()).then_some(self.bound)
    }

    /// Binds the next parameter. Borrowed text and bytes live as long as the query.
    #[inline]
    pub(crate) fn push(&mut self, value: Bind<'q>, ty: AnyType) -> QueryResult<()> {
        self.bound += 1;
        let value = match &self.patterns {
            Some(patterns) if patterns.contains(&self.bound) => as_glob(value),
            _ => value,
        };
        let code = self.bind(value, ty.arity)?;
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

    fn bind(&self, value: Bind<'q>, arity: Arity) -> QueryResult<c_int> {
        Ok(match value {
            // SAFETY: the statement is alive; the code reports an index out of range.
            Bind::Null => unsafe { ffi::sqlite3_bind_null(self.statement, self.bound) },
            Bind::Bool(value) => self.bind_integer(value.into()),
            Bind::I16(value) => self.bind_integer(value.into()),
            Bind::I32(value) => self.bind_integer(value.into()),
            Bind::I64(value) => self.bind_integer(value),
            Bind::F32(value) => self.bind_float(value.into())?,
            Bind::F64(value) => self.bind_float(value)?,
            Bind::Text(Cow::Borrowed(text)) => self.bind_text(text.as_bytes(), self.borrowed),
            Bind::Text(Cow::Owned(text)) => self.bind_text(text.as_bytes(), Lifetime::Call),
            Bind::Bytes(Cow::Borrowed(bytes)) => self.bind_blob(bytes, self.borrowed),
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
                let json = match arity {
                    Arity::Array => to_json(&values),
                    Arity::One | Arity::List => json_array(&values),
                };
                self.bind_text(json.map_err(failed)?.as_bytes(), Lifetime::Call)
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

fn as_glob(value: Bind<'_>) -> Bind<'_> {
    if let Bind::Text(pattern) = &value {
        return Bind::Text(to_glob(pattern, Some('\\')).into());
    }
    value
}

fn failed(error: ValueError) -> diesel::result::Error {
    SerializationError(Box::new(error))
}

/// How long bound bytes live.
#[derive(Debug, Clone, Copy)]
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
pub(super) fn json_array(values: &[Bind<'_>]) -> Result<String, ValueError> {
    let mut json = String::with_capacity(values.len() * 8 + 2);
    for (index, value) in values.iter().enumerate() {
        json.push(if index == 0 { '[' } else { ',' });
        match form(value)? {
            Form::Null => json.push_str("null"),
            Form::Integer(value) => push_integer(&mut json, value),
            Form::Float(value) => push_float(&mut json, value)?,
            Form::Text(text) => push_bytes(&mut json, text.as_bytes()),
            Form::Blob(bytes) => push_bytes(&mut json, &bytes),
            // A key of several columns.
            Form::List(values) => json.push_str(&json_array(values)?),
        }
    }
    json.push_str(if values.is_empty() { "[]" } else { "]" });
    Ok(json)
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

fn push_bytes(json: &mut String, bytes: &[u8]) {
    json.push('"');
    push_hex(json, bytes);
    json.push('"');
}
