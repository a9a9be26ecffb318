//! Defaults, from the literals by which a database tells them.
//!
//! A default is a literal or `now` only where writing that gives the same again; everything else stays an
//! SQL expression, so that reading, creating and reading again ends where it began.

use orm_core::schema::{ColumnType, DefaultValue};

/// A number as a default of this type.
pub(super) fn of_number(number: &str, ty: &ColumnType) -> Vec<DefaultValue> {
    let mut defaults = Vec::new();
    if *ty == ColumnType::Bool {
        defaults.extend(match number {
            "0" => Some(DefaultValue::Bool(false)),
            "1" => Some(DefaultValue::Bool(true)),
            _ => None,
        });
        return defaults;
    }
    defaults.extend(number.parse().ok().map(DefaultValue::Integer));
    // NaN and the infinities are no literals of Rust.
    if number.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        defaults.push(DefaultValue::Number(number.to_owned()));
    }
    defaults
}

/// A text as a default of this type.
pub(super) fn of_text(text: &str, ty: &ColumnType) -> Vec<DefaultValue> {
    match ty {
        ColumnType::Decimal => of_number(text, ty),
        _ => vec![DefaultValue::Text(text.to_owned())],
    }
}

/// Bytes, in hexadecimal digits, as a default of this type.
pub(super) fn of_bytes(digits: &str, ty: &ColumnType) -> Vec<DefaultValue> {
    let Some(bytes) = bytes(digits) else { return Vec::new() };
    let text = match ty {
        ColumnType::Uuid => uuid::Uuid::from_slice(&bytes).ok().map(|uuid| uuid.to_string()),
        _ => String::from_utf8(bytes).ok(),
    };
    text.map(DefaultValue::Text).into_iter().collect()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
}
