//! Days and times.
//!
//! SQLite stores them as text of a fixed width, so the order of the text is the order in time: `2024-05-06`,
//! `07:08:09.123456`, `2024-05-06 07:08:09.123456` and, in UTC, `2024-05-06 07:08:09.123456+00:00`. Everything finer
//! than a microsecond is cut off, as PostgreSQL can't store it.

use chrono::{DateTime, Datelike, Local, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Date, Time, Timestamp, Timestamptz};

use super::text::text_bytes;
use super::{kinds, mismatch, to_sql};
use crate::backend::any::{Any, AnyValue, Bind};
use crate::error::ValueError;
#[cfg(feature = "sqlite")]
use crate::schema::MomentForm;

kinds! {
    Date => Date,
    Time => Time,
    Timestamp => Timestamp,
    Timestamptz => Timestamptz,
}

to_sql! {
    Date, NaiveDate => Date;
    Time, NaiveTime => Time;
    Timestamp, NaiveDateTime => Timestamp;
    Timestamptz, DateTime<Utc> => Timestamptz;
}

pub(crate) const MICROS_PER_SECOND: i64 = 1_000_000;
/// 2000-01-01, PostgreSQL's epoch, in seconds since 1970.
const POSTGRES_EPOCH: i64 = 946_684_800;
/// The same as days since the beginning of the common era, chrono's epoch.
const POSTGRES_EPOCH_DAY: i32 = 730_120;

fn postgres_days(bytes: &[u8]) -> Option<NaiveDate> {
    let days = i32::from_be_bytes(bytes.try_into().ok()?);
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(POSTGRES_EPOCH_DAY)?)
}

fn postgres_micros(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let micros = i64::from_be_bytes(bytes.try_into().ok()?);
    DateTime::from_timestamp_micros(micros.checked_add(POSTGRES_EPOCH * MICROS_PER_SECOND)?)
}

impl FromSql<Date, Any> for NaiveDate {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        const WANTED: &str = "a date";
        let date = match value {
            AnyValue::Postgres { bytes, oid: 1082 } => postgres_days(bytes),
            other => parse_date(text_bytes(other, WANTED)?),
        };
        Ok(date.ok_or(ValueError::OutOfRange { wanted: WANTED })?)
    }
}

impl FromSql<Time, Any> for NaiveTime {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        const WANTED: &str = "a time of day";
        let time = match value {
            AnyValue::Postgres { bytes: &[a, b, c, d, e, f, g, h], oid: 1083 } => {
                let micros = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
                let seconds = u32::try_from(micros / MICROS_PER_SECOND).ok();
                let nanos = u32::try_from(micros % MICROS_PER_SECOND * 1000).ok();
                seconds.zip(nanos).and_then(|(s, n)| Self::from_num_seconds_from_midnight_opt(s, n))
            }
            AnyValue::Postgres { .. } => return Err(mismatch(value, WANTED).into()),
            other => parse_time(text_bytes(other, WANTED)?),
        };
        Ok(time.ok_or(ValueError::OutOfRange { wanted: WANTED })?)
    }
}

impl FromSql<Timestamp, Any> for NaiveDateTime {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        const WANTED: &str = "a date and time";
        let time = match value {
            AnyValue::Postgres { bytes, oid: 1114 } => {
                postgres_micros(bytes).map(|time| time.naive_utc())
            }
            AnyValue::Postgres { .. } => return Err(mismatch(value, WANTED).into()),
            other => parse_timestamp(text_bytes(other, WANTED)?)
                .and_then(|(time, offset)| offset.is_none_or(|offset| offset == 0).then_some(time)),
        };
        Ok(time.ok_or(ValueError::OutOfRange { wanted: WANTED })?)
    }
}

impl FromSql<Timestamptz, Any> for DateTime<Utc> {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        const WANTED: &str = "a point in time";
        let time = match value {
            AnyValue::Postgres { bytes, oid: 1184 } => postgres_micros(bytes),
            AnyValue::Postgres { .. } => return Err(mismatch(value, WANTED).into()),
            // SQLite's own CURRENT_TIMESTAMP writes no zone and means UTC.
            other => parse_timestamp(text_bytes(other, WANTED)?).and_then(|(time, offset)| {
                let offset = chrono::TimeDelta::minutes(offset.unwrap_or(0));
                Some(time.checked_sub_signed(offset)?.and_utc())
            }),
        };
        Ok(time.ok_or(ValueError::OutOfRange { wanted: WANTED })?)
    }
}

impl ToSql<Timestamptz, Any> for DateTime<Local> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        out.set_value(Bind::Timestamptz(self.to_utc()));
        Ok(IsNull::No)
    }
}

impl FromSql<Timestamptz, Any> for DateTime<Local> {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        let time: DateTime<Utc> = FromSql::<Timestamptz, Any>::from_sql(value)?;
        Ok(time.into())
    }
}

/// Returns microseconds since 2000-01-01, PostgreSQL's form of a point in time.
#[cfg(feature = "postgres")]
pub(crate) fn to_postgres_micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros() - POSTGRES_EPOCH * MICROS_PER_SECOND
}

/// Returns days since 2000-01-01, PostgreSQL's form of a day.
#[cfg(feature = "postgres")]
pub(crate) fn to_postgres_days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - POSTGRES_EPOCH_DAY
}

/// Returns microseconds since midnight. A leap second has none: it would be read as another time.
pub(crate) fn micros_of_day(time: NaiveTime) -> Result<i64, ValueError> {
    if time.nanosecond() >= 1_000_000_000 {
        return Err(ValueError::LeapSecond);
    }
    let seconds = i64::from(time.num_seconds_from_midnight());
    Ok(seconds * MICROS_PER_SECOND + i64::from(time.nanosecond() / 1000))
}

/// Writes a day or time as text of a fixed width.
#[cfg(feature = "sqlite")]
pub(crate) struct Text {
    bytes: [u8; 32],
    length: usize,
}

#[cfg(feature = "sqlite")]
impl Text {
    pub(crate) fn date(date: NaiveDate) -> Result<Self, ValueError> {
        let mut text = Self { bytes: [0; 32], length: 0 };
        text.push_date(date)?;
        Ok(text)
    }

    pub(crate) fn time(time: NaiveTime) -> Result<Self, ValueError> {
        let mut text = Self { bytes: [0; 32], length: 0 };
        text.push_time(micros_of_day(time)?);
        Ok(text)
    }

    pub(crate) fn timestamp(time: NaiveDateTime) -> Result<Self, ValueError> {
        // Goes through the number of microseconds: a leap second becomes the next second, as on PostgreSQL.
        let micros = time.and_utc().timestamp_micros();
        let time = DateTime::from_timestamp_micros(micros)
            .ok_or(ValueError::OutOfRange { wanted: "a date and time" })?
            .naive_utc();
        let mut text = Self { bytes: [0; 32], length: 0 };
        text.push_date(time.date())?;
        text.push(b" ");
        text.push_time(micros_of_day(time.time())?);
        Ok(text)
    }

    pub(crate) fn timestamptz(time: DateTime<Utc>) -> Result<Self, ValueError> {
        let mut text = Self::timestamp(time.naive_utc())?;
        text.push(b"+00:00");
        Ok(text)
    }

    /// Writes a moment in a text form; returns nothing for a form that is a number.
    pub(crate) fn moment(time: DateTime<Utc>, form: MomentForm) -> Result<Self, ValueError> {
        // Goes through the number of microseconds, as in `timestamp`.
        let time = DateTime::from_timestamp_micros(time.timestamp_micros())
            .ok_or(ValueError::OutOfRange { wanted: "a point in time" })?;
        let micros = micros_of_day(time.time())?;
        let mut text = Self { bytes: [0; 32], length: 0 };
        text.push_date(time.date_naive())?;
        text.push(if form == MomentForm::Iso8601 { b"T" } else { b" " });
        text.push_time(micros);
        // Without the last three digits, or without the fraction.
        text.length -= if form == MomentForm::Iso8601 { 3 } else { 7 };
        if form == MomentForm::Iso8601 {
            text.push(b"Z");
        }
        Ok(text)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn push_digits(&mut self, mut number: u32, width: usize) {
        for at in (self.length..self.length + width).rev() {
            self.bytes[at] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self.length += width;
    }

    fn push_date(&mut self, date: NaiveDate) -> Result<(), ValueError> {
        let year = u32::try_from(date.year()).ok().filter(|year| *year <= 9999);
        self.push_digits(year.ok_or(ValueError::YearOnSqlite)?, 4);
        self.push(b"-");
        self.push_digits(date.month(), 2);
        self.push(b"-");
        self.push_digits(date.day(), 2);
        Ok(())
    }

    fn push_time(&mut self, micros: i64) {
        // Less than 86,400 seconds and 1,000,000 microseconds: both fit.
        let seconds = (micros / MICROS_PER_SECOND) as u32;
        self.push_digits(seconds / 3600, 2);
        self.push(b":");
        self.push_digits(seconds / 60 % 60, 2);
        self.push(b":");
        self.push_digits(seconds % 60, 2);
        self.push(b".");
        self.push_digits((micros % MICROS_PER_SECOND) as u32, 6);
    }
}

/// Returns `digits` as a number; `None` if one isn't a digit.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
    })
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else {
        return None;
    };
    let year = i32::try_from(number(&[a, b, c, d])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[e, f])?, number(&[g, h])?)
}

/// Reads `07:08`, `07:08:09` or `07:08:09.123456` with one to nine digits.
fn parse_time(text: &str) -> Option<NaiveTime> {
    let bytes = text.as_bytes();
    let (&[a, b, b':', c, d], rest) = bytes.split_first_chunk::<5>()? else {
        return None;
    };
    let (hour, minute) = (number(&[a, b])?, number(&[c, d])?);
    let (second, fraction) = match rest {
        [] => (0, &[][..]),
        [b':', e, f] => (number(&[*e, *f])?, &[][..]),
        [b':', e, f, b'.', fraction @ ..] if (1..=9).contains(&fraction.len()) => {
            (number(&[*e, *f])?, fraction)
        }
        _ => return None,
    };
    let nanos = number(fraction)? * 10_u32.pow(9 - fraction.len() as u32);
    NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)
}

/// Reads a date and time, and the minutes east of UTC if the text has them. Accepts the forms of SQLite's own functions
/// as well: `T` for the space, `Z` for the zone.
pub(super) fn parse_timestamp(text: &str) -> Option<(NaiveDateTime, Option<i64>)> {
    let date = parse_date(text.get(..10)?)?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some((date.and_time(NaiveTime::MIN), None));
    }
    let rest = rest.strip_prefix([' ', 'T'])?;
    let (time, offset) = match rest.find(['+', '-', 'Z']) {
        None => (rest, None),
        Some(at) => {
            let minutes = match *rest.as_bytes().get(at..)? {
                [b'Z'] => 0,
                [sign, a, b, b':', c, d] | [sign, a, b, c, d] => {
                    let minutes = i64::from(number(&[a, b])? * 60 + number(&[c, d])?);
                    if sign == b'-' { -minutes } else { minutes }
                }
                _ => return None,
            };
            (&rest[..at], Some(minutes))
        }
    };
    Some((date.and_time(parse_time(time)?), offset))
}
