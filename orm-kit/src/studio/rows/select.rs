//! What is read of a column for a page: the start of a long value, and its length.

use orm_core::Dialect;
use orm_core::backend::Plain;
use serde_json::Value as Json;

use super::super::catalog::Column;
use super::super::statement::Statement;
use super::super::value::{self, LONGEST_BYTES, LONGEST_TEXT, Value, ValueKind};

/// Writes two expressions: the value, and its length in bytes if it is cut, or if it is bytes.
pub(in super::super) fn push_shown(statement: &mut Statement, column: &Column) {
    let mut name = Statement::new(statement.dialect(), "");
    name.name(&column.name);
    let name = name.text();
    let sql = match statement.dialect() {
        Dialect::Sqlite | Dialect::D1 => format!(
            "CASE typeof({name}) WHEN 'blob' THEN CASE WHEN length({name}) <= {LONGEST_BYTES} THEN {name} END \
             WHEN 'text' THEN substr({name}, 1, {LONGEST_TEXT}) ELSE {name} END, \
             CASE typeof({name}) WHEN 'blob' THEN length({name}) WHEN 'text' THEN octet_length({name}) END"
        ),
        Dialect::Postgres if column.kind == ValueKind::Bytes => format!(
            "CASE WHEN octet_length({name}) <= {LONGEST_BYTES} THEN encode({name}, 'hex') END, octet_length({name})"
        ),
        Dialect::Postgres if column.is_long => format!(
            "left({name}::text, {LONGEST_TEXT}), CASE WHEN octet_length({name}::text) > {LONGEST_TEXT} \
             AND octet_length(left({name}::text, {LONGEST_TEXT})) < octet_length({name}::text) \
             THEN octet_length({name}::text) END"
        ),
        Dialect::Postgres => format!("{name}::text, NULL::text"),
    };
    statement.push(&sql);
}

/// Writes an expression for the whole value.
pub(in super::super) fn push_whole(statement: &mut Statement, column: &Column) {
    statement.name(&column.name);
    if !statement.dialect().is_sqlite() {
        statement.push("::text");
    }
}

/// Returns the cell of the two values.
pub(in super::super) fn shown(
    row: &[Plain<'_>],
    place: usize,
    kind: ValueKind,
    dialect: Dialect,
) -> Json {
    let value = row.get(place).unwrap_or(&Plain::Null);
    let length = row.get(place + 1).and_then(|length| Value::from(length).number());
    let length = length.and_then(|length| u64::try_from(length).ok());
    value::cell(value, length, kind, dialect)
}

/// Returns the value that the two values are, or nothing if only a part of it was read.
pub(in super::super) fn whole(
    row: &[Plain<'_>],
    place: usize,
    kind: ValueKind,
    dialect: Dialect,
) -> Option<Value> {
    let value = Value::from(row.get(place).unwrap_or(&Plain::Null));
    let length = row.get(place + 1).and_then(|length| Value::from(length).number());
    match (value, length) {
        (value, None) => Some(value),
        (Value::Text(text), Some(length)) if kind == ValueKind::Bytes && !dialect.is_sqlite() => {
            let bytes = value::from_hex(std::str::from_utf8(&text).ok()?)?;
            (usize::try_from(length) == Ok(bytes.len())).then_some(Value::Blob(bytes))
        }
        (Value::Text(bytes), Some(length)) => {
            (usize::try_from(length) == Ok(bytes.len())).then_some(Value::Text(bytes))
        }
        (Value::Blob(bytes), Some(_)) => Some(Value::Blob(bytes)),
        (_, Some(_)) => None,
    }
}
