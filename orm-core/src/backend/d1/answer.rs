//! The JSON of a request and of its answer.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::http::Response;
use super::problem;
use super::statement::Form;
use super::translate::{Param, Translated};
use super::value::EXACT;
use crate::backend::{AnyValue, Names, OwnedRows};
use crate::error::{Error, ErrorKind, Result};

/// Returns the body of a request for statements.
pub(super) fn body(statements: &[Translated]) -> Vec<u8> {
    let one = |statement: &Translated| {
        let params: Vec<Json> = statement
            .params
            .iter()
            .map(|param| match param {
                Param::Text(text) => Json::from(text.as_str()),
                Param::Number(number) => Json::from(*number),
            })
            .collect();
        json!({ "sql": statement.sql, "params": params })
    };
    let body = match statements {
        [only] => one(only),
        _ => json!({ "batch": statements.iter().map(one).collect::<Vec<Json>>() }),
    };
    body.to_string().into_bytes()
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    success: bool,
    #[serde(default)]
    errors: Vec<Problem>,
    #[serde(default)]
    result: Option<Vec<Outcome>>,
}

/// An error, as the API words it.
#[derive(Deserialize, Default)]
struct Problem {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    results: Option<Results>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Results {
    Rows {
        columns: Vec<String>,
        rows: Vec<Vec<Json>>,
    },
    /// What a statement without rows has.
    #[allow(dead_code, reason = "nothing in it is read")]
    Other(Json),
}

/// The rows of a statement.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) columns: Vec<String>,
    rows: Vec<Vec<Json>>,
}

/// Reads the answer to so many statements.
pub(super) fn read(response: &Response, statements: usize) -> Result<Vec<Rows>> {
    let status = response.status;
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&response.body) else {
        return Err(problem::not_json(response));
    };
    if !envelope.success || !envelope.errors.is_empty() || !(200..300).contains(&status) {
        let first = envelope.errors.into_iter().next().unwrap_or_default();
        return Err(problem::reported(response, &first.message));
    }
    let all: Vec<Rows> = envelope
        .result
        .unwrap_or_default()
        .into_iter()
        .map(|outcome| match outcome.results {
            Some(Results::Rows { columns, rows }) => Rows { columns, rows },
            _ => Rows::default(),
        })
        .collect();
    if all.len() != statements {
        let message = format!("D1 answered {} of {statements} statements", all.len());
        return Err(Error::new(ErrorKind::Unknown, message));
    }
    Ok(all)
}

impl Rows {
    /// Whether a value may have been rounded, because the form is the plain one.
    pub(super) fn are_doubtful(&self) -> bool {
        self.rows.iter().flatten().any(|value| match value {
            Json::Number(number) => is_doubtful(number),
            _ => false,
        })
    }

    /// Returns the number in the first row and a column.
    pub(super) fn number(&self, column: usize) -> Option<u64> {
        self.rows.first()?.get(column)?.as_u64()
    }

    /// Copies the rows.
    pub(super) fn owned(&self, form: Form, names: Option<&[String]>) -> Result<OwnedRows> {
        let columns = names.unwrap_or(&self.columns);
        let mut owned = OwnedRows::new(columns.len(), Names::of_columns(columns));
        let mut bytes = Vec::new();
        for row in &self.rows {
            if row.len() != columns.len() {
                return Err(unreadable());
            }
            for value in row {
                let value = match form {
                    Form::Plain => plain(value, &mut bytes)?,
                    Form::Marked => marked(value, &mut bytes)?,
                };
                owned.push_value(value);
            }
        }
        Ok(owned)
    }
}

fn is_doubtful(number: &serde_json::Number) -> bool {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => whole.unsigned_abs() >= EXACT.unsigned_abs(),
        // No integer of 64 bits is larger, even if it was rounded.
        (None, Some(real)) => real.fract() == 0.0 && real.abs() < 9.3e18,
        _ => true,
    }
}

fn plain<'v>(value: &'v Json, bytes: &'v mut Vec<u8>) -> Result<Option<AnyValue<'v>>> {
    Ok(Some(match value {
        Json::Null => return Ok(None),
        Json::Bool(value) => AnyValue::Integer((*value).into()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => AnyValue::Integer(whole),
            None => AnyValue::Real(number.as_f64().ok_or_else(unreadable)?),
        },
        Json::String(text) => AnyValue::Text(text.as_bytes()),
        Json::Array(all) => {
            bytes.clear();
            for byte in all {
                let byte = byte.as_u64().and_then(|byte| u8::try_from(byte).ok());
                bytes.push(byte.ok_or_else(unreadable)?);
            }
            AnyValue::Blob(bytes)
        }
        Json::Object(_) => return Err(unreadable()),
    }))
}

fn marked<'v>(value: &'v Json, bytes: &'v mut Vec<u8>) -> Result<Option<AnyValue<'v>>> {
    let text = match value {
        Json::String(text) => text,
        Json::Number(number) => {
            return Ok(Some(AnyValue::Real(number.as_f64().ok_or_else(unreadable)?)));
        }
        other => return plain(other, bytes),
    };
    Ok(Some(match text.split_at_checked(1) {
        Some(("i", digits)) => AnyValue::Integer(digits.parse().map_err(|_| unreadable())?),
        Some(("t", text)) => AnyValue::Text(text.as_bytes()),
        Some(("r", "Inf")) => AnyValue::Real(f64::INFINITY),
        Some(("r", "-Inf")) => AnyValue::Real(f64::NEG_INFINITY),
        _ => return Err(unreadable()),
    }))
}

#[cold]
fn unreadable() -> Error {
    Error::new(ErrorKind::Unknown, "the answer of D1 has rows that mizzle can't read").with_hint(
        "check that D1_API, if it is set, names an API that answers as Cloudflare's does",
    )
}
