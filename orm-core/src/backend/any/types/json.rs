//! JSON documents.

use std::io;

use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Json, Jsonb};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

use super::text::text_bytes;
use super::{kinds, mismatch};
use crate::backend::any::{Any, AnyValue, Bind};
use crate::error::ValueError;

kinds! {
    Json => Json,
    Jsonb => Json,
}

fn bind<T: Serialize + ?Sized>(value: &T, out: &mut Output<'_, '_, Any>) -> serialize::Result {
    let mut json = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut json, Form { depth: 0 }));
    // Nothing else fails in writing to memory.
    written.map_err(|error| match error.is_io() {
        true => serialize_error(ValueError::JsonTooDeep { limit: DEEPEST }),
        false => error.into(),
    })?;
    out.set_value(Bind::Json(String::from_utf8(json)?));
    Ok(IsNull::No)
}

fn serialize_error(error: ValueError) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(error)
}

/// The most levels of arrays and objects that serde_json reads (its `remaining_depth`). A deeper document could be stored,
/// but not read again.
const DEEPEST: usize = 127;

/// Writes large whole floating point numbers as `10000000000000000.0` instead of `1e16`: `jsonb` stores numbers as
/// decimals, and would return the latter as an integer. Refuses a document that is too deep.
struct Form {
    depth: usize,
}

impl Form {
    fn enter(&mut self) -> io::Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(io::ErrorKind::InvalidData.into()) } else { Ok(()) }
    }
}

/// Below this, serde_json writes the fraction itself. Above, the number is larger than any integer, so serde_json reads
/// it as floating point.
const WHOLE_FLOATS: std::ops::Range<f64> = 1e16..18_446_744_073_709_551_616.0;

impl Formatter for Form {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.enter()?;
        CompactFormatter.begin_array(out)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        CompactFormatter.end_array(out)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.enter()?;
        CompactFormatter.begin_object(out)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        CompactFormatter.end_object(out)
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        if WHOLE_FLOATS.contains(&f64::from(value).abs()) {
            write!(out, "{value:.1}")
        } else {
            CompactFormatter.write_f32(out, value)
        }
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        if WHOLE_FLOATS.contains(&value.abs()) {
            write!(out, "{value:.1}")
        } else {
            CompactFormatter.write_f64(out, value)
        }
    }
}

/// Returns the text of a document.
pub(super) fn document(value: AnyValue<'_>) -> Result<&str, ValueError> {
    const WANTED: &str = "a JSON document";
    match value {
        // `jsonb` is sent as its version, 1, and the text.
        AnyValue::Postgres { bytes: [1, text @ ..], oid: 3802 } => {
            std::str::from_utf8(text).map_err(|_| ValueError::NotUtf8)
        }
        AnyValue::Postgres { oid: 3802, .. } => Err(mismatch(value, WANTED)),
        other => text_bytes(other, WANTED),
    }
}

fn read<T: DeserializeOwned>(value: AnyValue<'_>) -> deserialize::Result<T> {
    let text = document(value)?;
    // The message contains only the position in the document: serde's own message quotes the document.
    serde_json::from_str(text).map_err(|error| {
        // serde_json has no other way to tell it.
        if error.is_syntax() && error.to_string().starts_with("recursion limit exceeded") {
            return ValueError::JsonTooDeep { limit: DEEPEST }.into();
        }
        ValueError::Json {
            type_name: std::any::type_name::<T>(),
            line: error.line(),
            column: error.column(),
            is_data: error.is_data(),
        }
        .into()
    })
}

/// A document is the same in a column of either type.
macro_rules! documents {
    ($($sql_type:ident),*) => {
        $(impl ToSql<$sql_type, Any> for serde_json::Value {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
                bind(self, out)
            }
        }

        impl FromSql<$sql_type, Any> for serde_json::Value {
            fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
                read(value)
            }
        })*
    };
}

documents!(Json, Jsonb);

impl<T: Serialize> ToSql<Jsonb, Any> for crate::types::Json<T>
where
    Self: std::fmt::Debug,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        bind(&self.0, out)
    }
}

impl<T: DeserializeOwned> FromSql<Jsonb, Any> for crate::types::Json<T> {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        read(value).map(Self)
    }
}
