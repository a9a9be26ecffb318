//! Values in the text form of COPY, which the server reads as the type of the column. The binary form would be taken for
//! a value of the column's type, whatever it is.

use std::io::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use diesel::QueryResult;
use diesel::result::Error::SerializationError;

use super::binds::has_nul_escape;
use crate::backend::any::Bind;
use crate::backend::any::types::micros_of_day;
use crate::error::ValueError;

/// Writes the values of rows behind each other.
#[derive(Default)]
pub struct CopiedBinds {
    bytes: Vec<u8>,
    /// Whether a value comes first in its row.
    is_first: bool,
}

/// Shows no value.
impl std::fmt::Debug for CopiedBinds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopiedBinds").finish_non_exhaustive()
    }
}

impl CopiedBinds {
    /// Begins a row behind those in `bytes`.
    pub(in crate::backend) fn behind(bytes: Vec<u8>) -> Self {
        Self { bytes, is_first: true }
    }

    /// Ends the row.
    pub(in crate::backend) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.push(b'\n');
        self.bytes
    }

    pub(in crate::backend::any) fn push(&mut self, value: &Bind<'_>) -> QueryResult<()> {
        if !std::mem::take(&mut self.is_first) {
            self.bytes.push(b'\t');
        }
        write_copied(value, &mut self.bytes).map_err(|error| SerializationError(Box::new(error)))
    }
}

/// Writes a value as COPY's text form has it. Its separators and escapes are those of the default options.
fn write_copied(value: &Bind<'_>, out: &mut Vec<u8>) -> Result<(), ValueError> {
    if matches!(value, Bind::Null) {
        out.extend_from_slice(b"\\N");
        return Ok(());
    }
    write(value, out, &mut escaped)
}

/// Writes text so that its characters stand for themselves.
type Escape<'e> = &'e mut dyn FnMut(&[u8], &mut Vec<u8>);

fn escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\\' | b'\n' | b'\r' | b'\t'))
    {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\\');
        out.push(match rest[at] {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            other => other,
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Writes a value as the input function of its type reads it.
fn write(value: &Bind<'_>, out: &mut Vec<u8>, escape: Escape<'_>) -> Result<(), ValueError> {
    match value {
        Bind::Null => out.extend_from_slice(b"NULL"),
        Bind::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Bind::I16(value) => push_integer(out, (*value).into()),
        Bind::I32(value) => push_integer(out, (*value).into()),
        Bind::I64(value) => push_integer(out, *value),
        Bind::F32(value) if value.is_finite() => shown(out, format_args!("{value:?}")),
        Bind::F32(value) => float(out, f64::from(*value)),
        Bind::F64(value) if value.is_finite() => shown(out, format_args!("{value:?}")),
        Bind::F64(value) => float(out, *value),
        Bind::Text(text) => {
            if text.as_bytes().contains(&0) {
                return Err(ValueError::NulInText);
            }
            escape(text.as_bytes(), out);
        }
        Bind::Json(text) => {
            if has_nul_escape(text) {
                return Err(ValueError::NulInText);
            }
            escape(text.as_bytes(), out);
        }
        Bind::Bytes(bytes) => {
            escape(b"\\x", out);
            for byte in bytes.iter() {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.push(DIGITS[usize::from(byte >> 4)]);
                out.push(DIGITS[usize::from(byte & 15)]);
            }
        }
        Bind::Date(date) => {
            push_date(out, *date);
            push_era(out, *date);
        }
        Bind::Time(time) => push_time(out, *time)?,
        Bind::Timestamp(time) => {
            let time = in_micros(time.and_utc().timestamp_micros())?;
            push_date_and_time(out, time)?;
            push_era(out, time.date());
        }
        Bind::Timestamptz(time) | Bind::Moment(time, _) => {
            let time = in_micros(time.timestamp_micros())?;
            push_date_and_time(out, time)?;
            out.extend_from_slice(b"+00");
            push_era(out, time.date());
        }
        Bind::Uuid(uuid) => shown(out, uuid.as_hyphenated()),
        Bind::Decimal(value) => shown(out, value),
        Bind::Array(values) => {
            out.push(b'{');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_element(value, out, escape)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// Writes an element of an array, in quotes so that a text isn't taken for NULL.
fn write_element(
    value: &Bind<'_>,
    out: &mut Vec<u8>,
    escape: Escape<'_>,
) -> Result<(), ValueError> {
    if matches!(value, Bind::Null | Bind::Array(_)) {
        return write(value, out, escape);
    }
    out.push(b'"');
    write(value, out, &mut |text, out| {
        let mut quoted = Vec::with_capacity(text.len());
        for byte in text {
            if matches!(byte, b'"' | b'\\') {
                quoted.push(b'\\');
            }
            quoted.push(*byte);
        }
        escape(&quoted, out);
    })?;
    out.push(b'"');
    Ok(())
}

fn shown(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing to memory can't fail.
    let _ = write!(out, "{value}");
}

fn push_integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    push_digits(out, value.unsigned_abs(), 1);
}

/// Writes at least so many digits.
fn push_digits(out: &mut Vec<u8>, mut value: u64, least: usize) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    while value > 0 {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend_from_slice(&digits[start.min(digits.len() - least)..]);
}

fn float(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(match (value.is_nan(), value > 0.0) {
        (true, _) => b"NaN".as_slice(),
        (false, true) => b"Infinity",
        (false, false) => b"-Infinity",
    });
}

/// Goes through the number of microseconds, as the binary form does: a leap second becomes the next second.
fn in_micros(micros: i64) -> Result<NaiveDateTime, ValueError> {
    let time = DateTime::from_timestamp_micros(micros);
    time.map(|time| time.naive_utc()).ok_or(ValueError::OutOfRange { wanted: "a point in time" })
}

fn push_date_and_time(out: &mut Vec<u8>, time: NaiveDateTime) -> Result<(), ValueError> {
    push_date(out, time.date());
    out.push(b' ');
    push_time(out, time.time())
}

/// Writes the day, whose year is counted from its era.
fn push_date(out: &mut Vec<u8>, date: NaiveDate) {
    push_digits(out, date.year_ce().1.into(), 4);
    out.push(b'-');
    push_digits(out, date.month().into(), 2);
    out.push(b'-');
    push_digits(out, date.day().into(), 2);
}

fn push_era(out: &mut Vec<u8>, date: NaiveDate) {
    if !date.year_ce().0 {
        out.extend_from_slice(b" BC");
    }
}

fn push_time(out: &mut Vec<u8>, time: NaiveTime) -> Result<(), ValueError> {
    let micros = micros_of_day(time)?.cast_unsigned();
    let seconds = micros / 1_000_000;
    push_digits(out, seconds / 3600, 2);
    out.push(b':');
    push_digits(out, seconds / 60 % 60, 2);
    out.push(b':');
    push_digits(out, seconds % 60, 2);
    out.push(b'.');
    push_digits(out, micros % 1_000_000, 6);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(value: &Bind<'_>) -> String {
        let mut out = Vec::new();
        write_copied(value, &mut out).expect("it can be stored");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn characters_stand_for_themselves() {
        assert_eq!(copied(&Bind::Null), "\\N");
        assert_eq!(copied(&Bind::Text("\\N".into())), "\\\\N");
        assert_eq!(copied(&Bind::Text("a\tb\nc\rd\\.".into())), "a\\tb\\nc\\rd\\\\.");
        assert_eq!(copied(&Bind::Bytes(vec![0, 255, b'\\'].into())), "\\\\x00ff5c");
        let texts = ["a\"b\\c\n", "NULL", ""].map(|text| Bind::Text(text.into()));
        let [one, two, three] = texts;
        let array = Bind::Array(vec![one, two, Bind::Null, three]);
        assert_eq!(copied(&array), "{\"a\\\\\"b\\\\\\\\c\\n\",\"NULL\",NULL,\"\"}");
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(copied(&Bind::I64(i64::MIN)), "-9223372036854775808");
        assert_eq!(copied(&Bind::F64(f64::NEG_INFINITY)), "-Infinity");
        assert_eq!(copied(&Bind::F64(f64::NAN)), "NaN");
        assert_eq!(copied(&Bind::F64(f64::MAX)).parse(), Ok(f64::MAX));
        assert_eq!(copied(&Bind::F64(5e-324)).parse(), Ok(5e-324));
    }

    #[test]
    fn years_are_counted_from_their_era() {
        let date = |year| NaiveDate::from_ymd_opt(year, 2, 3).expect("a date");
        assert_eq!(copied(&Bind::Date(date(44))), "0044-02-03");
        assert_eq!(copied(&Bind::Date(date(0))), "0001-02-03 BC");
        assert_eq!(copied(&Bind::Date(date(-43))), "0044-02-03 BC");
        assert_eq!(copied(&Bind::Date(date(12_345))), "12345-02-03");
        let time = date(-43).and_hms_micro_opt(4, 5, 6, 7).expect("a time").and_utc();
        assert_eq!(copied(&Bind::Timestamptz(time)), "0044-02-03 04:05:06.000007+00 BC");
    }
}
