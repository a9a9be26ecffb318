//! Parameters in PostgreSQL's binary form.

use std::ffi::{c_char, c_int};
use std::marker::PhantomData;
use std::ptr;

use diesel::QueryResult;
use diesel::result::Error::SerializationError;

use crate::backend::any::types::{
    decimal_to_postgres, micros_of_day, to_postgres_days, to_postgres_micros,
};
use crate::backend::any::{AnyType, Bind, Kind};
use crate::error::ValueError;

/// The longest message that the server accepts, minus room for what surrounds SQL and values in it.
pub(in crate::backend) const LONGEST_MESSAGE: usize = (1 << 30) - (1 << 20);

/// The type of a parameter, for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend) enum ParameterType {
    /// The number, which is fixed for the types that come with PostgreSQL.
    Known(ffi_oid),
    /// A type of the database's own, found by name, or an array of it.
    Named { name: &'static str, array: bool },
}

#[allow(non_camel_case_types, reason = "reads as what it is: an object identifier")]
pub(in crate::backend) type ffi_oid = u32;

/// Writes the values of a query into buffers that a connection reuses.
#[derive(Default)]
pub(in crate::backend) struct Buffers {
    bytes: Vec<u8>,
    /// The end of each value in `bytes`, and whether it is NULL.
    ends: Vec<(usize, bool)>,
    pub(in crate::backend) types: Vec<ParameterType>,
}

/// Shows no value.
impl std::fmt::Debug for Buffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffers").field("types", &self.types).finish_non_exhaustive()
    }
}

impl Buffers {
    pub(in crate::backend) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.types.clear();
    }

    /// Frees memory that one large statement needed and others won't.
    pub(in crate::backend) fn shrink(&mut self) {
        const KEPT: usize = 1 << 20;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
    }

    pub(in crate::backend) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns pointers and lengths for libpq. They are valid until the next change of the buffers.
    pub(in crate::backend) fn parameters(
        &self,
        pointers: &mut Vec<*const c_char>,
        lengths: &mut Vec<c_int>,
    ) {
        pointers.clear();
        lengths.clear();
        let mut start = 0;
        for &(end, is_null) in &self.ends {
            pointers.push(if is_null { ptr::null() } else { self.bytes[start..].as_ptr().cast() });
            // Checked when the value was written.
            lengths.push((end - start) as c_int);
            start = end;
        }
    }
}

/// Writes the values of a query, in the order of its parameters.
#[derive(Debug)]
pub struct PostgresBinds<'q> {
    pub(in crate::backend) buffers: Buffers,
    /// Distinguishes the statement from others that are being bound.
    pub(in crate::backend) statement: usize,
    pub(in crate::backend) query: PhantomData<&'q ()>,
}

impl<'q> PostgresBinds<'q> {
    #[inline]
    pub(crate) fn push(&mut self, value: Bind<'q>, ty: AnyType) -> QueryResult<()> {
        let buffers = &mut self.buffers;
        buffers.types.push(parameter_type(ty));
        let start = buffers.bytes.len();
        let is_null = matches!(value, Bind::Null);
        write(&value, ty.kind, &mut buffers.bytes)
            .map_err(|error| SerializationError(Box::new(error)))?;
        // A text ends with NUL.
        if ty.kind.is_sent_as_text() {
            buffers.bytes.push(0);
        }
        let end = buffers.bytes.len();
        // The server would close the connection.
        if end > LONGEST_MESSAGE {
            buffers.bytes.truncate(start);
            let too_long = ValueError::TooLong { limit: LONGEST_MESSAGE };
            return Err(SerializationError(Box::new(too_long)));
        }
        buffers.ends.push((end, is_null));
        Ok(())
    }
}

#[inline]
fn parameter_type(ty: AnyType) -> ParameterType {
    if let Kind::Native(name) = ty.kind {
        return ParameterType::Named { name, array: ty.is_many() };
    }
    let (one, array) = ty.kind.facts().postgres.oids;
    ParameterType::Known(if ty.is_many() { array } else { one })
}

/// Writes a single value in PostgreSQL's binary form.
pub(crate) fn encoded(value: &Bind<'_>) -> Result<Vec<u8>, ValueError> {
    let mut out = Vec::new();
    write(value, Kind::Text, &mut out)?;
    Ok(out)
}

fn write(value: &Bind<'_>, kind: Kind, out: &mut Vec<u8>) -> Result<(), ValueError> {
    match value {
        Bind::Null => {}
        Bind::Bool(value) => out.push((*value).into()),
        Bind::I16(value) => out.extend_from_slice(&value.to_be_bytes()),
        Bind::I32(value) => out.extend_from_slice(&value.to_be_bytes()),
        Bind::I64(value) => out.extend_from_slice(&value.to_be_bytes()),
        Bind::F32(value) => out.extend_from_slice(&value.to_be_bytes()),
        Bind::F64(value) => out.extend_from_slice(&value.to_be_bytes()),
        Bind::Text(text) => {
            if text.as_bytes().contains(&0) {
                return Err(ValueError::NulInText);
            }
            out.extend_from_slice(text.as_bytes());
        }
        Bind::Bytes(bytes) => out.extend_from_slice(bytes),
        Bind::Date(date) => out.extend_from_slice(&to_postgres_days(*date).to_be_bytes()),
        Bind::Time(time) => out.extend_from_slice(&micros_of_day(*time)?.to_be_bytes()),
        Bind::Timestamp(time) => {
            out.extend_from_slice(&to_postgres_micros(time.and_utc()).to_be_bytes());
        }
        Bind::Timestamptz(time) | Bind::Moment(time, _) => {
            out.extend_from_slice(&to_postgres_micros(*time).to_be_bytes());
        }
        Bind::Uuid(uuid) => out.extend_from_slice(uuid.as_bytes()),
        Bind::Decimal(value) => decimal_to_postgres(value, out),
        Bind::Json(text) => {
            // JSON writes the character as an escape, which `jsonb` also refuses.
            if has_nul_escape(text) {
                return Err(ValueError::NulInText);
            }
            out.push(1);
            out.extend_from_slice(text.as_bytes());
        }
        Bind::Array(values) if kind.is_sent_as_text() => write_text_array(values, out)?,
        Bind::Array(values) => write_array(values, kind, out)?,
    }
    Ok(())
}

/// Whether a JSON document contains the escape of the character with the number 0, and not a `\\u0000` whose backslash
/// is escaped itself.
pub(super) fn has_nul_escape(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let backslashes = json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        backslashes % 2 == 0
    })
}

/// An array of one dimension: the number of dimensions, whether there are NULLs, the elements' type, the number of
/// elements and the first index, then each element after its length.
fn write_array(values: &[Bind<'_>], kind: Kind, out: &mut Vec<u8>) -> Result<(), ValueError> {
    let has_null = values.iter().any(|value| matches!(value, Bind::Null));
    let length = i32::try_from(values.len())
        .map_err(|_| ValueError::TooLong { limit: i32::MAX as usize })?;
    let (element, _) = kind.facts().postgres.oids;
    out.extend_from_slice(&1_i32.to_be_bytes());
    out.extend_from_slice(&i32::from(has_null).to_be_bytes());
    out.extend_from_slice(&element.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&1_i32.to_be_bytes());
    for value in values {
        if matches!(value, Bind::Null) {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            continue;
        }
        let at = out.len();
        out.extend_from_slice(&[0; 4]);
        write(value, kind, out)?;
        let length = i32::try_from(out.len() - at - 4)
            .map_err(|_| ValueError::TooLong { limit: i32::MAX as usize })?;
        out[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// Writes an array of texts in text form: `{"a","b\"c",NULL}`.
fn write_text_array(values: &[Bind<'_>], out: &mut Vec<u8>) -> Result<(), ValueError> {
    out.push(b'{');
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        if matches!(value, Bind::Null) {
            out.extend_from_slice(b"NULL");
            continue;
        }
        out.push(b'"');
        let start = out.len();
        write(value, Kind::Text, out)?;
        let escaped = out[start..].iter().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        if escaped > 0 {
            let text = out.split_off(start);
            for byte in text {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(byte);
            }
        }
        out.push(b'"');
    }
    out.push(b'}');
    Ok(())
}
