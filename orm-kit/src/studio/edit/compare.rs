//! Whether a row is still as the page has shown it.

use std::ops::ControlFlow;

use serde_json::{Map, Value as Json, json};

use super::super::catalog::{Column, Table};
use super::super::failure::Result;
use super::super::on::On;
use super::super::rows::{select, write_key};
use super::super::statement::Statement;
use super::super::value::{LONGEST_BYTES, LONGEST_TEXT, whole_cell};

/// Locks the row, and returns the conflict if its cells aren't those that were `seen`.
pub(super) fn compare(
    on: &mut On<'_>,
    table: &Table,
    key: &[Json],
    seen: &Map<String, Json>,
    set: &Map<String, Json>,
) -> Result<Option<Json>> {
    let dialect = on.dialect();
    // The rowid of a table that doesn't declare it can't change.
    let declared = |name: &&String| table.columns.iter().any(|column| column.name == **name);
    let names: Vec<String> = seen.keys().filter(declared).cloned().collect();
    let columns = table.columns_of(&names)?;
    let mut statement = Statement::new(dialect, "SELECT 1");
    for column in &columns {
        statement.push(", ");
        match is_whole(&seen[&column.name]) {
            true => {
                select::push_whole(&mut statement, column);
                statement.push(", NULL");
            }
            false => select::push_shown(&mut statement, column),
        }
    }
    statement.push(" FROM ");
    table.name.write(&mut statement);
    statement.push(" WHERE ");
    write_key(&mut statement, table, key)?;
    if !dialect.is_sqlite() {
        statement.push(" FOR UPDATE");
    }
    let mut found = None;
    on.each(&statement, |row| {
        let cell = |(place, column): (usize, &&Column)| match is_whole(&seen[&column.name]) {
            true => row
                .get(1 + place * 2)
                .map_or(Json::Null, |value| whole_cell(&value.into(), column.kind, dialect)),
            false => select::shown(row, 1 + place * 2, column.kind, dialect),
        };
        found = Some(columns.iter().enumerate().map(cell).collect::<Vec<_>>());
        Ok(ControlFlow::Continue(()))
    })?;
    let Some(cells) = found else {
        return Ok(Some(json!({ "row": key, "columns": [], "gone": true })));
    };
    let differing: Vec<Json> = columns
        .iter()
        .zip(cells)
        .filter(|(column, now)| seen[&column.name] != *now)
        .map(|(column, now)| {
            let (seen, wanted) = (&seen[&column.name], set.get(&column.name));
            json!({ "name": column.name, "seen": seen, "now": now, "wanted": wanted })
        })
        .collect();
    if differing.is_empty() {
        return Ok(None);
    }
    Ok(Some(json!({ "row": key, "columns": differing, "gone": false })))
}

/// Whether the page has fetched a long value, so that all of it is compared.
fn is_whole(cell: &Json) -> bool {
    let part = |place: usize| cell.get(place);
    let text = part(1).and_then(Json::as_str).unwrap_or_default();
    match (part(0).and_then(Json::as_str), part(2).and_then(Json::as_u64)) {
        (Some("x"), Some(length)) => length > LONGEST_BYTES as u64 && !text.is_empty(),
        (Some("u"), Some(length)) => {
            length > LONGEST_TEXT as u64 && text.len() as u64 == length * 2
        }
        (_, Some(_)) => false,
        (_, None) => text.chars().nth(LONGEST_TEXT).is_some(),
    }
}
