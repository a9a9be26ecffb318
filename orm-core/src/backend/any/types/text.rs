//! Text, bytes and UUIDs.

use std::borrow::Cow;

use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, Text, Uuid as UuidType};
use uuid::Uuid;

use super::{kinds, mismatch};
use crate::backend::any::{Any, AnyValue, Bind};
use crate::error::ValueError;

kinds! {
    Text => Text,
    Binary => Bytes,
    UuidType => Uuid,
}

impl ToSql<Text, Any> for str {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        out.set_value(Bind::Text(Cow::Borrowed(self)));
        Ok(IsNull::No)
    }
}

impl ToSql<Binary, Any> for [u8] {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        out.set_value(Bind::Bytes(Cow::Borrowed(self)));
        Ok(IsNull::No)
    }
}

impl ToSql<UuidType, Any> for Uuid {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        out.set_value(Bind::Uuid(*self));
        Ok(IsNull::No)
    }
}

/// Returns the bytes of a text. PostgreSQL sends them as they are for text types, `name`, JSON, and types that a user
/// has created (an enum).
pub(super) fn text_bytes<'a>(
    value: AnyValue<'a>,
    wanted: &'static str,
) -> Result<&'a str, ValueError> {
    let bytes = match value {
        AnyValue::Text(bytes) => bytes,
        AnyValue::Postgres { bytes, oid: 18 | 19 | 25 | 114 | 705 | 1042 | 1043 | 16384.. } => {
            bytes
        }
        other => return Err(mismatch(other, wanted)),
    };
    std::str::from_utf8(bytes).map_err(|_| ValueError::NotUtf8)
}

impl FromSql<Text, Any> for String {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        Ok(text_bytes(value, "text")?.to_owned())
    }
}

impl FromSql<Binary, Any> for Vec<u8> {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        match value {
            AnyValue::Blob(bytes) | AnyValue::Postgres { bytes, oid: 17 } => Ok(bytes.to_owned()),
            other => Err(mismatch(other, "bytes").into()),
        }
    }
}

impl FromSql<UuidType, Any> for Uuid {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        match value {
            AnyValue::Blob(bytes) | AnyValue::Postgres { bytes, oid: 2950 } => {
                Ok(Self::from_slice(bytes).map_err(|_| mismatch(value, "a UUID of 16 bytes"))?)
            }
            other => Err(mismatch(other, "a UUID of 16 bytes").into()),
        }
    }
}
