//! The rows that a row refers to, and those that refer to it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Inner;
use super::catalog::{self, ForeignKey, Table, TableName};
use super::count::up_to;
use super::failure::{Failure, Result};
use super::on::{Limit, On, reading};
use super::rows::filter::Filter;
use super::rows::{select, write_key};
use super::statement::Statement;
use super::value::{Value, ValueKind, whole_cell};

/// How long each count may take.
const BRIEFLY: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
pub(super) struct Request {
    table: TableName,
    key: Vec<Json>,
}

/// A way from the row to others.
struct Reference<'t> {
    key: &'t ForeignKey,
    direction: &'static str,
    through: Option<&'t Table>,
    table: &'t Table,
    columns: Vec<String>,
    filter: Json,
}

pub(super) fn related(studio: &Inner, request: &Request, limit: &Limit) -> Result<Json> {
    let (tables, row) = reading(&studio.db, limit, |on| {
        let tables = catalog::shapes(on)?;
        let row = values(on, own(&tables, request)?, &request.key)?;
        Ok((tables, row))
    })?;
    let own = own(&tables, request)?;
    let mut references = Vec::new();
    for key in &own.foreign_keys {
        if let Some(table) = find(&tables, &key.to)
            && let Some(filter) = equal(&key.to_columns, &key.columns, &row)
        {
            let columns = key.columns.clone();
            references.push(Reference {
                key,
                direction: "to",
                through: None,
                table,
                columns,
                filter,
            });
        }
    }
    for table in &tables {
        let to_own = |key: &&ForeignKey| same(&key.to, own);
        for key in table.foreign_keys.iter().filter(to_own) {
            let Some(filter) = equal(&key.columns, &key.to_columns, &row) else { continue };
            let columns = key.columns.clone();
            references.push(Reference {
                key,
                direction: "from",
                through: None,
                table,
                columns,
                filter,
            });
            references.extend(through(&tables, table, key, &row, request));
        }
    }
    let counted = references.iter().map(|reference| {
        let filter: Option<Filter> = serde_json::from_value(reference.filter.clone()).ok();
        let count = filter.and_then(|filter| {
            reading(&studio.db, &limit.within(BRIEFLY), |on| {
                up_to(on, reference.table, Some(&filter), catalog::COUNTED)
            })
            .ok()
            .flatten()
        });
        json!({
            "foreignKey": reference.key.name,
            "direction": reference.direction,
            "through": reference.through.map(|table| json!({ "table": table.name })),
            "table": reference.table.name,
            "columns": reference.columns,
            "count": count,
            "filter": reference.filter,
        })
    });
    Ok(json!({ "references": counted.collect::<Vec<_>>() }))
}

fn own<'t>(tables: &'t [Table], request: &Request) -> Result<&'t Table> {
    let found = tables.iter().find(|table| match &request.table.schema {
        Some(_) => table.name == request.table,
        None => table.name.name == request.table.name,
    });
    found.ok_or_else(|| Failure::missing(format!("there is no table {}", request.table)))
}

fn same(name: &TableName, table: &Table) -> bool {
    match &name.schema {
        Some(_) => *name == table.name,
        // SQLite's references name a table in any case.
        None => name.name.eq_ignore_ascii_case(&table.name.name),
    }
}

fn find<'t>(tables: &'t [Table], name: &TableName) -> Option<&'t Table> {
    tables.iter().find(|table| same(name, table))
}

/// Returns the cells of the row that keys may contain: those that aren't long.
fn values(on: &mut On<'_>, table: &Table, key: &[Json]) -> Result<Vec<(String, Json)>> {
    let dialect = on.dialect();
    let mut statement = Statement::new(dialect, "SELECT ");
    statement.each(&table.columns, ", ", |statement, column| {
        select::push_shown(statement, column);
    });
    statement.push(" FROM ");
    table.name.write(&mut statement);
    statement.push(" WHERE ");
    write_key(&mut statement, table, key)?;
    let mut found = None;
    on.each(&statement, |row| {
        let whole = table.columns.iter().enumerate().filter_map(|(place, column)| {
            let value = select::whole(row, place * 2, column.kind, dialect)?;
            (value != Value::Null).then(|| {
                let cell = match &value {
                    Value::Blob(_) => whole_cell(&value, ValueKind::Other, dialect),
                    _ => whole_cell(&value, column.kind, dialect),
                };
                (column.name.clone(), cell)
            })
        });
        found = Some(whole.collect());
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    found.ok_or_else(|| Failure::missing("the row is gone"))
}

fn cells(names: &[String], row: &[(String, Json)]) -> Option<Vec<Json>> {
    let cell = |name: &String| {
        let found = row.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, cell)| cell.clone())
    };
    names.iter().map(cell).collect()
}

/// Returns the filter of rows whose `columns` have the row's values of `of`. None if one of these is NULL.
fn equal(columns: &[String], of: &[String], row: &[(String, Json)]) -> Option<Json> {
    let cells = cells(of, row)?;
    let all: Vec<Json> = columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| json!({ "column": column, "op": "=", "value": cell }))
        .collect();
    (!all.is_empty() && columns.len() == of.len()).then(|| json!({ "all": all }))
}

/// Returns the ways through a table that only connects two others.
fn through<'t>(
    tables: &'t [Table],
    junction: &'t Table,
    to_own: &'t ForeignKey,
    row: &[(String, Json)],
    request: &Request,
) -> Vec<Reference<'t>> {
    let others = junction.foreign_keys.iter().filter(|key| key.columns != to_own.columns);
    let ways = others.filter_map(|key| {
        // Its key consists of both references: each pair exists once.
        let connects = |unique: &Vec<String>| {
            unique.len() >= 2
                && unique
                    .iter()
                    .all(|name| key.columns.contains(name) || to_own.columns.contains(name))
        };
        if !junction.key.iter().chain(&junction.uniques).any(connects) {
            return None;
        }
        let table = find(tables, &key.to)?;
        let values = cells(&to_own.to_columns, row)?;
        let label = format!("{} of {}", table.name, request.table);
        let filter = json!({
            "related": {
                "columns": key.to_columns,
                "junction": junction.name,
                "select": key.columns,
                "where": to_own.columns,
                "values": values,
            },
            "label": label,
        });
        let columns = key.columns.clone();
        Some(Reference { key, direction: "from", through: Some(junction), table, columns, filter })
    });
    ways.collect()
}
