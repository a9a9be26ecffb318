//! Defaults in the form of attributes.

use orm_core::Dialect;
use orm_core::schema::fragments::default_sql;
use orm_core::schema::{ColumnType, DefaultValue, Family};

use super::names;
use super::plan::Field;

/// Returns the default as an attribute can express it: itself or, if attributes have no literal of the type, its SQL.
pub(super) fn said(value: &DefaultValue, ty: &ColumnType, dialect: Dialect) -> DefaultValue {
    let is_literal = match value {
        DefaultValue::Now | DefaultValue::EmptyArray | DefaultValue::Sql(_) => true,
        DefaultValue::Bool(_) => *ty == ColumnType::Bool,
        DefaultValue::Integer(_) => ty.is_number(),
        DefaultValue::Number(number) => {
            ty.is_number() && !ty.is_integer() && is_float_literal(number)
        }
        DefaultValue::Text(text) => match ty.labels() {
            Some(labels) => labels.contains(text),
            None => ty.family() == Family::Text,
        },
    };
    if is_literal {
        return value.clone();
    }
    match default_sql(value, ty, dialect) {
        Ok(sql) => DefaultValue::Sql(sql),
        // What was read can be written.
        Err(_) => value.clone(),
    }
}

/// Returns the text after `default = `.
pub(super) fn written(field: &Field<'_>, value: &DefaultValue, dialect: Dialect) -> String {
    match said(value, &field.def.ty, dialect) {
        DefaultValue::Now => "now".into(),
        DefaultValue::EmptyArray => "[]".into(),
        DefaultValue::Bool(value) => value.to_string(),
        DefaultValue::Integer(value) => value.to_string(),
        DefaultValue::Number(number) => number,
        DefaultValue::Sql(sql) => format!("sql({sql:?})"),
        DefaultValue::Text(text) => {
            let ColumnType::Enum { labels, .. } = &field.def.ty else { return format!("{text:?}") };
            let place = labels.iter().position(|label| *label == text);
            let variants = names::variants(labels);
            let variant = place.and_then(|place| variants.get(place));
            variant.map_or_else(String::new, |(variant, _)| format!("{}::{variant}", field.ty))
        }
    }
}

/// Whether Rust reads it as a number with a fraction, and as the same number.
fn is_float_literal(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => all(whole) && all(fraction),
        None => all(mantissa) && exponent.is_some(),
    };
    is_mantissa && exponent.is_none_or(|exponent| all(exponent.trim_start_matches(['+', '-'])))
}
