//! Defaults, from the literals in which a database prints them.
//!
//! A default is a literal or `now` only if writing it results in the same default. Everything else stays an SQL
//! expression, so that reading, creating and reading again ends at the same schema.

use orm_core::schema::{ColumnType, DefaultValue};

/// Reads a number as a default of this type.
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
    // NaN and the infinities have no literals in Rust.
    if number.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        defaults.push(DefaultValue::Number(number.to_owned()));
    }
    defaults
}

/// Reads a text as a default of this type.
pub(super) fn of_text(text: &str, ty: &ColumnType) -> Vec<DefaultValue> {
    if *ty == ColumnType::Decimal {
        return of_number(text, ty);
    }
    if ty.element().is_some() && matches!(text, "{}" | "[]") {
        return vec![DefaultValue::EmptyArray];
    }
    vec![DefaultValue::Text(text.to_owned())]
}

/// Reads bytes, in hexadecimal digits, as a default of this type.
pub(super) fn of_bytes(digits: &str, ty: &ColumnType) -> Vec<DefaultValue> {
    let Some(bytes) = bytes(digits) else { return Vec::new() };
    let text = if *ty == ColumnType::Uuid {
        uuid::Uuid::from_slice(&bytes).ok().map(|uuid| uuid.to_string())
    } else {
        String::from_utf8(bytes).ok()
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
