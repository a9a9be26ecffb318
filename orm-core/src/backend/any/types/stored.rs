//! Moments in the forms of other programs: see [`crate::stored`].
//!
//! Text forms exist only on SQLite; on PostgreSQL the column has the field's type. Numbers are numbers on both. What is
//! finer than a form allows is cut off, like everything finer than a microsecond.

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

/// Returns the type of a column that is stored in `form`; `kind` is that of an ordinary column.
const fn stored_type(form: MomentForm, kind: Kind) -> AnyType {
    if form.is_number() { AnyType::of(Kind::BigInt) } else { AnyType::of(kind).in_form(form) }
}

/// Returns the value to bind.
fn bind(moment: DateTime<Utc>, form: MomentForm) -> Bind<'static> {
    match form {
        MomentForm::UnixSeconds => Bind::I64(moment.timestamp()),
        MomentForm::UnixMillis => Bind::I64(moment.timestamp_millis()),
        MomentForm::Iso8601 | MomentForm::SqliteDatetime => Bind::Moment(moment, form),
    }
}

fn not_in_form(form: MomentForm, value: AnyValue<'_>) -> ValueError {
    let wanted = format!("`stored = {}`, such as {}", form.name(), form.example());
    ValueError::NotInForm { form: wanted, advice: advice(value, Part::Moment) }
}

/// The part of a moment that a column has.
enum Part {
    Moment,
    Date,
    Time,
}

impl Part {
    /// Returns the part whose own form this is.
    fn of_own_form(form: &str) -> Self {
        match (form.contains('-'), form.contains(':')) {
            (true, false) => Self::Date,
            (false, _) => Self::Time,
            (true, true) => Self::Moment,
        }
    }
}

/// Says what to write for a value that looks like this. `stored` is an attribute of moments alone, and a number in a column of
/// times of day is no moment.
fn advice(value: AnyValue<'_>, part: Part) -> String {
    let found = match (value, &part) {
        (_, Part::Time) => None,
        (AnyValue::Integer(number), _) => Some(MomentForm::of_number(number)),
        (AnyValue::Text(text), _) => std::str::from_utf8(text).ok().and_then(MomentForm::of_text),
        _ => None,
    };
    match found {
        Some(form) => {
            let name = form.name();
            let write = match part {
                Part::Date => "give the field the type `NaiveDateTime` and write",
                Part::Moment | Part::Time => "write",
            };
            format!(
                "its form is that of `{name}`: {write} `#[column(stored = {name})]`, or change the rows"
            )
        }
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

/// Reads a value of a column that is stored in `form`.
pub(crate) fn read(value: AnyValue<'_>, form: MomentForm) -> Result<DateTime<Utc>, ValueError> {
    const WANTED: &str = "a point in time";
    let wrong = || not_in_form(form, value);
    let moment = match (form, value) {
        (
            MomentForm::UnixSeconds | MomentForm::UnixMillis,
            AnyValue::Text(_) | AnyValue::Blob(_),
        ) => {
            return Err(wrong());
        }
        // A column of SQLite with the affinity REAL.
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

/// Returns the only form in which mizzle stores values of this type on SQLite, if that is text of a fixed width. A
/// digit stands for any digit.
#[inline]
pub(crate) const fn own_form(ty: AnyType) -> Option<&'static str> {
    match ty.form {
        None => ty.facts().sqlite.form,
        Some(_) => None,
    }
}

/// Whether a value of SQLite has its type's [`own_form`]. Another form can often be read as well, but compares as a
/// different text. So a column may have it only if its attribute says so.
#[inline]
pub(crate) fn check_own_form(form: &'static str, value: AnyValue<'_>) -> Result<(), ValueError> {
    let is_in_form = match value {
        AnyValue::Postgres { .. } | AnyValue::Blob(_) => true,
        AnyValue::Text(text) => has_form(text, form.as_bytes()),
        AnyValue::Integer(_) | AnyValue::Real(_) => false,
    };
    if is_in_form {
        return Ok(());
    }
    let advice = advice(value, Part::of_own_form(form));
    Err(ValueError::NotInForm { form: form.into(), advice })
}

/// Looks at all characters without a branch for each. The compiler turns this into a few comparisons.
#[inline]
fn has_form(text: &[u8], form: &[u8]) -> bool {
    /// The start of the offset, which is always the same.
    const OFFSET: usize = 26;
    text.len() == form.len()
        && text.iter().zip(form).enumerate().fold(true, |fits, (place, (given, wanted))| {
            // `0` to `9` differ only in the last four bits.
            let most = if *wanted == b'0' && place < OFFSET { 9 } else { 0 };
            fits & (given ^ wanted <= most)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_form() {
        let form = |kind| own_form(AnyType::of(kind)).expect("a form").as_bytes();
        for (kind, own) in [
            (Kind::Date, "2024-05-06"),
            (Kind::Time, "07:08:09.123456"),
            (Kind::Timestamp, "2024-05-06 07:08:09.123456"),
            (Kind::Timestamptz, "2024-05-06 07:08:09.123456+00:00"),
        ] {
            assert!(has_form(own.as_bytes(), form(kind)), "{own}");
            // Each character in each place.
            for place in 0..own.len() {
                for other in 0..=u8::MAX {
                    let mut text = own.as_bytes().to_vec();
                    let is_digit = text[place].is_ascii_digit() && place < 26;
                    let fits = text[place] == other || is_digit && other.is_ascii_digit();
                    text[place] = other;
                    assert_eq!(has_form(&text, form(kind)), fits, "{text:?}");
                }
            }
            assert!(!has_form(&own.as_bytes()[1..], form(kind)));
        }
    }
}
