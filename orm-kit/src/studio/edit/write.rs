//! The statements of edits.

use std::ops::ControlFlow;

use serde_json::{Map, Value as Json, json};

use super::super::catalog::{Column, Table};
use super::super::failure::{Failure, Result};
use super::super::on::On;
use super::super::rows::{key_columns, select, write_key};
use super::super::statement::Statement;
use super::super::value::{self, whole_cell};

pub(super) fn insert(
    statement: &mut Statement,
    table: &Table,
    values: &Map<String, Json>,
) -> Result<()> {
    statement.push("INSERT INTO ");
    table.name.write(statement);
    if values.is_empty() {
        statement.push(" DEFAULT VALUES");
        return Ok(());
    }
    let columns = columns(table, values)?;
    statement.push(" (").each(&columns, ", ", |statement, column| {
        statement.name(&column.name);
    });
    statement.push(") VALUES (");
    for (place, column) in columns.iter().enumerate() {
        if place > 0 {
            statement.push(", ");
        }
        push_value(statement, column, &values[&column.name])?;
    }
    statement.push(")");
    Ok(())
}

pub(super) fn update(
    statement: &mut Statement,
    table: &Table,
    key: &[Json],
    set: &Map<String, Json>,
) -> Result<()> {
    if set.is_empty() {
        return Err(Failure::request("an update sets no column"));
    }
    statement.push("UPDATE ");
    table.name.write(statement);
    statement.push(" SET ");
    for (place, column) in columns(table, set)?.into_iter().enumerate() {
        if place > 0 {
            statement.push(", ");
        }
        statement.name(&column.name).push(" = ");
        push_value(statement, column, &set[&column.name])?;
    }
    statement.push(" WHERE ");
    write_key(statement, table, key)
}

pub(super) fn delete(statement: &mut Statement, table: &Table, key: &[Json]) -> Result<()> {
    statement.push("DELETE FROM ");
    table.name.write(statement);
    statement.push(" WHERE ");
    write_key(statement, table, key)
}

/// Returns the columns of the values, in the order of the table.
fn columns<'t>(table: &'t Table, values: &Map<String, Json>) -> Result<Vec<&'t Column>> {
    for name in values.keys() {
        let column = table.column(name)?;
        if column.generated {
            return Err(Failure::value(name, format!("the database computes {name:?}")));
        }
    }
    Ok(table.columns.iter().filter(|column| values.contains_key(&column.name)).collect())
}

fn push_value(statement: &mut Statement, column: &Column, cell: &Json) -> Result<()> {
    let value = value::read(cell, column.kind, statement.dialect(), &column.name)?;
    // A cell with a third part is the start of a value, and would replace all of it.
    if let Some([letter, _, _]) = cell.as_array().map(Vec::as_slice)
        && !matches!(letter.as_str(), Some("x" | "u"))
    {
        return Err(Failure::value(&column.name, "this is only the start of the value"));
    }
    statement.bind_as(value, &column.cast);
    Ok(())
}

/// Runs a statement, and returns the keys of the rows that it has written.
pub(super) fn returning_key(
    on: &mut On<'_>,
    statement: &mut Statement,
    table: &Table,
) -> Result<Vec<Vec<Json>>> {
    let dialect = on.dialect();
    let columns = key_columns(table)?.unwrap_or_default();
    statement.push(if columns.is_empty() { " RETURNING 1" } else { " RETURNING " }).each(
        &columns,
        ", ",
        |statement, column| {
            select::push_whole(statement, column);
        },
    );
    let mut keys = Vec::new();
    on.each(statement, |row| {
        let cells = columns.iter().zip(row);
        keys.push(
            cells.map(|(column, value)| whole_cell(&value.into(), column.kind, dialect)).collect(),
        );
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(keys)
}

/// Returns the row with this key, as a page shows it; NULL if it is gone.
pub(super) fn row(on: &mut On<'_>, table: &Table, key: &[Json]) -> Result<Json> {
    let dialect = on.dialect();
    let mut statement = Statement::new(dialect, "SELECT ");
    statement.each(&table.columns, ", ", |statement, column| {
        select::push_shown(statement, column);
    });
    statement.push(" FROM ");
    table.name.write(&mut statement);
    statement.push(" WHERE ");
    write_key(&mut statement, table, key)?;
    let mut found = Json::Null;
    on.each(&statement, |row| {
        let columns = table.columns.iter().enumerate();
        let cells: Vec<Json> = columns
            .map(|(place, column)| select::shown(row, place * 2, column.kind, dialect))
            .collect();
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        found = json!({ "key": key, "columns": names, "cells": cells });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}
