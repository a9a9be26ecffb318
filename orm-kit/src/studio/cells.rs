//! Single values, whole.

use std::ops::ControlFlow;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::catalog::{self, Column, Table, TableName};
use super::chunks::Chunks;
use super::failure::{Failure, Result};
use super::on::On;
use super::rows::{from_row, select, write_key};
use super::statement::Statement;
use super::value::{Value, ValueKind, whole_cell};

/// The longest value that is sent in a document, in bytes.
const LONGEST: i64 = 16 << 20;
/// The size of the parts in which a value is downloaded.
const PART: i64 = 4 << 20;

#[derive(Clone, Deserialize)]
pub(super) struct Request {
    table: TableName,
    key: Vec<Json>,
    column: String,
}

impl Request {
    /// Returns a name for the file.
    pub(super) fn file_name(&self) -> String {
        let plain = |text: &str| -> String {
            let allowed = |one: char| if one.is_ascii_alphanumeric() { one } else { '_' };
            text.chars().take(60).map(allowed).collect()
        };
        format!("{}_{}.bin", plain(&self.table.name), plain(&self.column))
    }

    fn write(&self, statement: &mut Statement, table: &Table) -> Result<()> {
        statement.push(" FROM ");
        table.name.write(statement);
        statement.push(" WHERE ");
        write_key(statement, table, &self.key)
    }

    /// Returns the one row that a statement finds.
    fn one(&self, on: &mut On<'_>, statement: &Statement) -> Result<Vec<Value>> {
        on.rows(statement)?.pop().ok_or_else(|| Failure::missing("the row is gone"))
    }
}

/// Returns a whole value.
pub(super) fn cell(on: &mut On<'_>, request: &Request) -> Result<Json> {
    let table = catalog::table(on, &request.table)?;
    let column = table.column(&request.column)?;
    let length = length(on, request, &table, column)?;
    if length.is_some_and(|length| length > LONGEST) {
        return Err(Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TOO_LONG",
            "the value has more than 16 MB",
        )
        .advised("download it"));
    }
    let dialect = on.dialect();
    let mut statement = Statement::new(dialect, "SELECT ");
    select::push_whole(&mut statement, column);
    request.write(&mut statement, &table)?;
    let mut row = request.one(on, &statement)?;
    let value = row.pop().unwrap_or(Value::Null);
    Ok(json!({ "value": whole_cell(&value, column.kind, dialect) }))
}

/// Returns the length of a value in bytes; none for NULL and for numbers.
fn length(
    on: &mut On<'_>,
    request: &Request,
    table: &Table,
    column: &Column,
) -> Result<Option<i64>> {
    let is_bytes = column.kind == ValueKind::Bytes && !on.dialect().is_sqlite();
    let mut statement = Statement::new(on.dialect(), "SELECT octet_length(");
    match is_bytes {
        true => {
            statement.name(&column.name);
        }
        false => select::push_whole(&mut statement, column),
    }
    statement.push(")");
    request.write(&mut statement, table)?;
    Ok(request.one(on, &statement)?.first().and_then(Value::number))
}

/// Sends a value's bytes, part by part.
pub(super) fn download(on: &mut On<'_>, request: &Request, chunks: &mut Chunks) -> Result<()> {
    let table = catalog::table(on, &request.table)?;
    let column = table.column(&request.column)?;
    let dialect = on.dialect();
    let is_bytes = column.kind == ValueKind::Bytes && !dialect.is_sqlite();
    let mut start = 1;
    loop {
        let mut statement = Statement::new(dialect, "SELECT substr(");
        match (is_bytes, dialect.is_sqlite()) {
            (true, _) => statement.name(&column.name),
            // By bytes, whatever is stored.
            (_, true) => statement.push("CAST(").name(&column.name).push(" AS BLOB)"),
            (_, false) => statement.name(&column.name).push("::text"),
        };
        statement.push(&format!(", {start}, {PART})"));
        request.write(&mut statement, &table)?;
        let mut part = None;
        let kind = if is_bytes { ValueKind::Bytes } else { ValueKind::Text };
        on.each(&statement, |row| {
            part = row.first().map(|value| from_row(value, kind, dialect));
            Ok(ControlFlow::Continue(()))
        })?;
        let length = match part {
            None => return Err(Failure::missing("the row is gone")),
            Some(Value::Text(bytes)) => {
                let characters = String::from_utf8_lossy(&bytes).chars().count();
                chunks.write(&bytes)?;
                characters
            }
            Some(Value::Blob(bytes)) => {
                chunks.write(&bytes)?;
                bytes.len()
            }
            Some(value) => {
                chunks.write(value.text().unwrap_or_default().as_bytes())?;
                return Ok(());
            }
        };
        if (length as i64) < PART {
            return Ok(());
        }
        start += PART;
    }
}
