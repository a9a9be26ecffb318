//! Arrays as SQLite stores them: see [`ArrayElement`].

use std::fmt::Write as _;

use super::form::{Form, form};
use crate::backend::any::Bind;
use crate::backend::any::types::ArrayElement;
use crate::error::ValueError;

/// Returns the JSON text of an array.
pub(in crate::backend) fn to_json(values: &[Bind<'_>]) -> Result<String, ValueError> {
    let mut json = Json::default();
    for value in values {
        json.push(&element(value)?);
    }
    Ok(json.finish())
}

/// An array that is being written.
#[derive(Default)]
pub(in crate::backend) struct Json(String);

impl Json {
    pub(in crate::backend) fn push(&mut self, element: &ArrayElement<'_>) {
        self.separate();
        match element {
            ArrayElement::Null => self.0.push_str("null"),
            ArrayElement::Bool(value) => self.0.push_str(if *value { "true" } else { "false" }),
            ArrayElement::Number(number) => self.0.push_str(number),
            ArrayElement::String(text) => push_string(&mut self.0, text),
        }
    }

    pub(in crate::backend) fn finish(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "[]" } else { "]" });
        self.0
    }

    fn separate(&mut self) {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
    }
}

/// Returns a value as an element of an array.
fn element<'v>(value: &'v Bind<'v>) -> Result<ArrayElement<'v>, ValueError> {
    Ok(match (value, form(value)?) {
        (Bind::Bool(value), _) => ArrayElement::Bool(*value),
        (Bind::Uuid(uuid), _) => ArrayElement::String(uuid.as_hyphenated().to_string().into()),
        (_, Form::Null) => ArrayElement::Null,
        (_, Form::Integer(value)) => ArrayElement::Number(value.to_string().into()),
        (_, Form::Float(value)) => ArrayElement::Number(float(value)?.into()),
        (_, Form::Text(text)) => ArrayElement::String(text),
        (_, Form::Blob(bytes)) => ArrayElement::String(hexadecimal(&bytes).into()),
        (_, Form::List(_)) => return Err(ValueError::ArrayDimensions),
    })
}

/// Returns a number as JSON that SQLite reads as the same floating point number.
pub(in crate::backend) fn float(value: f64) -> Result<String, ValueError> {
    Ok(if value.is_nan() {
        return Err(ValueError::NotANumber);
    } else if value.is_infinite() {
        // JSON has no other form of it, and SQLite reads this as infinite too.
        if value > 0.0 { "9e999".into() } else { "-9e999".into() }
    } else {
        format!("{value:?}")
    })
}

pub(in crate::backend) fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    push_hex(&mut digits, bytes);
    digits
}

pub(super) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
}

fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            other => json.push(other),
        }
    }
    json.push('"');
}
