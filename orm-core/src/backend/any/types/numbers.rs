//! Booleans, integers and floating point numbers.

use diesel::deserialize::{self, FromSql};
use diesel::sql_types::{BigInt, Bool, Double, Float, Integer, SmallInt};

use super::{kinds, mismatch, to_sql};
use crate::backend::any::{Any, AnyValue};
use crate::error::ValueError;

kinds! {
    Bool => Bool,
    SmallInt => SmallInt,
    Integer => Integer,
    BigInt => BigInt,
    Float => Real,
    Double => Double,
}

to_sql! {
    Bool, bool => Bool;
    SmallInt, i16 => I16;
    Integer, i32 => I32;
    BigInt, i64 => I64;
    Float, f32 => F32;
    Double, f64 => F64;
}

impl FromSql<Bool, Any> for bool {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        match value {
            AnyValue::Integer(0) | AnyValue::Postgres { bytes: [0], oid: 16 } => Ok(false),
            AnyValue::Integer(1) | AnyValue::Postgres { bytes: [1], oid: 16 } => Ok(true),
            AnyValue::Integer(_) => Err(ValueError::OutOfRange { wanted: "a boolean" }.into()),
            other => Err(mismatch(other, "a boolean").into()),
        }
    }
}

/// Reads any integer of the database; the caller narrows it.
#[inline]
pub(super) fn integer(value: AnyValue<'_>, wanted: &'static str) -> Result<i64, ValueError> {
    match value {
        AnyValue::Integer(value) => Ok(value),
        AnyValue::Postgres { bytes, oid: 20 | 21 | 23 } => match *bytes {
            [a, b, c, d, e, f, g, h] => Ok(i64::from_be_bytes([a, b, c, d, e, f, g, h])),
            [a, b, c, d] => Ok(i32::from_be_bytes([a, b, c, d]).into()),
            [a, b] => Ok(i16::from_be_bytes([a, b]).into()),
            _ => Err(mismatch(value, wanted)),
        },
        other => Err(mismatch(other, wanted)),
    }
}

impl FromSql<BigInt, Any> for i64 {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        Ok(integer(value, "an integer of 64 bits")?)
    }
}

impl FromSql<Integer, Any> for i32 {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        const WANTED: &str = "an integer of 32 bits";
        let value = integer(value, WANTED)?;
        value.try_into().map_err(|_| ValueError::OutOfRange { wanted: WANTED }.into())
    }
}

impl FromSql<SmallInt, Any> for i16 {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        const WANTED: &str = "an integer of 16 bits";
        let value = integer(value, WANTED)?;
        value.try_into().map_err(|_| ValueError::OutOfRange { wanted: WANTED }.into())
    }
}

/// Accepts an integer too: SQLite's columns of type NUMERIC store a floating point number without a fraction as one.
/// Refuses an integer that would lose digits, and so change when it is written again.
#[inline]
fn float(value: AnyValue<'_>, wanted: &'static str) -> Result<f64, ValueError> {
    match value {
        AnyValue::Real(value) => Ok(value),
        // The lowest one is a float too, but SQLite would not store it as the integer again.
        AnyValue::Integer(value)
            if (value as f64) as i128 == i128::from(value) && value != i64::MIN =>
        {
            Ok(value as f64)
        }
        AnyValue::Integer(_) => Err(ValueError::OutOfRange { wanted }),
        AnyValue::Postgres { bytes: &[a, b, c, d, e, f, g, h], oid: 701 } => {
            Ok(f64::from_be_bytes([a, b, c, d, e, f, g, h]))
        }
        AnyValue::Postgres { bytes: &[a, b, c, d], oid: 700 } => {
            Ok(f32::from_be_bytes([a, b, c, d]).into())
        }
        other => Err(mismatch(other, wanted)),
    }
}

impl FromSql<Double, Any> for f64 {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        Ok(float(value, "a floating point number")?)
    }
}

impl FromSql<Float, Any> for f32 {
    #[inline]
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        const WANTED: &str = "a floating point number of 32 bits";
        let wide = float(value, WANTED)?;
        let narrow = wide as Self;
        if narrow.is_infinite() && wide.is_finite() {
            return Err(ValueError::OutOfRange { wanted: WANTED }.into());
        }
        Ok(narrow)
    }
}
