//! Arrays as SQLite stores them: see [`ArrayElement`].

use std::fmt::Write as _;

use crate::backend::any::Bind;
use crate::backend::any::types::{ArrayElement, TimeText};
use crate::error::ValueError;

/// Returns the JSON text of an array.
pub(in crate::backend) fn to_json(values: &[Bind<'_>]) -> Result<String, ValueError> {
    let mut json = Json::default();
    for value in values {
        json.push_bind(value)?;
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

    fn push_bind(&mut self, value: &Bind<'_>) -> Result<(), ValueError> {
        let time = |text: TimeText| String::from_utf8_lossy(text.as_bytes()).into_owned();
        let element = match value {
            Bind::Null => ArrayElement::Null,
            Bind::Bool(value) => ArrayElement::Bool(*value),
            Bind::I16(value) => ArrayElement::Number(value.to_string().into()),
            Bind::I32(value) => ArrayElement::Number(value.to_string().into()),
            Bind::I64(value) => ArrayElement::Number(value.to_string().into()),
            Bind::F32(value) => ArrayElement::Number(float(f64::from(*value))?.into()),
            Bind::F64(value) => ArrayElement::Number(float(*value)?.into()),
            Bind::Text(text) => ArrayElement::String(text.as_ref().into()),
            Bind::Bytes(bytes) => ArrayElement::String(hexadecimal(bytes).into()),
            Bind::Date(value) => ArrayElement::String(time(TimeText::date(*value)?).into()),
            Bind::Time(value) => ArrayElement::String(time(TimeText::time(*value)?).into()),
            Bind::Timestamp(value) => {
                ArrayElement::String(time(TimeText::timestamp(*value)?).into())
            }
            Bind::Timestamptz(value) => {
                ArrayElement::String(time(TimeText::timestamptz(*value)?).into())
            }
            Bind::Moment(value, form) => {
                ArrayElement::String(time(TimeText::moment(*value, *form)?).into())
            }
            Bind::Uuid(uuid) => ArrayElement::String(uuid.as_hyphenated().to_string().into()),
            Bind::Decimal(value) => ArrayElement::String(value.to_plain_string().into()),
            Bind::Json(text) => ArrayElement::String(text.into()),
            Bind::Array(_) => return Err(ValueError::ArrayDimensions),
        };
        self.push(&element);
        Ok(())
    }
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
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
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
