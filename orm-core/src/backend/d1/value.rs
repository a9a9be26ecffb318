//! Bound values on their way into a request.

use std::fmt::Write as _;

use crate::backend::any::sqlite::{Form, flat};
use crate::backend::{AnyType, Arity, Bind};
use crate::error::{Error, ErrorKind, Result, ValueError};

/// A bound value as D1 stores it.
///
/// Its `Debug` output shows no value.
#[derive(Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(..)")
    }
}

/// A bound value, and what its equality is.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) value: Value,
    /// The words for the type, if equal values of it may be stored as different texts.
    pub(super) loose: Option<&'static str>,
}

/// The largest blob that is written into the SQL. A larger one is a parameter.
const WRITTEN_BLOB: usize = 256;

/// The integers below it are distinct floating point numbers, and so are their negatives.
pub(super) const EXACT: i64 = 1 << 53;

impl Bound {
    /// Returns a value of a query as D1 stores it.
    pub(super) fn of(value: &Bind<'_>, ty: AnyType) -> Result<Self> {
        let value = match flat(value, ty.arity)? {
            Form::Null | Form::List(_) => Value::Null,
            Form::Integer(value) => Value::Integer(value),
            Form::Float(value) => Value::Real(value),
            Form::Text(text) => Value::Text(text.into_owned()),
            Form::Blob(bytes) => Value::Blob(bytes.into_owned()),
        };
        check(&value)?;
        // The values of a list are compared one by one.
        let compared = if ty.arity == Arity::List { AnyType::of(ty.kind) } else { ty };
        let loose = compared.compared_by().map(|_| compared.facts().values);
        Ok(Self { value, loose })
    }

    /// Returns a text.
    pub(super) fn text(text: &str) -> Self {
        Self { value: Value::Text(text.to_owned()), loose: None }
    }
}

fn check(value: &Value) -> Result<()> {
    match value {
        Value::Real(value) if value.is_nan() => Err(Error::value(ValueError::NotANumber)),
        Value::Real(value) if value.is_infinite() => {
            Err(Error::new(ErrorKind::Value, "an infinite number can't be sent to D1").with_hint(
                "D1 answers in JSON, which has no infinite numbers: store NULL, or a text",
            ))
        }
        Value::Text(text) if text.contains('\0') => {
            Err(Error::new(ErrorKind::Value, "a text with a NUL character can't be sent to D1")
                .with_hint("D1 returns a text only up to its first NUL: store bytes instead"))
        }
        _ => Ok(()),
    }
}

/// How a value is written into SQL.
#[derive(Debug, PartialEq)]
pub(super) enum Written<'v> {
    /// As a literal in the SQL. D1 runs in JavaScript, where a number can't hold every 64-bit integer.
    Literal(String),
    /// As a text that is a parameter.
    Text(&'v str),
    /// As a number that is a parameter.
    Number(f64),
    /// As a parameter with the hexadecimal digits of bytes, inside `unhex(…)`.
    Hexadecimal(String),
}

impl Value {
    pub(super) fn written(&self) -> Written<'_> {
        match self {
            Self::Null => Written::Literal("NULL".into()),
            Self::Integer(i64::MIN) => Written::Literal(format!("({}-1)", i64::MIN + 1)),
            Self::Integer(value) if *value < 0 => Written::Literal(format!("({value})")),
            Self::Integer(value) => Written::Literal(value.to_string()),
            // A parameter would lose the type: JavaScript doesn't distinguish `3.0` from `3`.
            Self::Real(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                Written::Literal(if value.is_sign_negative() {
                    format!("({value:.1})")
                } else {
                    format!("{value:.1}")
                })
            }
            Self::Real(value) => Written::Number(*value),
            Self::Text(text) => Written::Text(text),
            Self::Blob(bytes) if bytes.len() <= WRITTEN_BLOB => {
                Written::Literal(format!("X'{}'", hexadecimal(bytes)))
            }
            Self::Blob(bytes) => Written::Hexadecimal(hexadecimal(bytes)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_small_bytes_are_sql() {
        for (value, sql) in [
            (Value::Null, "NULL"),
            (Value::Integer(5), "5"),
            (Value::Integer(-5), "(-5)"),
            (Value::Integer(i64::MIN), "(-9223372036854775807-1)"),
            (Value::Real(3.0), "3.0"),
            (Value::Real(-3.0), "(-3.0)"),
            (Value::Real(-0.0), "(-0.0)"),
            (Value::Blob(vec![0, 255]), "X'00ff'"),
        ] {
            assert_eq!(value.written(), Written::Literal(sql.into()));
        }
        assert_eq!(Value::Real(0.1).written(), Written::Number(0.1));
        assert_eq!(Value::Real(1e300).written(), Written::Number(1e300));
        assert_eq!(Value::Text("a'b".into()).written(), Written::Text("a'b"));
        let large = Value::Blob(vec![1; WRITTEN_BLOB + 1]);
        assert!(matches!(large.written(), Written::Hexadecimal(digits) if digits.len() == 514));
    }
}
