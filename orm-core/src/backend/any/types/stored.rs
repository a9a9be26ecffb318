//! Moments in the forms of other programs: see [`crate::stored`].
//!
//! Text forms exist on SQLite alone; on PostgreSQL the column is what the field's type says. Numbers are numbers on both.
//! What is finer than a form can hold is cut off, as what is finer than a microsecond is everywhere.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, Nullable, Timestamp, Timestamptz};

use super::numbers::integer;
use super::text::text_bytes;
use super::time::parse_timestamp;
use crate::backend::any::{Any, AnyType, AnyValue, Bind, Kind};
use crate::error::ValueError;
use crate::schema::MomentForm;
use crate::types::stored::{DateTimeAs, Form, MomentAs, Stored};

/// The type of a column that is stored in `form`; `kind` is that of one that isn't.
const fn stored_type(form: MomentForm, kind: Kind) -> AnyType {
    if form.is_number() { AnyType::of(Kind::BigInt) } else { AnyType::of(kind).in_form(form) }
}

/// The value to bind.
fn bind(moment: DateTime<Utc>, form: MomentForm) -> Bind<'static> {
    match form {
        MomentForm::UnixSeconds => Bind::I64(moment.timestamp()),
        MomentForm::UnixMillis => Bind::I64(moment.timestamp_millis()),
        MomentForm::Iso8601 | MomentForm::SqliteDatetime => Bind::Moment(moment, form),
    }
}

/// A value of a column that is stored in `form`.
fn not_in_form(form: MomentForm, value: AnyValue<'_>) -> ValueError {
    not_in(format!("`stored = {}`, such as {}", form.name(), form.example()), value)
}

fn not_in(form: String, value: AnyValue<'_>) -> ValueError {
    ValueError::NotInForm { form, advice: advice(value) }
}

/// Says what to write for a value of this shape.
fn advice(value: AnyValue<'_>) -> String {
    let found = match value {
        AnyValue::Integer(number) => Some(MomentForm::of_number(number)),
        AnyValue::Text(text) => std::str::from_utf8(text).ok().and_then(MomentForm::of_text),
        _ => None,
    };
    match found {
        Some(form) => format!(
            "it is stored as `{}` is, so write `#[column(stored = {})]`, or change the rows",
            form.name(),
            form.name()
        ),
        None => {
            let ty = if matches!(value, AnyValue::Integer(_) | AnyValue::Real(_)) {
                "i64` or `f64"
            } else {
                "String"
            };
            format!("change the rows, or give the field the type `{ty}`")
        }
    }
}

fn read(value: AnyValue<'_>, form: MomentForm) -> Result<DateTime<Utc>, ValueError> {
    const WANTED: &str = "a point in time";
    let wrong = || not_in_form(form, value);
    let moment = match (form, value) {
        (
            MomentForm::UnixSeconds | MomentForm::UnixMillis,
            AnyValue::Text(_) | AnyValue::Blob(_),
        ) => {
            return Err(wrong());
        }
        // A column of SQLite's with the affinity REAL.
        (_, AnyValue::Real(number)) if number.fract() != 0.0 || number.abs() > 9e15 => {
            return Err(wrong());
        }
        (MomentForm::UnixSeconds, AnyValue::Real(number)) => {
            DateTime::from_timestamp(number as i64, 0)
        }
        (MomentForm::UnixMillis, AnyValue::Real(number)) => {
            DateTime::from_timestamp_millis(number as i64)
        }
        (MomentForm::UnixSeconds, _) => DateTime::from_timestamp(integer(value, WANTED)?, 0),
        (MomentForm::UnixMillis, _) => DateTime::from_timestamp_millis(integer(value, WANTED)?),
        (MomentForm::Iso8601 | MomentForm::SqliteDatetime, AnyValue::Text(_)) => {
            let text = text_bytes(value, WANTED)?;
            if MomentForm::of_text(text) != Some(form) {
                return Err(wrong());
            }
            parse_timestamp(text).map(|(time, _)| time.and_utc())
        }
        _ => return Err(wrong()),
    };
    moment.ok_or(ValueError::OutOfRange { wanted: WANTED })
}

macro_rules! stored {
    ($($sql_type:ident, $plain:ty, $kind:ident, $rust:ty: $to_utc:expr, $from_utc:expr;)*) => {
        $(
            impl<F: Form> HasSqlType<$sql_type<F>> for Any {
                #[inline]
                fn metadata(_: &mut ()) -> AnyType {
                    const { stored_type(F::FORM, Kind::$kind) }
                }
            }

            impl<F: Form> ToSql<$sql_type<F>, Any> for $rust {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
                    let to_utc: fn(&$rust) -> DateTime<Utc> = $to_utc;
                    out.set_value(bind(to_utc(self), F::FORM));
                    Ok(IsNull::No)
                }
            }

            impl<F: Form> ToSql<Nullable<$sql_type<F>>, Any> for $rust {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
                    ToSql::<$sql_type<F>, Any>::to_sql(self, out)
                }
            }

            impl<T, F: Form> ToSql<$sql_type<F>, Any> for Stored<T>
            where
                T: ToSql<$sql_type<F>, Any>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
                    self.0.to_sql(out)
                }
            }

            impl<T, F: Form> ToSql<Nullable<$sql_type<F>>, Any> for Stored<T>
            where
                T: ToSql<Nullable<$sql_type<F>>, Any>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
                    self.0.to_sql(out)
                }
            }

            impl<F: Form> FromSql<$sql_type<F>, Any> for $rust {
                fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
                    let from_utc: fn(DateTime<Utc>) -> $rust = $from_utc;
                    match value {
                        AnyValue::Postgres { .. } if !F::FORM.is_number() => {
                            <$rust as FromSql<$plain, Any>>::from_sql(value)
                        }
                        _ => Ok(from_utc(read(value, F::FORM)?)),
                    }
                }
            }
        )*
    };
}

stored! {
    MomentAs, Timestamptz, Timestamptz, DateTime<Utc>: |moment| *moment, |moment| moment;
    DateTimeAs, Timestamp, Timestamp, NaiveDateTime: NaiveDateTime::and_utc, |moment| moment.naive_utc();
}

/// Whether a value of SQLite's has the one form in which mizzle stores such values. Another may be read well and still
/// compare as another text, so a column must not have it without saying so.
pub(crate) fn check_own_form(ty: AnyType, value: Option<AnyValue<'_>>) -> Result<(), ValueError> {
    let form = match (ty.form, ty.kind) {
        (None, Kind::Date) => "0000-00-00",
        (None, Kind::Time) => "00:00:00.000000",
        (None, Kind::Timestamp) => "0000-00-00 00:00:00.000000",
        (None, Kind::Timestamptz) => "0000-00-00 00:00:00.000000+00:00",
        _ => return Ok(()),
    };
    let is_in_form = match value {
        None | Some(AnyValue::Postgres { .. } | AnyValue::Blob(_)) => true,
        Some(AnyValue::Text(text)) => {
            text.len() == form.len()
                && text.iter().zip(form.bytes()).all(|(given, wanted)| {
                    if wanted == b'0' { given.is_ascii_digit() } else { *given == wanted }
                })
                // The offset, which is always the same.
                && text.get(26..).is_none_or(|offset| matches!(offset, b"" | b"+00:00"))
        }
        Some(AnyValue::Integer(_) | AnyValue::Real(_)) => false,
    };
    match value {
        Some(value) if !is_in_form => Err(not_in(form.into(), value)),
        _ => Ok(()),
    }
}
