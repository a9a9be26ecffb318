//! Pages of rows.

mod cursor;
pub(super) mod filter;
pub(super) mod order;
pub(super) mod select;

use std::ops::ControlFlow;
use std::time::Instant;

use orm_core::Dialect;
use orm_core::backend::Plain;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use self::cursor::Cursor;
use self::filter::Filter;
use self::order::{Order, Place, Sort, Term, hidden};
use super::catalog::{self, Column, Locator, Table, TableName};
use super::failure::{Failure, Result};
use super::on::On;
use super::statement::Statement;
use super::value::{self, Value, ValueKind};

/// The most rows of a page.
const MOST: usize = 500;

/// Which rows a page shows.
#[derive(Clone, Deserialize)]
pub(super) struct Request {
    pub(super) table: TableName,
    #[serde(default)]
    pub(super) sort: Vec<Sort>,
    #[serde(default)]
    pub(super) filter: Option<Filter>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    before: Option<String>,
    /// The key of the row with which the page begins.
    #[serde(default)]
    at: Option<Vec<Json>>,
    #[serde(default)]
    columns: Option<Vec<String>>,
}

/// Where a page begins.
enum Start {
    First,
    After(Vec<Place>),
    At(Vec<Place>),
    Before(Vec<Place>),
    Skip(u64),
}

impl Start {
    fn is_back(&self) -> bool {
        matches!(self, Self::Before(_))
    }
}

/// Returns a page of rows.
pub(super) fn page(on: &mut On<'_>, request: &Request) -> Result<Json> {
    let started = Instant::now();
    let table = catalog::table(on, &request.table)?;
    let dialect = on.dialect();
    let order = Order::new(&table, &request.sort, dialect)?;
    let columns: Vec<&Column> = match &request.columns {
        Some(names) => table.columns_of(names)?,
        None => table.columns.iter().collect(),
    };
    let limit = request.limit.unwrap_or(100).clamp(1, MOST);
    let start = start(on, &table, &order, request)?;
    let key = key_columns(&table)?;
    let mut statement = Statement::new(dialect, "SELECT ");
    write_list(&mut statement, &columns, &order, &key);
    write_rest(&mut statement, &table, &order, request, Some((&start, limit)))?;
    let mut rows = Vec::new();
    let mut places = Vec::new();
    on.each(&statement, |row| {
        let cells = columns.iter().enumerate();
        let cells: Vec<Json> = cells
            .map(|(place, column)| select::shown(row, place * 2, column.kind, dialect))
            .collect();
        let key_at = (columns.len() + order.terms.len()) * 2;
        let of_key: Option<Vec<Json>> = key.as_ref().map(|key| {
            let values = key.iter().zip(row.iter().skip(key_at));
            values
                .map(|(column, value)| value::whole_cell(&value.into(), column.kind, dialect))
                .collect()
        });
        rows.push(json!({ "key": of_key, "cells": cells }));
        places.push(places_of(row, columns.len() * 2, &order, &key, dialect));
        Ok(ControlFlow::Continue(()))
    })?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    places.truncate(limit);
    if start.is_back() {
        rows.reverse();
        places.reverse();
    }
    let (next, previous) = ends(&start, &places, has_more, rows.len(), &order);
    Ok(json!({
        "columns": columns.iter().map(|column| &column.name).collect::<Vec<_>>(),
        "rows": rows,
        "next": next,
        "previous": previous,
        "statement": readable(&table, &order, request, limit, dialect)?,
        "ms": started.elapsed().as_millis() as u64,
    }))
}

/// Returns the cursors after the last row and before the first one.
fn ends(
    start: &Start,
    places: &[Vec<Place>],
    has_more: bool,
    count: usize,
    order: &Order,
) -> (Option<String>, Option<String>) {
    if !order.is_total {
        let skipped = if let Start::Skip(skipped) = start { *skipped } else { 0 };
        let next = has_more.then(|| Cursor::After(skipped + count as u64).encode(order));
        let previous = (skipped > 0).then(|| Cursor::After(skipped).encode(order));
        return (next, previous);
    }
    let at =
        |places: Option<&Vec<Place>>| places.map(|places| Cursor::At(places.clone()).encode(order));
    let (is_back, is_first) = (start.is_back(), matches!(start, Start::First));
    let next = if is_back || has_more { at(places.last()) } else { None };
    let has_previous = if is_back { has_more } else { !is_first };
    let previous = if has_previous { at(places.first()) } else { None };
    (next, previous)
}

fn start(on: &mut On<'_>, table: &Table, order: &Order, request: &Request) -> Result<Start> {
    let decode = |text: &str| Cursor::decode(text, order);
    Ok(match (&request.at, &request.after, &request.before) {
        (Some(key), ..) => Start::At(places_at(on, table, order, key)?),
        (_, Some(text), _) => match decode(text)? {
            Cursor::At(places) => Start::After(places),
            Cursor::After(count) => Start::Skip(count),
        },
        (.., Some(text)) => match decode(text)? {
            Cursor::At(places) => Start::Before(places),
            Cursor::After(count) => {
                let limit = request.limit.unwrap_or(100).clamp(1, MOST) as u64;
                Start::Skip(count.saturating_sub(limit))
            }
        },
        _ => Start::First,
    })
}

/// Returns the columns of the key that rows have for the page, if they have one.
pub(super) fn key_columns(table: &Table) -> Result<Option<Vec<Column>>> {
    Ok(match &table.locator {
        Locator::Columns(names) => {
            Some(names.iter().map(|name| table.column(name).cloned()).collect::<Result<_>>()?)
        }
        Locator::Rowid(name) => Some(vec![hidden(name, "", ValueKind::Integer)]),
        Locator::Place | Locator::Nothing => None,
    })
}

fn write_list(
    statement: &mut Statement,
    columns: &[&Column],
    order: &Order,
    key: &Option<Vec<Column>>,
) {
    let terms = order.terms.iter().map(|term| &term.column);
    let shown: Vec<&Column> = columns.iter().copied().chain(terms).collect();
    statement.each(&shown, ", ", |statement, column| select::push_shown(statement, column));
    let key = key.iter().flatten();
    let comma = if shown.is_empty() { "" } else { ", " };
    for column in key {
        statement.push(comma);
        select::push_whole(statement, column);
    }
    if shown.is_empty() {
        statement.push("NULL");
    }
}

/// Writes what follows the list of columns.
fn write_rest(
    statement: &mut Statement,
    table: &Table,
    order: &Order,
    request: &Request,
    page: Option<(&Start, usize)>,
) -> Result<()> {
    statement.push(" FROM ");
    table.name.write(statement);
    let place = match page {
        Some((Start::After(places), _)) => Some((places, false, false)),
        Some((Start::At(places), _)) => Some((places, false, true)),
        Some((Start::Before(places), _)) => Some((places, true, false)),
        _ => None,
    };
    let mut word = " WHERE ";
    if let Some(filter) = &request.filter {
        statement.push(word).push("(");
        filter.write(table, statement)?;
        statement.push(")");
        word = " AND ";
    }
    if let Some((places, back, with)) = place {
        statement.push(word).push("(");
        order.write_after(statement, table, places, back, with);
        statement.push(")");
    }
    order.write(statement, table, page.is_some_and(|(start, _)| start.is_back()));
    if let Some((start, limit)) = page {
        statement.push(&format!(" LIMIT {}", limit + 1));
        if let Start::Skip(count) = start {
            statement.push(&format!(" OFFSET {count}"));
        }
    }
    Ok(())
}

/// Returns the values of the key, which begin at `at`.
fn keyed(row: &[Plain<'_>], at: usize, key: &Option<Vec<Column>>, dialect: Dialect) -> Vec<Value> {
    let columns = key.iter().flatten().zip(row.iter().skip(at));
    columns.map(|(column, value)| from_row(value, column.kind, dialect)).collect()
}

/// Returns a whole value of a row, in the form in which it is bound.
pub(super) fn from_row(value: &Plain<'_>, kind: ValueKind, dialect: Dialect) -> Value {
    match Value::from(value) {
        Value::Text(text) if kind == ValueKind::Bytes && !dialect.is_sqlite() => {
            let digits = String::from_utf8_lossy(&text);
            match value::from_hex(digits.trim_start_matches("\\x")) {
                Some(bytes) => Value::Blob(bytes),
                None => Value::Text(text),
            }
        }
        value => value,
    }
}

/// Returns the place of a row in the order. `at` is where the values of the order begin.
fn places_of(
    row: &[Plain<'_>],
    at: usize,
    order: &Order,
    key: &Option<Vec<Column>>,
    dialect: Dialect,
) -> Vec<Place> {
    let values = keyed(row, at + order.terms.len() * 2, key, dialect);
    let of_key = |name: &str| {
        let mut key = key.iter().flatten().zip(&values);
        key.find(|(column, _)| column.name == name).map(|(_, value)| value.clone())
    };
    let place = |(place, term): (usize, &Term)| {
        of_key(&term.column.name)
            .or_else(|| select::whole(row, at + place * 2, term.column.kind, dialect))
            .map_or(Place::OfRow, Place::Value)
    };
    order.terms.iter().enumerate().map(place).collect()
}

/// Returns the place of the row with this key.
fn places_at(on: &mut On<'_>, table: &Table, order: &Order, key: &[Json]) -> Result<Vec<Place>> {
    let dialect = on.dialect();
    let columns = key_columns(table)?;
    let mut statement = Statement::new(dialect, "SELECT ");
    write_list(&mut statement, &[], order, &columns);
    statement.push(" FROM ");
    table.name.write(&mut statement);
    statement.push(" WHERE ");
    write_key(&mut statement, table, key)?;
    let mut found = None;
    on.each(&statement, |row| {
        found = Some(places_of(row, 0, order, &columns, dialect));
        Ok(ControlFlow::Continue(()))
    })?;
    found.ok_or_else(|| Failure::missing("there is no row with this key"))
}

/// Writes the condition for the row with this key.
///
/// # Errors
/// If the table has no key, or another one.
pub(super) fn write_key(statement: &mut Statement, table: &Table, key: &[Json]) -> Result<()> {
    let Some(columns) = key_columns(table)? else {
        return Err(Failure::request(format!("the rows of {} have no key", table.name)));
    };
    if columns.len() != key.len() {
        return Err(Failure::request(format!(
            "the key of {} has {} columns, not {}",
            table.name,
            columns.len(),
            key.len()
        )));
    }
    let dialect = statement.dialect();
    for (place, (column, cell)) in columns.iter().zip(key).enumerate() {
        if place > 0 {
            statement.push(" AND ");
        }
        let value = value::read(cell, column.kind, dialect, &column.name)?;
        statement.name(&column.name).push(" = ").bind_as(value, &column.cast);
    }
    Ok(())
}

/// Returns the statement as a person would write it.
fn readable(
    table: &Table,
    order: &Order,
    request: &Request,
    limit: usize,
    dialect: Dialect,
) -> Result<String> {
    let mut statement = Statement::shown(dialect, "SELECT *");
    write_rest(&mut statement, table, order, request, None)?;
    statement.push(&format!(" LIMIT {limit}"));
    Ok(statement.text().to_owned())
}

/// Writes FROM, WHERE and ORDER BY of all rows that a page would lead through.
pub(super) fn write_all(statement: &mut Statement, table: &Table, request: &Request) -> Result<()> {
    let order = Order::new(table, &request.sort, statement.dialect())?;
    write_rest(statement, table, &order, request, None)
}

/// Returns the failure of the condition whose value the database refuses, if there is one.
pub(super) fn blamed(on: &mut On<'_>, request: &Request) -> Option<Failure> {
    let table = catalog::table(on, &request.table).ok()?;
    request.filter.as_ref()?.blame(&table, on)
}
