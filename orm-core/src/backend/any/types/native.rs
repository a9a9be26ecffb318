//! PostgreSQL types that only the program knows.

use diesel::deserialize;
use diesel::serialize::{self, IsNull, Output};

use super::text::text_bytes;
use crate::backend::any::{Any, AnyValue, Bind};
use crate::error::ValueError;
use crate::types::NativeValue;

/// Binds a value.
///
/// # Errors
/// None: the database refuses a text that it can't read.
pub fn bind_native<'b>(
    value: &'b impl NativeValue,
    out: &mut Output<'b, '_, Any>,
) -> serialize::Result {
    out.set_value(Bind::Text(value.to_text()));
    Ok(IsNull::No)
}

/// Reads a value of the type with this name.
///
/// # Errors
/// A value that the type can't read.
pub fn read_native<T: NativeValue>(
    value: AnyValue<'_>,
    name: &'static str,
) -> deserialize::Result<T> {
    read_either(value, name, T::from_text, |bytes| Ok(T::from_binary(bytes)))
}

/// Reads a value that PostgreSQL sends in the binary form of its type, and SQLite stores as text. It is `wanted`, in the words
/// of an error.
pub(super) fn read_either<T>(
    value: AnyValue<'_>,
    wanted: &'static str,
    from_text: impl FnOnce(&str) -> Option<T>,
    from_binary: impl FnOnce(&[u8]) -> deserialize::Result<Option<T>>,
) -> deserialize::Result<T> {
    let read = match value {
        // A text, as of a cast, is no binary form.
        AnyValue::Postgres { oid: 25 | 1042 | 1043, .. } => from_text(text_bytes(value, wanted)?),
        AnyValue::Postgres { bytes, .. } => from_binary(bytes)?,
        other => from_text(text_bytes(other, wanted)?),
    };
    Ok(read.ok_or(ValueError::OutOfRange { wanted })?)
}
