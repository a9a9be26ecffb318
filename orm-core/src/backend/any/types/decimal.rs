//! Exact decimal numbers.
//!
//! SQLite stores them as plain text (`-12.50`) in columns with the collation `decimal`, which compares them as numbers.
//! The type has no arithmetic in SQL: SQLite would do it in binary floating point.

#[cfg(feature = "sqlite")]
use std::cmp::Ordering;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, Sign};
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Numeric;

#[cfg(feature = "sqlite")]
use super::compare_texts;
use super::text::text_bytes;
use super::{kinds, mismatch};
use crate::backend::any::{Any, AnyValue, Bind};
use crate::error::ValueError;
use crate::types::sql_types::ExactNumeric;
use crate::types::{Decimal, check_decimal, parse_digits};

kinds! {
    ExactNumeric => Decimal,
    Numeric => Decimal,
}

const WANTED: &str = "a decimal number";

macro_rules! decimal {
    ($($sql_type:ty, $rust:ty => $inner:expr;)*) => {
        $(impl ToSql<$sql_type, Any> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
                let inner: fn(&$rust) -> &BigDecimal = $inner;
                check_decimal(inner(self))?;
                out.set_value(Bind::Decimal(inner(self)));
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql_type, Any> for $rust {
            fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
                Ok(read(value)?.into())
            }
        })*
    };
}

// diesel's `sum` and `avg` of integers return its `Numeric`.
decimal! {
    ExactNumeric, Decimal => Decimal::as_inner;
    Numeric, BigDecimal => |value| value;
}

/// Reads diesel's `sum` and `avg` of integers without the crate of [`BigDecimal`].
impl FromSql<Numeric, Any> for Decimal {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        Ok(read(value)?.into())
    }
}

/// Reads diesel's `sum` of integers as an integer, if it fits.
macro_rules! integers {
    ($($rust:ty => $wanted:literal;)*) => {
        $(impl FromSql<Numeric, Any> for $rust {
            fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
                let out_of_range = ValueError::OutOfRange { wanted: $wanted };
                let value = read(value)?;
                let whole = value.with_scale(0);
                if whole != value {
                    return Err(out_of_range.into());
                }
                Ok(whole.into_bigint_and_exponent().0.try_into().map_err(|_| out_of_range)?)
            }
        })*
    };
}

integers! {
    i64 => "an integer of 64 bits";
    i128 => "an integer of 128 bits";
}

/// diesel implements this for the integers that are types of columns.
impl Queryable<Numeric, Any> for i128 {
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

fn read(value: AnyValue<'_>) -> Result<BigDecimal, ValueError> {
    match value {
        // The sum of integers on PostgreSQL, and any number that SQLite has computed.
        AnyValue::Integer(value) => Ok(value.into()),
        AnyValue::Real(value) => parse(value.to_string().as_bytes()).ok_or(ValueError::NotANumber),
        AnyValue::Postgres { bytes, oid: 1700 } => {
            from_postgres(bytes).ok_or(ValueError::OutOfRange { wanted: WANTED })
        }
        AnyValue::Postgres { .. } => Err(mismatch(value, WANTED)),
        other => parse(text_bytes(other, WANTED)?.as_bytes())
            .ok_or(ValueError::OutOfRange { wanted: WANTED }),
    }
}

/// Returns a number in plain notation; `None` if the text isn't one. A number with an exponent isn't: mizzle never
/// writes it, the collation wouldn't read it as a number, and few characters could stand for gigabytes.
pub(crate) fn parse(text: &[u8]) -> Option<BigDecimal> {
    if !text.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+')) {
        return None;
    }
    parse_digits(std::str::from_utf8(text).ok()?)
}

/// PostgreSQL's form: the number of digits to the base of 10,000, the power of the first, the sign, the number of
/// decimal digits after the point, then the digits.
fn from_postgres(bytes: &[u8]) -> Option<BigDecimal> {
    let mut words = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let (count, weight, sign, scale) =
        (words.next()?, words.next()? as i16, words.next()?, words.next()?);
    let sign = match sign {
        0 => Sign::Plus,
        0x4000 => Sign::Minus,
        // NaN and the infinities
        _ => return None,
    };
    let digits: Vec<u8> = words
        .take(count.into())
        .flat_map(|group| [group / 1000, group / 100 % 10, group / 10 % 10, group % 10])
        .map(|digit| digit as u8)
        .collect();
    let number = match digits.is_empty() {
        true => BigInt::default(),
        false => BigInt::from_radix_be(sign, &digits, 10)?,
    };
    let places = 4 * (i64::from(count) - 1 - i64::from(weight));
    Some(BigDecimal::new(number, places).with_scale(scale.into()))
}

/// Appends PostgreSQL's form of `value`, which [`check_decimal`] has accepted.
#[cfg(feature = "postgres")]
pub(crate) fn to_postgres(value: &BigDecimal, out: &mut Vec<u8>) {
    let (number, scale) = value.as_bigint_and_exponent();
    let (sign, mut digits) = number.to_radix_be(10);
    if scale < 0 {
        digits.extend(std::iter::repeat_n(0, scale.unsigned_abs() as usize));
    }
    let scale = scale.max(0) as usize;
    // Both sides of the point are padded to whole groups of four digits.
    let whole = digits.len().saturating_sub(scale);
    let missing = scale.saturating_sub(digits.len());
    let before = (4 - whole % 4) % 4;
    let after = (4 - scale % 4) % 4;
    let mut padded = vec![0; before + missing];
    padded.append(&mut digits);
    padded.extend(std::iter::repeat_n(0, after));
    let groups: Vec<u16> = padded
        .chunks_exact(4)
        .map(|group| group.iter().fold(0, |number, digit| number * 10 + u16::from(*digit)))
        .collect();
    let first = groups.iter().position(|group| *group != 0).unwrap_or(groups.len());
    let last = groups.iter().rposition(|group| *group != 0).map_or(first, |at| at + 1);
    let weight = (whole + before) as i64 / 4 - 1 - first as i64;
    let sign: u16 = if sign == Sign::Minus { 0x4000 } else { 0 };
    for word in [(last - first) as u16, weight as i16 as u16, sign, scale as u16] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for group in &groups[first..last] {
        out.extend_from_slice(&group.to_be_bytes());
    }
}

#[cfg(feature = "sqlite")]
/// Returns the parts of a number in plain notation, without insignificant zeros.
struct Parts<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
}

#[cfg(feature = "sqlite")]
impl<'a> Parts<'a> {
    fn of(text: &'a [u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let point = digits.iter().position(|byte| *byte == b'.');
        let (whole, fraction) = match point {
            Some(at) => (&digits[..at], &digits[at + 1..]),
            None => (digits, &[][..]),
        };
        let all_digits = whole.iter().chain(fraction).all(u8::is_ascii_digit);
        if !all_digits || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let first = whole.iter().position(|digit| *digit != b'0').unwrap_or(whole.len());
        let last = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1);
        let (whole, fraction) = (&whole[first..], &fraction[..last]);
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !zero, whole, fraction })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let magnitude = |a: &Self, b: &Self| {
            a.whole
                .len()
                .cmp(&b.whole.len())
                .then_with(|| a.whole.cmp(b.whole))
                .then_with(|| a.fraction.cmp(b.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => magnitude(self, other),
            (true, true) => magnitude(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// Compares two texts as decimal numbers.
#[cfg(feature = "sqlite")]
pub(crate) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    compare_texts([a, b], Parts::of, Parts::compare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "sqlite")]
    #[test]
    fn compares_as_numbers() {
        let ascending = [
            "-100",
            "-99.5",
            "-1.01",
            "-1",
            "-0.5",
            "0",
            "0.05",
            "0.5",
            "1",
            "1.000001",
            "9.9",
            "10",
            "100.0",
            "101",
            "not a number",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(compare(a.as_bytes(), b.as_bytes()), i.cmp(&j), "{a} and {b}");
            }
        }
        for (a, b) in [("1", "1.00"), ("-0", "0.0"), ("007.10", "7.1"), (".5", "0.50")] {
            assert_eq!(compare(a.as_bytes(), b.as_bytes()), Ordering::Equal, "{a} and {b}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn postgres_form_round_trips() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "10000",
            "9999.9999",
            "0.0001",
            "0.00001",
            "-123456789.987654321",
            "1e20",
            "12345678901234567890123456789012345678",
            "0.00000000000000000000000000000000000001",
        ] {
            let value: BigDecimal = text.parse().expect("a number");
            let mut bytes = Vec::new();
            to_postgres(&value, &mut bytes);
            assert_eq!(from_postgres(&bytes), Some(value), "{text}");
        }
    }
}
