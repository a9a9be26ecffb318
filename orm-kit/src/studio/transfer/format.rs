//! How rows are written to a file.

use orm_core::Dialect;
use orm_core::backend::Plain;
use serde::Deserialize;

use super::super::catalog::TableName;
use super::super::statement::{Statement, literal};
use super::super::value::{Value, ValueKind, from_hex, hex, real};
use super::csv;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Csv,
    Json,
    Sql,
}

impl Format {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Sql => "sql",
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Sql => "application/sql",
        }
    }
}

/// Writes rows.
pub(super) struct Rows {
    format: Format,
    dialect: Dialect,
    columns: Vec<(String, ValueKind)>,
    /// What stands before the values in SQL.
    before: String,
    count: u64,
}

impl Rows {
    pub(super) fn new(
        format: Format,
        dialect: Dialect,
        table: &TableName,
        columns: Vec<(String, ValueKind)>,
        overrides: bool,
    ) -> Self {
        let mut statement = Statement::new(dialect, "INSERT INTO ");
        table.write(&mut statement);
        statement.push(" (").each(&columns, ", ", |statement, (name, _)| {
            statement.name(name);
        });
        statement.push(if overrides { ") OVERRIDING SYSTEM VALUE VALUES (" } else { ") VALUES (" });
        let before = statement.text().to_owned();
        Self { format, dialect, columns: distinct(columns), before, count: 0 }
    }

    pub(super) fn begin(&self, out: &mut Vec<u8>) {
        match self.format {
            Format::Csv => {
                self.separated(out, |out, place| {
                    csv::write(Some(self.columns[place].0.as_bytes()), out);
                });
                out.extend_from_slice(b"\r\n");
            }
            Format::Json => out.push(b'['),
            Format::Sql => {}
        }
    }

    fn separated(&self, out: &mut Vec<u8>, mut write: impl FnMut(&mut Vec<u8>, usize)) {
        for place in 0..self.columns.len() {
            if place > 0 {
                out.push(b',');
            }
            write(out, place);
        }
    }

    pub(super) fn row(&mut self, row: &[Plain<'_>], out: &mut Vec<u8>) {
        let value = |place: usize| row.get(place).copied().unwrap_or(Plain::Null);
        match self.format {
            Format::Csv => {
                self.separated(out, |out, place| {
                    let text = as_text(&value(place), self.columns[place].1, self.dialect);
                    csv::write(text.as_deref(), out);
                });
                out.extend_from_slice(b"\r\n");
            }
            Format::Json => {
                out.extend_from_slice(if self.count > 0 { b",\n{" } else { b"\n{" });
                self.separated(out, |out, place| {
                    let (name, kind) = &self.columns[place];
                    push_json_text(name, out);
                    out.push(b':');
                    push_json(&value(place), *kind, self.dialect, out);
                });
                out.push(b'}');
            }
            Format::Sql => {
                out.extend_from_slice(self.before.as_bytes());
                self.separated(out, |out, place| {
                    let value = stored(&value(place), self.columns[place].1, self.dialect);
                    out.extend_from_slice(literal(&value, self.dialect).as_bytes());
                });
                out.extend_from_slice(b");\n");
            }
        }
        self.count += 1;
    }

    pub(super) fn end(&self, out: &mut Vec<u8>) {
        if self.format == Format::Json {
            out.extend_from_slice(b"\n]\n");
        }
    }
}

/// Gives columns of the same name other ones.
fn distinct(mut columns: Vec<(String, ValueKind)>) -> Vec<(String, ValueKind)> {
    for place in 1..columns.len() {
        let name = columns[place].0.clone();
        let (mut new, mut number) = (name.clone(), 2);
        while columns[..place].iter().any(|(known, _)| *known == new) {
            new = format!("{name}_{number}");
            number += 1;
        }
        columns[place].0 = new;
    }
    columns
}

/// Returns the value with PostgreSQL's bytes as bytes.
fn stored(value: &Plain<'_>, kind: ValueKind, dialect: Dialect) -> Value {
    match Value::from(value) {
        Value::Text(text) if kind == ValueKind::Bytes && !dialect.is_sqlite() => {
            let digits = String::from_utf8_lossy(&text);
            from_hex(digits.trim_start_matches("\\x")).map_or(Value::Null, Value::Blob)
        }
        value => value,
    }
}

fn as_text(value: &Plain<'_>, kind: ValueKind, dialect: Dialect) -> Option<Vec<u8>> {
    let text = match stored(value, kind, dialect) {
        Value::Null => return None,
        Value::Text(bytes) => return Some(bytes),
        Value::Integer(value @ (0 | 1)) if kind == ValueKind::Boolean => (value == 1).to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => real(value),
        Value::Blob(bytes) if kind == ValueKind::Uuid && bytes.len() == 16 => uuid(&bytes),
        Value::Blob(bytes) => format!("\\x{}", hex(&bytes)),
    };
    Some(text.into_bytes())
}

fn uuid(bytes: &[u8]) -> String {
    let digits = hex(bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn push_json(value: &Plain<'_>, kind: ValueKind, dialect: Dialect, out: &mut Vec<u8>) {
    let Some(text) = as_text(value, kind, dialect) else {
        out.extend_from_slice(b"null");
        return;
    };
    let is_text = !matches!(*value, Plain::Integer(_) | Plain::Real(_));
    let raw = match kind {
        ValueKind::Integer | ValueKind::Real | ValueKind::Decimal
            if !is_text || !dialect.is_sqlite() =>
        {
            is_json_number(&text)
        }
        ValueKind::Boolean if !is_text || !dialect.is_sqlite() => {
            if matches!(text.as_slice(), b"t" | b"true" | b"f" | b"false") {
                let word: &[u8] = if text[0] == b't' { b"true" } else { b"false" };
                out.extend_from_slice(word);
                return;
            }
            is_json_number(&text)
        }
        ValueKind::Json => serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok(),
        _ => !is_text && is_json_number(&text),
    };
    match raw {
        true => out.extend_from_slice(&text),
        false => push_json_text(&String::from_utf8_lossy(&text), out),
    }
}

/// Whether JSON has this number, digit by digit.
fn is_json_number(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
        && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

fn push_json_text(text: &str, out: &mut Vec<u8>) {
    // It can't fail for a text.
    if let Ok(json) = serde_json::to_vec(text) {
        out.extend_from_slice(&json);
    }
}
