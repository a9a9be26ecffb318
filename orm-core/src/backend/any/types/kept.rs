//! Values of columns whose types only the database's facts say: those that a query reads beside what it selects.

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::deserialize::{self, FromSql};
use diesel::sql_types::{
    BigInt, Binary, Bool, Date, Double, Float, Integer, Numeric, SmallInt, Text, Time, Timestamp,
    Timestamptz, Uuid as UuidType,
};
use uuid::Uuid;

use super::json::document;
use super::stored::{check_own_form, own_form, read as read_moment};
use crate::backend::any::{Any, AnyType, AnyValue, Bind, Kind, RecordedBind};
use crate::schema::MomentForm;
use crate::types::{Cidr, Inet, Interval, sql_types};

/// Reads a value, to bind it again. A value of a native type is read as text, and an array isn't read.
///
/// # Errors
/// A value that the type can't have.
pub(crate) fn keep(value: Option<AnyValue<'_>>, ty: AnyType) -> deserialize::Result<RecordedBind> {
    let Some(value) = value else { return Ok(RecordedBind::new(Bind::Null, ty)) };
    if let Some(form) = own_form(ty) {
        check_own_form(form, value)?;
    }
    let bind = match ty.kind {
        Kind::Bool => Bind::Bool(read::<Bool, _>(value)?),
        Kind::SmallInt => Bind::I16(read::<SmallInt, _>(value)?),
        Kind::Integer => Bind::I32(read::<Integer, _>(value)?),
        Kind::BigInt => Bind::I64(read::<BigInt, _>(value)?),
        Kind::Real => Bind::F32(read::<Float, _>(value)?),
        Kind::Double => Bind::F64(read::<Double, _>(value)?),
        Kind::Text | Kind::Native(_) => Bind::Text(read::<Text, String>(value)?.into()),
        Kind::Inet => Bind::Text(read::<sql_types::Inet, Inet>(value)?.to_string().into()),
        Kind::Cidr => Bind::Text(read::<sql_types::Cidr, Cidr>(value)?.to_string().into()),
        Kind::Interval => {
            Bind::Text(read::<sql_types::Interval, Interval>(value)?.to_string().into())
        }
        Kind::Json => Bind::Json(document(value)?.to_owned()),
        Kind::Bytes => Bind::Bytes(read::<Binary, Vec<u8>>(value)?.into()),
        Kind::Date => Bind::Date(read::<Date, NaiveDate>(value)?),
        Kind::Time => Bind::Time(read::<Time, NaiveTime>(value)?),
        Kind::Timestamp => match ty.form {
            None => Bind::Timestamp(read::<Timestamp, NaiveDateTime>(value)?),
            Some(form) => {
                let plain = || Ok(read::<Timestamp, NaiveDateTime>(value)?.and_utc());
                Bind::Moment(in_form(value, plain, form)?, form)
            }
        },
        Kind::Timestamptz => match ty.form {
            None => Bind::Timestamptz(read::<Timestamptz, DateTime<Utc>>(value)?),
            Some(form) => {
                let plain = || read::<Timestamptz, DateTime<Utc>>(value);
                Bind::Moment(in_form(value, plain, form)?, form)
            }
        },
        Kind::Uuid => Bind::Uuid(read::<UuidType, Uuid>(value)?),
        Kind::Decimal => {
            let number: BigDecimal = read::<Numeric, _>(value)?;
            return Ok(RecordedBind::new(Bind::Decimal(&number), ty));
        }
    };
    Ok(RecordedBind::new(bind, ty))
}

fn read<ST, T: FromSql<ST, Any>>(value: AnyValue<'_>) -> deserialize::Result<T> {
    T::from_sql(value)
}

/// Reads a moment that only SQLite stores in a form.
fn in_form(
    value: AnyValue<'_>,
    plain: impl FnOnce() -> deserialize::Result<DateTime<Utc>>,
    form: MomentForm,
) -> deserialize::Result<DateTime<Utc>> {
    match value {
        AnyValue::Postgres { .. } => plain(),
        _ => Ok(read_moment(value, form)?),
    }
}
