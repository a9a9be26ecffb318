//! A column's default, as SQL.
//!
//! A default is written in the form in which mizzle stores a value of that type. A row with the default therefore
//! equals a row that was given the same value.

#![deny(clippy::wildcard_enum_match_arm)]

use bigdecimal::BigDecimal;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::moment;
use crate::dialect::Dialect;
use crate::schema::words::list;
use crate::schema::{ColumnDef, ColumnType, DefaultValue, Family, address, interval};

/// The most digits of PostgreSQL's `numeric` before the point.
const MOST_DIGITS: i64 = 131_072;

/// The most digits of PostgreSQL's `numeric` after the point.
const MOST_DIGITS_AFTER: i64 = 16_383;

/// Returns the SQL of `default` for a column of type `ty`.
///
/// # Errors
///
/// What is wrong with it, as the end of a sentence that begins with "the default".
pub fn default_sql(
    default: &DefaultValue,
    ty: &ColumnType,
    dialect: Dialect,
) -> Result<String, String> {
    match default {
        DefaultValue::Sql(expression) => Ok(format!("({expression})")),
        DefaultValue::Now => {
            moment::now(ty, dialect).map(Into::into).ok_or_else(|| mismatch("is `now`", ty))
        }
        DefaultValue::Bool(value) => match ty.family() {
            Family::Bool => Ok(boolean(*value, dialect).into()),
            Family::Json => Ok(dialect.quote_literal(&value.to_string())),
            Family::Integer
            | Family::Float
            | Family::Decimal
            | Family::Text
            | Family::Bytes
            | Family::Moment
            | Family::Uuid
            | Family::Network
            | Family::Interval
            | Family::Array => Err(mismatch("is a bool", ty)),
        },
        DefaultValue::EmptyArray => match (ty.element(), dialect) {
            (None, _) => Err(mismatch("is an array", ty)),
            (Some(_), Dialect::Sqlite | Dialect::D1) => Ok("'[]'".into()),
            (Some(_), Dialect::Postgres) => Ok("'{}'".into()),
        },
        DefaultValue::Integer(value) => integer(*value, ty, dialect),
        DefaultValue::Number(number) => fraction(&number.replace('_', ""), ty, dialect),
        DefaultValue::Text(text) => from_text(text, ty, dialect),
    }
}

/// Returns the SQL of `default` for a column, in the form in which the column stores moments.
///
/// # Errors
///
/// As [`default_sql`].
pub(super) fn default_of(
    default: &DefaultValue,
    column: &ColumnDef,
    dialect: Dialect,
) -> Result<String, String> {
    match (column.stored, default) {
        (Some(form), DefaultValue::Now) => Ok(moment::now_in(form, &column.ty, dialect).into()),
        (Some(form), DefaultValue::Text(text)) => moment::stored(text, &column.ty)
            .and_then(|stored| moment::literal(&stored, form, dialect))
            .ok_or_else(|| mismatch(&format!("is {text:?}"), &column.ty)),
        (Some(form), DefaultValue::Integer(number)) if form.is_number() => Ok(number.to_string()),
        _ => default_sql(default, &column.ty, dialect),
    }
}

fn mismatch(is: &str, ty: &ColumnType) -> String {
    format!("{is}, but the column is {}; write {}", ty.described(), expected(ty))
}

/// Returns an example of a default of this type, as in the attribute.
fn expected(ty: &ColumnType) -> &'static str {
    if ty.labels().is_some() { "one of its labels in a string" } else { ty.facts().default }
}

fn boolean(value: bool, dialect: Dialect) -> &'static str {
    match (dialect, value) {
        (Dialect::Sqlite | Dialect::D1, false) => "0",
        (Dialect::Sqlite | Dialect::D1, true) => "1",
        (Dialect::Postgres, false) => "false",
        (Dialect::Postgres, true) => "true",
    }
}

fn integer(value: i64, ty: &ColumnType, dialect: Dialect) -> Result<String, String> {
    match ty.range() {
        None => fraction(&value.to_string(), ty, dialect),
        Some(range) if range.contains(&value) => Ok(value.to_string()),
        Some(_) => Err(mismatch(&format!("is {value}"), ty)),
    }
}

fn fraction(number: &str, ty: &ColumnType, dialect: Dialect) -> Result<String, String> {
    let decimal: BigDecimal = number.parse().map_err(|_| mismatch(&format!("is {number}"), ty))?;
    match ty.family() {
        Family::Float => {
            float(number, ty, dialect).ok_or_else(|| mismatch(&format!("is {number}"), ty))
        }
        Family::Decimal => exact(&decimal, dialect),
        Family::Json => from_text(number, ty, dialect),
        Family::Bool
        | Family::Integer
        | Family::Text
        | Family::Bytes
        | Family::Moment
        | Family::Uuid
        | Family::Network
        | Family::Interval
        | Family::Array => Err(mismatch("is a number", ty)),
    }
}

/// SQLite stores every float in 64 bits. So a float of 32 bits is written as the number it becomes there: 0.1 and a
/// bound `0.1_f32` differ.
fn float(number: &str, ty: &ColumnType, dialect: Dialect) -> Option<String> {
    let wide = number.parse().ok().filter(|wide: &f64| wide.is_finite())?;
    if *ty == ColumnType::Double {
        return Some(number.into());
    }
    let narrow = number.parse().ok().filter(|narrow: &f32| narrow.is_finite())?;
    Some(match dialect {
        Dialect::Sqlite | Dialect::D1 if f64::from(narrow) != wide => {
            format!("{:?}", f64::from(narrow))
        }
        Dialect::Sqlite | Dialect::D1 | Dialect::Postgres => number.into(),
    })
}

/// SQLite would turn a bare decimal into a float.
fn exact(decimal: &BigDecimal, dialect: Dialect) -> Result<String, String> {
    let after = decimal.fractional_digit_count();
    let before = i64::try_from(decimal.digits()).unwrap_or(i64::MAX).saturating_sub(after);
    if before > MOST_DIGITS || after > MOST_DIGITS_AFTER {
        return Err(format!(
            "has more than {MOST_DIGITS} digits before or {MOST_DIGITS_AFTER} after the decimal point, which is more than \
             a decimal column can hold"
        ));
    }
    let digits = decimal.to_plain_string();
    Ok(match dialect {
        Dialect::Sqlite | Dialect::D1 => dialect.quote_literal(&digits),
        Dialect::Postgres => digits,
    })
}

fn from_text(text: &str, ty: &ColumnType, dialect: Dialect) -> Result<String, String> {
    let wrong = || mismatch(&format!("is {text:?}"), ty);
    let literal = match ty {
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Other(_) if text.contains('\0') => {
            return Err("contains NUL, which PostgreSQL can't store; leave it out".into());
        }
        ColumnType::Text | ColumnType::Other(_) => text.into(),
        ColumnType::Varchar(length) if text.chars().count() > *length as usize => {
            return Err(format!("is longer than the column's {length} characters; shorten it"));
        }
        ColumnType::Varchar(_) => text.into(),
        ColumnType::Enum { labels, .. } if labels.iter().any(|label| label == text) => text.into(),
        ColumnType::Enum { labels, .. } => {
            return Err(format!("is {text:?}, which is not one of its labels {}", list(labels)));
        }
        ColumnType::Bytes => return Ok(bytes(text.as_bytes(), dialect)),
        ColumnType::Uuid => {
            let uuid = Uuid::try_parse(text).map_err(|_| wrong())?;
            return Ok(match dialect {
                Dialect::Sqlite | Dialect::D1 => bytes(uuid.as_bytes(), dialect),
                Dialect::Postgres => dialect.quote_literal(&uuid.hyphenated().to_string()),
            });
        }
        ColumnType::Decimal => {
            let decimal = text.parse().map_err(|_| wrong())?;
            return exact(&decimal, dialect);
        }
        ColumnType::Json => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => text.into(),
            Err(error) => return Err(format!("is {text:?}, which is not JSON: {error}")),
        },
        ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::Timestamptz => {
            moment::stored(text, ty).ok_or_else(wrong)?
        }
        ColumnType::Inet => {
            let (address, prefix) = address::parse(text).ok_or_else(wrong)?;
            address::written(address, prefix)
        }
        ColumnType::Cidr => {
            let network = address::parse(text).ok_or_else(wrong)?;
            if address::network(network.0, network.1) != network {
                return Err(wrong());
            }
            format!("{}/{}", network.0, network.1)
        }
        ColumnType::Interval => interval::written(interval::parse(text).ok_or_else(wrong)?),
        ColumnType::Bool
        | ColumnType::SmallInt
        | ColumnType::Integer
        | ColumnType::BigInt
        | ColumnType::Real
        | ColumnType::Double
        | ColumnType::Array(_) => return Err(wrong()),
    };
    Ok(dialect.quote_literal(&literal))
}

fn bytes(bytes: &[u8], dialect: Dialect) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match dialect {
        Dialect::Sqlite | Dialect::D1 => format!("X'{digits}'"),
        Dialect::Postgres => format!(r"'\x{digits}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default on SQLite and on PostgreSQL.
    fn both(default: DefaultValue, ty: ColumnType) -> [Result<String, String>; 2] {
        [Dialect::Sqlite, Dialect::Postgres].map(|dialect| default_sql(&default, &ty, dialect))
    }

    #[track_caller]
    fn assert_sql(default: DefaultValue, ty: ColumnType, sqlite: &str, postgres: &str) {
        assert_eq!(both(default, ty), [Ok(sqlite.into()), Ok(postgres.into())]);
    }

    #[track_caller]
    fn assert_error(default: DefaultValue, ty: ColumnType, error: &str) {
        assert_eq!(both(default, ty), [Err(error.into()), Err(error.into())]);
    }

    fn text(text: &str) -> DefaultValue {
        DefaultValue::Text(text.into())
    }

    fn number(number: &str) -> DefaultValue {
        DefaultValue::Number(number.into())
    }

    fn role() -> ColumnType {
        ColumnType::Enum { labels: vec!["user".into(), "it's".into()], native: None }
    }

    #[test]
    fn literals_are_written_for_the_type() {
        assert_sql(DefaultValue::Bool(true), ColumnType::Bool, "1", "true");
        assert_sql(DefaultValue::Bool(false), ColumnType::Bool, "0", "false");
        assert_sql(DefaultValue::Integer(-5), ColumnType::SmallInt, "-5", "-5");
        assert_sql(DefaultValue::Integer(3), ColumnType::Double, "3", "3");
        assert_sql(number("1_000.5e3"), ColumnType::Real, "1000.5e3", "1000.5e3");
        assert_sql(number("0.1"), ColumnType::Double, "0.1", "0.1");
        assert_sql(number("0.1"), ColumnType::Real, "0.10000000149011612", "0.1");
        assert_sql(text("it's"), ColumnType::Text, "'it''s'", "'it''s'");
        assert_sql(text("it's"), role(), "'it''s'", "'it''s'");
        assert_sql(text("hi\0"), ColumnType::Bytes, "X'686900'", r"'\x686900'");
        assert_sql(DefaultValue::Sql("1 + 1".into()), ColumnType::BigInt, "(1 + 1)", "(1 + 1)");
    }

    #[test]
    fn decimals_stay_exact() {
        assert_sql(number("1.50"), ColumnType::Decimal, "'1.50'", "1.50");
        assert_sql(text("-0.10"), ColumnType::Decimal, "'-0.10'", "-0.10");
        assert_sql(number("1.5e3"), ColumnType::Decimal, "'1500'", "1500");
        assert_sql(DefaultValue::Integer(7), ColumnType::Decimal, "'7'", "7");
    }

    #[test]
    fn json_is_a_document() {
        assert_sql(
            text("{\"a\": \"it's\"}"),
            ColumnType::Json,
            "'{\"a\": \"it''s\"}'",
            "'{\"a\": \"it''s\"}'",
        );
        assert_sql(DefaultValue::Bool(true), ColumnType::Json, "'true'", "'true'");
        assert_sql(DefaultValue::Integer(5), ColumnType::Json, "'5'", "'5'");
        assert_sql(number("1.50"), ColumnType::Json, "'1.50'", "'1.50'");
        let [Err(error), _] = both(text("hello"), ColumnType::Json) else { panic!("accepted") };
        assert!(error.starts_with("is \"hello\", which is not JSON: "), "{error}");
    }

    #[test]
    fn a_moment_is_written_as_it_is_stored() {
        let utc = "'2024-01-31 16:30:00.000000+00:00'";
        assert_sql(text("2024-01-31T18:30:00+02:00"), ColumnType::Timestamptz, utc, utc);
        assert_sql(
            DefaultValue::Now,
            ColumnType::Date,
            "(strftime('%Y-%m-%d', 'now'))",
            "((now() AT TIME ZONE 'utc')::date)",
        );
        assert_error(
            text("2024-01-31"),
            ColumnType::Timestamptz,
            "is \"2024-01-31\", but the column is a point in time; write `now` or a string such \
             as \"2024-01-31 18:30:00+00:00\"",
        );
    }

    #[test]
    fn an_address_is_written_as_it_is_stored() {
        assert_sql(text("2001:DB8::1/128"), ColumnType::Inet, "'2001:db8::1'", "'2001:db8::1'");
        assert_error(
            text("10.0.0"),
            ColumnType::Inet,
            "is \"10.0.0\", but the column is an internet address; write an address in a string",
        );
    }

    #[test]
    fn an_interval_is_written_as_it_is_stored() {
        for written in ["P1Y2MT1H", "1 year 2 mons 01:00:00", "P14MT60M"] {
            assert_sql(text(written), ColumnType::Interval, "'P1Y2MT1H'", "'P1Y2MT1H'");
        }
        let [Err(error), _] = both(text("1 week"), ColumnType::Interval) else {
            panic!("accepted")
        };
        assert!(error.contains("such as \"P1Y2M3DT4H5M6S\""), "{error}");
    }

    #[test]
    fn a_uuid_is_a_blob_on_sqlite() {
        let written = "550E8400-e29b-41d4-a716-446655440000";
        assert_sql(
            text(written),
            ColumnType::Uuid,
            "X'550e8400e29b41d4a716446655440000'",
            "'550e8400-e29b-41d4-a716-446655440000'",
        );
        assert_error(
            text("x"),
            ColumnType::Uuid,
            "is \"x\", but the column is a UUID; write a UUID in a string, or use `default_fn`",
        );
    }

    #[test]
    fn what_the_column_cannot_hold_is_refused() {
        assert_error(
            DefaultValue::Integer(40_000),
            ColumnType::SmallInt,
            "is 40000, but the column is a 16-bit integer; write a whole number",
        );
        assert_error(
            number("1.5"),
            ColumnType::BigInt,
            "is a number, but the column is a 64-bit integer; write a whole number",
        );
        assert_error(
            DefaultValue::Bool(true),
            ColumnType::Text,
            "is a bool, but the column is text; write a string",
        );
        assert_error(
            DefaultValue::Integer(1),
            ColumnType::Bool,
            "is a number, but the column is a bool; write `true` or `false`",
        );
        assert_error(
            DefaultValue::Now,
            ColumnType::Text,
            "is `now`, but the column is text; write a string",
        );
        assert_error(
            text("admin"),
            role(),
            "is \"admin\", which is not one of its labels 'user', 'it's'",
        );
        assert_error(
            number("1e999"),
            ColumnType::Double,
            "is 1e999, but the column is a 64-bit float; write a number",
        );
        assert_error(
            number("1); DROP TABLE users; --"),
            ColumnType::Decimal,
            "is 1); DROP TABLE users; --, but the column is a decimal; write a number",
        );
        assert_error(
            number("1e99999999999"),
            ColumnType::Decimal,
            "has more than 131072 digits before or 16383 after the decimal point, which is more than a decimal column \
             can hold",
        );
        assert_error(
            text("a\0b"),
            ColumnType::Text,
            "contains NUL, which PostgreSQL can't store; leave it out",
        );
    }
}
