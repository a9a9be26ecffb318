//! Cursors as text.
//!
//! A cursor is a version, the side of the row that it is on, the order that it belongs to, the values of a row in the
//! columns of the order, and a check against damage: bytes in base 64, with the letters for URLs.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use bigdecimal::BigDecimal;
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Timelike as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use super::terms::Term;
use crate::backend::{AnyType, Bind, RecordedBind};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::BindAs;
use crate::table::Table;

const VERSION: u8 = 1;
/// The length of the version, the side and the order.
const HEAD: usize = 10;
/// The length of the check.
const CHECK: usize = 4;

/// A position between two rows of a [`Keyset`](crate::Keyset), as text for a URL or a document.
///
/// It contains the values of a row in the columns of the order, and anybody can read and change them: it is no secret, and it
/// gives no rights. Filters must say which rows a user may see, on each page. A changed cursor is an error, or the position
/// of another row, whether there is such a row or not.
///
/// Its `Debug` output shows no value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor(Box<[u8]>);

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(..)")
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Base64Display::new(&self.0, &URL_SAFE_NO_PAD).fmt(f)
    }
}

/// # Errors
/// `VALUE_ERROR` if the text is not a cursor.
impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| damaged())?;
        let Some((content, check)) = bytes.split_last_chunk::<CHECK>() else {
            return Err(damaged());
        };
        if content.len() < HEAD || hash(content).to_be_bytes()[..CHECK] != check[..] {
            return Err(damaged());
        }
        if content[1] > 1 {
            return Err(damaged());
        }
        if content[0] != VERSION {
            return Err(error("the cursor is one of another version of the program"));
        }
        Ok(Self(content.into()).with_check())
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cold]
fn error(message: &str) -> Error {
    Error::new(ErrorKind::Value, message).with_hint("start again with the first page")
}

#[cold]
fn damaged() -> Error {
    error("the text is not a cursor")
}

impl Cursor {
    /// Returns the cursor with these values.
    pub(super) fn new<T: Table>(terms: &[Term], values: &[(Bind<'_>, AnyType)]) -> Result<Self> {
        let mut content = vec![VERSION, 0];
        content.extend(order::<T>(terms));
        for (value, _) in values {
            write(value, &mut content)?;
        }
        Ok(Self(content.into()).with_check())
    }

    /// Returns the position for the way back from a page without rows: its page has the row of this position if that one's
    /// hadn't.
    pub(super) fn beyond_row(&self) -> Self {
        let mut content = self.0[..self.0.len() - CHECK].to_vec();
        content[1] ^= 1;
        Self(content.into()).with_check()
    }

    /// Whether the row of the position belongs to the page.
    pub(super) fn has_row(&self) -> bool {
        self.0[1] == 1
    }

    fn with_check(self) -> Self {
        let mut bytes = self.0.into_vec();
        let check = hash(&bytes).to_be_bytes();
        bytes.extend(&check[..CHECK]);
        Self(bytes.into())
    }

    /// Returns the values, if the cursor belongs to this order.
    pub(super) fn values<T: Table>(&self, terms: &[Term]) -> Result<Vec<RecordedBind>> {
        let content = &self.0[..self.0.len() - CHECK];
        let (head, mut rest) = content.split_at(HEAD);
        if head[2..] != order::<T>(terms) {
            return Err(error("the cursor belongs to a query with another order"));
        }
        let mut values = Vec::with_capacity(terms.len());
        for term in terms {
            let ty = T::column_type(term.column);
            let value = read(&mut rest, ty, term.is_nullable).ok_or_else(damaged)?;
            values.push(match value {
                Value::Decimal(value) => RecordedBind::new(Bind::Decimal(&value), ty),
                Value::Bind(value) => RecordedBind::new(value, ty),
            });
        }
        if rest.is_empty() { Ok(values) } else { Err(damaged()) }
    }
}

/// Identifies an order: the table, the columns and the directions.
fn order<T: Table>(terms: &[Term]) -> [u8; HEAD - 2] {
    let mut text = T::NAME.to_owned();
    for term in terms {
        text.push('\0');
        text.push_str(T::COLUMNS[term.column]);
        text.push_str(if term.descends { "\0-" } else { "\0+" });
        text.push_str(match term.nulls_first {
            None => "",
            Some(true) => "first",
            Some(false) => "last",
        });
    }
    hash(text.as_bytes()).to_be_bytes()
}

/// FNV-1a. It stays the same in all versions of a program.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

enum Value {
    Bind(Bind<'static>),
    Decimal(BigDecimal),
}

/// Writes whether there is a value, and the value.
fn write(value: &Bind<'_>, out: &mut Vec<u8>) -> Result<()> {
    out.push(u8::from(!matches!(value, Bind::Null)));
    match value {
        Bind::Null => {}
        Bind::Bool(value) => out.push(u8::from(*value)),
        Bind::I16(value) => out.extend(value.to_be_bytes()),
        Bind::I32(value) => out.extend(value.to_be_bytes()),
        Bind::I64(value) => out.extend(value.to_be_bytes()),
        Bind::F32(value) => out.extend(value.to_be_bytes()),
        Bind::F64(value) => out.extend(value.to_be_bytes()),
        Bind::Text(text) => write_bytes(text.as_bytes(), out),
        Bind::Bytes(bytes) => write_bytes(bytes, out),
        Bind::Json(text) => write_bytes(text.as_bytes(), out),
        Bind::Decimal(value) => write_bytes(value.to_plain_string().as_bytes(), out),
        Bind::Date(date) => out.extend(date.num_days_from_ce().to_be_bytes()),
        Bind::Time(time) => {
            out.extend(time.num_seconds_from_midnight().to_be_bytes());
            out.extend(time.nanosecond().to_be_bytes());
        }
        Bind::Timestamp(time) => write_moment(&time.and_utc(), out),
        Bind::Timestamptz(time) | Bind::Moment(time, _) => write_moment(time, out),
        Bind::Uuid(uuid) => out.extend(uuid.as_bytes()),
        Bind::Array(_) => {
            return Err(Error::new(ErrorKind::Query, "a cursor can't contain an array")
                .with_hint("sort by other columns"));
        }
    }
    Ok(())
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend((bytes.len() as u64).to_be_bytes());
    out.extend(bytes);
}

fn write_moment(moment: &DateTime<chrono::Utc>, out: &mut Vec<u8>) {
    out.extend(moment.timestamp().to_be_bytes());
    out.extend(moment.timestamp_subsec_nanos().to_be_bytes());
}

/// Reads a value of a type; `None` if the bytes are none.
fn read(rest: &mut &[u8], ty: AnyType, is_nullable: bool) -> Option<Value> {
    match take::<1>(rest)? {
        [0] if is_nullable => return Some(Value::Bind(Bind::Null)),
        [1] if !ty.is_many() => {}
        _ => return None,
    }
    Some(Value::Bind(match ty.facts().bind {
        BindAs::Bool => match take::<1>(rest)? {
            [0] => Bind::Bool(false),
            [1] => Bind::Bool(true),
            _ => return None,
        },
        BindAs::I16 => Bind::I16(i16::from_be_bytes(take(rest)?)),
        BindAs::I32 => Bind::I32(i32::from_be_bytes(take(rest)?)),
        BindAs::I64 => Bind::I64(i64::from_be_bytes(take(rest)?)),
        BindAs::F32 => Bind::F32(f32::from_be_bytes(take(rest)?)),
        BindAs::F64 => Bind::F64(f64::from_be_bytes(take(rest)?)),
        BindAs::Text => Bind::Text(take_text(rest)?.into()),
        BindAs::Json => Bind::Json(take_text(rest)?),
        BindAs::Bytes => Bind::Bytes(take_bytes(rest)?.to_vec().into()),
        BindAs::Date => {
            let days = i32::from_be_bytes(take(rest)?);
            Bind::Date(NaiveDate::from_num_days_from_ce_opt(days)?)
        }
        BindAs::Time => {
            let (seconds, nanos) = (take(rest)?, take(rest)?);
            let (seconds, nanos) = (u32::from_be_bytes(seconds), u32::from_be_bytes(nanos));
            Bind::Time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)?)
        }
        bind @ (BindAs::Timestamp | BindAs::Timestamptz) => {
            let moment = take_moment(rest)?;
            match ty.form {
                Some(form) => Bind::Moment(moment, form),
                None if bind == BindAs::Timestamp => Bind::Timestamp(moment.naive_utc()),
                None => Bind::Timestamptz(moment),
            }
        }
        BindAs::Uuid => Bind::Uuid(Uuid::from_bytes(take(rest)?)),
        BindAs::Decimal => {
            let text = take_text(rest)?;
            // Without an exponent, which could stand for more digits than there is memory.
            let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
            let number = text.bytes().all(is_plain).then(|| text.parse().ok());
            return number.flatten().map(Value::Decimal);
        }
    }))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

fn take_bytes<'r>(rest: &mut &'r [u8]) -> Option<&'r [u8]> {
    let length = usize::try_from(u64::from_be_bytes(take(rest)?)).ok()?;
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    String::from_utf8(take_bytes(rest)?.to_vec()).ok()
}

fn take_moment(rest: &mut &[u8]) -> Option<DateTime<chrono::Utc>> {
    let (seconds, nanos) = (take(rest)?, take(rest)?);
    DateTime::from_timestamp(i64::from_be_bytes(seconds), u32::from_be_bytes(nanos))
}
