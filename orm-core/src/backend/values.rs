//! The bound values of a statement as text, for the log if it shows values.
//!
//! Nothing here runs for a statement that succeeds and isn't logged with its values.

use std::fmt::Write as _;

use super::any::collect;
use super::{Bind, Source};
use crate::dialect::Dialect;

/// The maximum number of characters of a value in the log.
const LONGEST_VALUE: usize = 80;
/// The maximum number of values in the log.
const MOST_VALUES: usize = 50;

/// Returns the values of `source`, up to the first that can't be bound, if there is one.
pub(super) fn of(source: &dyn Source, dialect: Dialect) -> Vec<Bind<'_>> {
    // The statement's own run has reported the error.
    let (values, _) = collect(|binds| source.bind(binds, dialect));
    values.into_iter().map(|(value, _)| value).collect()
}

/// Returns the values for the log: `[7, "Ada", NULL]`. Control characters are escaped, and long texts are cut.
pub(super) fn shown(source: &dyn Source, dialect: Dialect) -> String {
    let mut text = String::new();
    push_list(&mut text, &of(source, dialect));
    text
}

fn push_list(out: &mut String, values: &[Bind<'_>]) {
    out.push('[');
    for (index, value) in values.iter().take(MOST_VALUES).enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        push_value(out, value);
    }
    if values.len() > MOST_VALUES {
        // Writing to a string can't fail.
        let _ = write!(out, ", … {} more", values.len() - MOST_VALUES);
    }
    out.push(']');
}

fn push_value(out: &mut String, value: &Bind<'_>) {
    match value {
        Bind::Text(text) => push_text(out, text),
        Bind::Json(text) => push_text(out, text),
        Bind::Bytes(bytes) => {
            let _ = write!(out, "<{} bytes>", bytes.len());
        }
        Bind::Array(values) => push_list(out, values),
        Bind::Null
        | Bind::Bool(_)
        | Bind::I16(_)
        | Bind::I32(_)
        | Bind::I64(_)
        | Bind::F32(_)
        | Bind::F64(_)
        | Bind::Date(_)
        | Bind::Time(_)
        | Bind::Timestamp(_)
        | Bind::Timestamptz(_)
        | Bind::Moment(..)
        | Bind::Uuid(_)
        | Bind::Decimal(_) => out.push_str(&plain(value).unwrap_or_else(|| "NULL".into())),
    }
}

fn push_text(out: &mut String, text: &str) {
    let cut = text.char_indices().nth(LONGEST_VALUE).map(|(at, _)| at);
    let _ = write!(out, "{:?}", &text[..cut.unwrap_or(text.len())]);
    if let Some(cut) = cut {
        let _ = write!(out, "… {} bytes more", text.len() - cut);
    }
}

/// Returns a value that is neither text nor a list, in SQL's form; `None` for NULL.
pub(super) fn plain(value: &Bind<'_>) -> Option<String> {
    Some(match value {
        Bind::Null | Bind::Text(_) | Bind::Json(_) | Bind::Bytes(_) | Bind::Array(_) => {
            return None;
        }
        Bind::Bool(value) => value.to_string(),
        Bind::I16(value) => value.to_string(),
        Bind::I32(value) => value.to_string(),
        Bind::I64(value) => value.to_string(),
        Bind::F32(value) => value.to_string(),
        Bind::F64(value) => value.to_string(),
        Bind::Date(value) => value.to_string(),
        Bind::Time(value) => value.to_string(),
        Bind::Timestamp(value) => value.to_string(),
        Bind::Timestamptz(value) | Bind::Moment(value, _) => value.naive_utc().to_string(),
        Bind::Uuid(value) => value.to_string(),
        Bind::Decimal(value) => {
            // A number of a few bytes can have a plain form of megabytes.
            let digits =
                value.digits().saturating_add(value.fractional_digit_count().unsigned_abs());
            if digits > LONGEST_VALUE as u64 { value.to_string() } else { value.to_plain_string() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(values: &[Bind<'_>]) -> String {
        let mut text = String::new();
        push_list(&mut text, values);
        text
    }

    #[test]
    fn shows_values_on_one_line() {
        let decimal = "1e400".parse().expect("a number");
        let values = [
            Bind::I64(7),
            Bind::Text("Ada\n\"x\"".into()),
            Bind::Null,
            Bind::Bytes(vec![1, 2, 3].into()),
            Bind::Array(vec![Bind::Bool(true), Bind::F64(0.5)]),
            Bind::Decimal(&decimal),
        ];
        assert_eq!(listed(&values), r#"[7, "Ada\n\"x\"", NULL, <3 bytes>, [true, 0.5], 1e+400]"#);
    }

    #[test]
    fn cuts_what_is_long() {
        let text = listed(&[Bind::Text("é".repeat(1000).into())]);
        assert_eq!(text, format!("[\"{}\"… 1840 bytes more]", "é".repeat(80)));
        let text = listed(&vec![Bind::I16(1); 60]);
        assert!(text.ends_with(", 1, … 10 more]"), "{text}");
        assert_eq!(text.matches('1').count(), 51);
    }
}
