//! Types of PostgreSQL's that only the program knows.

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
    let read = match value {
        // A text, as of a cast, is no binary form.
        AnyValue::Postgres { oid: 25 | 1042 | 1043, .. } => T::from_text(text_bytes(value, name)?),
        AnyValue::Postgres { bytes, .. } => T::from_binary(bytes),
        other => T::from_text(text_bytes(other, name)?),
    };
    Ok(read.ok_or(ValueError::OutOfRange { wanted: name })?)
}
