//! Ranges, by the names of their types.

use std::ops::Bound;

use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, Nullable};

use super::native::read_either;
use crate::backend::any::{Any, AnyType, AnyValue, Bind};
use crate::error::ValueError;
use crate::types::sql_types::{Range as RangeOf, RangeBound};
use crate::types::{Range, RangeValue};

impl<ST: RangeBound> HasSqlType<RangeOf<ST>> for Any {
    fn metadata(_: &mut ()) -> AnyType {
        AnyType::native(ST::NAME)
    }
}

impl<T: RangeValue> ToSql<RangeOf<T::Sql>, Any> for Range<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        if !self.is_storable() {
            let wanted =
                "a range whose bounds are in the years 1 to 9999, or numbers that databases store";
            return Err(ValueError::OutOfRange { wanted }.into());
        }
        out.set_value(Bind::Text(self.to_string().into()));
        Ok(IsNull::No)
    }
}

impl<T: RangeValue> ToSql<Nullable<RangeOf<T::Sql>>, Any> for Range<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        ToSql::<RangeOf<T::Sql>, Any>::to_sql(self, out)
    }
}

impl<T: RangeValue + FromSql<T::Sql, Any>> FromSql<RangeOf<T::Sql>, Any> for Range<T> {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        read_either(value, "a range", |text| text.parse().ok(), from_postgres)
    }
}

const EMPTY: u8 = 0x01;
const LOWER_IS_IN: u8 = 0x02;
const UPPER_IS_IN: u8 = 0x04;
const NO_LOWER: u8 = 0x08;
const NO_UPPER: u8 = 0x10;

/// PostgreSQL's form: what there is, then each bound after its length.
fn from_postgres<T: RangeValue + FromSql<T::Sql, Any>>(
    bytes: &[u8],
) -> deserialize::Result<Option<Range<T>>> {
    let Some((&flags, mut rest)) = bytes.split_first() else { return Ok(None) };
    if flags & EMPTY != 0 {
        return Ok(rest.is_empty().then(Range::empty));
    }
    let mut bound = |absent: u8, is_in: u8| {
        if flags & absent != 0 {
            return Ok(Some(Bound::Unbounded));
        }
        let Some((bytes, after)) = rest.split_first_chunk().and_then(|(length, rest)| {
            rest.split_at_checked(usize::try_from(i32::from_be_bytes(*length)).ok()?)
        }) else {
            return deserialize::Result::Ok(None);
        };
        rest = after;
        let value = T::from_sql(AnyValue::Postgres { bytes, oid: T::OID })?;
        Ok(Some(if flags & is_in != 0 { Bound::Included(value) } else { Bound::Excluded(value) }))
    };
    let (lower, upper) = (bound(NO_LOWER, LOWER_IS_IN)?, bound(NO_UPPER, UPPER_IS_IN)?);
    Ok(lower.zip(upper).filter(|_| rest.is_empty()).map(|(lower, upper)| Range::new(lower, upper)))
}
