//! Values, as the database has them and as the page gets them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use orm_core::Dialect;
use orm_core::backend::Plain;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::failure::{Failure, Result};

/// The longest text of a page of rows, in characters.
pub(super) const LONGEST_TEXT: usize = 1000;
/// The longest bytes whose contents are in a page of rows.
pub(super) const LONGEST_BYTES: usize = 64;

/// A value. It has no `Debug`, because values belong in no log.
#[derive(Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl From<&Plain<'_>> for Value {
    fn from(value: &Plain<'_>) -> Self {
        match *value {
            Plain::Null => Self::Null,
            Plain::Integer(value) => Self::Integer(value),
            Plain::Real(value) => Self::Real(value),
            Plain::Text(text) => Self::Text(text.to_vec()),
            Plain::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }
}

impl Value {
    pub(super) fn plain(&self) -> Plain<'_> {
        match self {
            Self::Null => Plain::Null,
            Self::Integer(value) => Plain::Integer(*value),
            Self::Real(value) => Plain::Real(*value),
            Self::Text(text) => Plain::Text(text),
            Self::Blob(bytes) => Plain::Blob(bytes),
        }
    }

    /// Returns it as text, unless it is NULL.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Integer(value) => Some(value.to_string()),
            Self::Real(value) => Some(real(*value)),
            Self::Text(bytes) | Self::Blob(bytes) => {
                Some(String::from_utf8_lossy(bytes).into_owned())
            }
        }
    }

    /// Returns it as a number, if it is an integer in either form.
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// Returns whether it is true, in the form of either database.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Integer(value) => *value != 0,
            Self::Text(text) => matches!(text.as_slice(), b"t" | b"true"),
            _ => false,
        }
    }
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ValueKind {
    Integer,
    Real,
    Decimal,
    Boolean,
    Text,
    Json,
    Moment,
    Date,
    Time,
    Bytes,
    Uuid,
    Enum,
    Array,
    Other,
}

impl ValueKind {
    /// Returns the letter of a value that is stored as text.
    fn letter(self) -> &'static str {
        match self {
            Self::Integer => "i",
            Self::Real => "r",
            Self::Decimal => "n",
            Self::Boolean => "b",
            Self::Json => "j",
            Self::Moment => "m",
            Self::Date => "d",
            Self::Time => "h",
            Self::Array => "a",
            Self::Text | Self::Bytes | Self::Uuid | Self::Enum | Self::Other => "s",
        }
    }

    /// Returns the letter of a text on SQLite, where the class in which a value is stored comes first.
    fn letter_of_text(self) -> &'static str {
        match self {
            Self::Integer | Self::Real | Self::Boolean => "s",
            other => other.letter(),
        }
    }
}

/// Returns a floating point number as the shortest text that reads back equal.
pub(super) fn real(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    format!("{value:?}")
}

/// Returns the cell of a value, of which only the start may have been read. `length` is then its length in bytes.
pub(super) fn cell(
    value: &Plain<'_>,
    length: Option<u64>,
    kind: ValueKind,
    dialect: Dialect,
) -> Json {
    if !dialect.is_sqlite() {
        return text_cell(value, length, kind);
    }
    match *value {
        Plain::Integer(value @ (0 | 1)) if kind == ValueKind::Boolean => {
            json!(["b", if value == 1 { "true" } else { "false" }])
        }
        Plain::Integer(value) => json!(["i", value.to_string()]),
        Plain::Real(value) => json!(["r", real(value)]),
        Plain::Text(bytes) => {
            let whole = length.is_none_or(|length| length == bytes.len() as u64);
            match (std::str::from_utf8(bytes), whole) {
                (Ok(text), true) => json!([kind.letter_of_text(), text]),
                (Ok(text), false) => json!([kind.letter_of_text(), text, length]),
                (Err(_), _) => {
                    let length = length.unwrap_or(bytes.len() as u64);
                    json!(["u", hex(&bytes[..bytes.len().min(LONGEST_TEXT)]), length])
                }
            }
        }
        Plain::Blob(bytes) => bytes_cell(Some(bytes), length.unwrap_or(bytes.len() as u64)),
        Plain::Null => match length {
            Some(length) => bytes_cell(None, length),
            None => Json::Null,
        },
    }
}

fn bytes_cell(bytes: Option<&[u8]>, length: u64) -> Json {
    json!(["x", bytes.map(|bytes| BASE64.encode(bytes)).unwrap_or_default(), length])
}

/// The same on PostgreSQL, where all values are texts, and bytes are in hexadecimal form.
fn text_cell(value: &Plain<'_>, length: Option<u64>, kind: ValueKind) -> Json {
    let text = match *value {
        Plain::Text(bytes) => String::from_utf8_lossy(bytes),
        _ if kind == ValueKind::Bytes => {
            return length.map_or(Json::Null, |length| bytes_cell(None, length));
        }
        _ => return Json::Null,
    };
    match (kind, length) {
        (ValueKind::Bytes, _) => {
            let bytes = from_hex(text.trim_start_matches("\\x")).unwrap_or_default();
            let length = length.unwrap_or(bytes.len() as u64);
            let whole = length == bytes.len() as u64 && bytes.len() <= LONGEST_BYTES;
            bytes_cell(whole.then_some(&bytes), length)
        }
        (ValueKind::Boolean, _) => {
            json!(["b", if text.starts_with('t') { "true" } else { "false" }])
        }
        (_, Some(length)) => json!([kind.letter(), text, length]),
        (_, None) => json!([kind.letter(), text]),
    }
}

/// Returns the whole cell of a value, bytes included.
pub(super) fn whole_cell(value: &Value, kind: ValueKind, dialect: Dialect) -> Json {
    match value {
        Value::Blob(bytes) => bytes_cell(Some(bytes), bytes.len() as u64),
        Value::Text(bytes) if dialect.is_sqlite() && std::str::from_utf8(bytes).is_err() => {
            json!(["u", hex(bytes), bytes.len()])
        }
        Value::Text(text) if !dialect.is_sqlite() && kind == ValueKind::Bytes => {
            let text = String::from_utf8_lossy(text);
            let bytes = from_hex(text.trim_start_matches("\\x")).unwrap_or_default();
            bytes_cell(Some(&bytes), bytes.len() as u64)
        }
        value => cell(&value.plain(), None, kind, dialect),
    }
}

/// Returns the value of a cell, or of a text that is read as `kind`.
///
/// # Errors
/// If it is no such value: the failure names `column`.
pub(super) fn read(cell: &Json, kind: ValueKind, dialect: Dialect, column: &str) -> Result<Value> {
    match cell {
        Json::Null => Ok(Value::Null),
        Json::String(text) => of_text(text, kind, dialect, column),
        Json::Array(parts) => {
            let part = |place| parts.get(place).and_then(Json::as_str);
            match (part(0), part(1)) {
                (Some(letter), Some(text)) => of_cell(letter, text, parts.get(2), dialect, column),
                _ => Err(Failure::value(column, "a cell is `[kind, text]`")),
            }
        }
        _ => Err(Failure::value(column, "a value is null, a text or `[kind, text]`")),
    }
}

fn of_cell(
    letter: &str,
    text: &str,
    length: Option<&Json>,
    dialect: Dialect,
    column: &str,
) -> Result<Value> {
    let wrong = |what: &str| Failure::value(column, format!("{text:?} is not {what}"));
    match letter {
        "x" => {
            let bytes = BASE64.decode(text).map_err(|_| wrong("base64"))?;
            if let Some(length) = length.and_then(Json::as_u64)
                && length != bytes.len() as u64
            {
                return Err(Failure::value(column, "these bytes were not read whole"));
            }
            Ok(Value::Blob(bytes))
        }
        "u" => {
            let bytes = from_hex(text).ok_or_else(|| wrong("hexadecimal"))?;
            Ok(Value::Text(bytes))
        }
        "i" if dialect.is_sqlite() => {
            text.parse().map(Value::Integer).map_err(|_| wrong("an integer of 64 bits"))
        }
        "r" if dialect.is_sqlite() => {
            parse_real(text).map(Value::Real).ok_or_else(|| wrong("a number"))
        }
        "b" if dialect.is_sqlite() => {
            boolean(text).map(Value::Integer).ok_or_else(|| wrong("true or false"))
        }
        _ => Ok(text.into()),
    }
}

fn of_text(text: &str, kind: ValueKind, dialect: Dialect, column: &str) -> Result<Value> {
    if kind == ValueKind::Bytes {
        let digits = text.strip_prefix("\\x").or_else(|| text.strip_prefix("0x")).unwrap_or(text);
        return from_hex(digits).map(Value::Blob).ok_or_else(|| {
            Failure::value(column, "write bytes as hexadecimal digits, such as \\x00ff")
        });
    }
    if !dialect.is_sqlite() {
        return Ok(text.into());
    }
    let wrong = |what: &str| Failure::value(column, format!("{text:?} is not {what}"));
    match kind {
        ValueKind::Integer => match text.trim().parse() {
            Ok(value) => Ok(Value::Integer(value)),
            Err(_) => Err(wrong("an integer of 64 bits")),
        },
        ValueKind::Real => {
            parse_real(text.trim()).map(Value::Real).ok_or_else(|| wrong("a number"))
        }
        ValueKind::Boolean => {
            boolean(text.trim()).map(Value::Integer).ok_or_else(|| wrong("true or false"))
        }
        ValueKind::Uuid if text.len() >= 32 => {
            let digits: String = text.chars().filter(|&one| one != '-').collect();
            match from_hex(&digits) {
                Some(bytes) if bytes.len() == 16 => Ok(Value::Blob(bytes)),
                _ => Err(wrong("a UUID")),
            }
        }
        ValueKind::Uuid => Err(wrong("a UUID")),
        _ => Ok(text.into()),
    }
}

fn parse_real(text: &str) -> Option<f64> {
    match text {
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        // SQLite stores NULL for it.
        _ => text.parse().ok().filter(|value: &f64| !value.is_nan()),
    }
}

fn boolean(text: &str) -> Option<i64> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Some(1),
        "false" | "f" | "0" => Some(0),
        _ => None,
    }
}

/// Returns bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Returns the bytes of hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for pair in digits.chunks_exact(2) {
        bytes.push((value_of(pair[0])? << 4) | value_of(pair[1])?);
    }
    Some(bytes)
}

fn value_of(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
