//! Intervals.

use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};

use super::text::text_bytes;
use super::{kinds, mismatch};
use crate::backend::any::{Any, AnyValue, Bind};
use crate::error::ValueError;
use crate::schema::interval::is_finite;
use crate::types::{Interval, sql_types};

kinds! {
    sql_types::Interval => Interval,
}

const WANTED: &str = "a finite interval";

impl ToSql<sql_types::Interval, Any> for Interval {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        if !is_finite(self.parts()) {
            return Err(ValueError::OutOfRange { wanted: WANTED }.into());
        }
        out.set_value(Bind::Text(self.to_string().into()));
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::Interval, Any> for Interval {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        let interval = match value {
            AnyValue::Postgres { bytes, oid: 1186 } => from_postgres(bytes),
            AnyValue::Postgres { .. } => return Err(mismatch(value, WANTED).into()),
            other => text_bytes(other, WANTED)?.parse().ok(),
        };
        Ok(interval.ok_or(ValueError::OutOfRange { wanted: WANTED })?)
    }
}

/// PostgreSQL's form: microseconds, days, months.
fn from_postgres(bytes: &[u8]) -> Option<Interval> {
    let (micros, rest) = bytes.split_first_chunk()?;
    let (days, rest) = rest.split_first_chunk()?;
    let months = <[u8; 4]>::try_from(rest).ok()?;
    let interval = Interval::new(
        i32::from_be_bytes(months),
        i32::from_be_bytes(*days),
        i64::from_be_bytes(*micros),
    );
    is_finite(interval.parts()).then_some(interval)
}
