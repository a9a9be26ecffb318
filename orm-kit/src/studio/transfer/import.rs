//! The rows of a CSV file: all of them or none.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::super::Inner;
use super::super::catalog::{self, Column, Table, TableName};
use super::super::failure::{Failure, Result};
use super::super::on::{Limit, On, writing};
use super::super::statement::Statement;
use super::super::value::{self, Value};
use super::csv::{self, Field, Record};

/// How many problems are reported.
const MOST_PROBLEMS: usize = 100;
/// How many records the page sees.
const SAMPLE: usize = 20;
/// How many values an INSERT has at most.
const MOST_VALUES: usize = 20_000;
/// How many rows an INSERT has at most.
const MOST_ROWS: usize = 200;
/// How long an import may take.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
pub(in super::super) struct Request {
    table: TableName,
    csv: String,
    #[serde(default)]
    header: bool,
    /// The columns of the table by the number of the field, from 0.
    #[serde(default)]
    mapping: BTreeMap<String, String>,
    #[serde(default)]
    nulls: Nulls,
    #[serde(default)]
    dry: bool,
}

/// Which fields are NULL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Nulls {
    /// Empty ones without quotes.
    #[default]
    Empty,
    None,
}

impl Nulls {
    fn is_null(self, field: &Field) -> bool {
        self == Self::Empty && field.text.is_empty() && !field.is_quoted
    }
}

/// A record that the database doesn't accept.
struct Problem {
    line: usize,
    column: Option<String>,
    message: String,
}

/// Inserts the records, or only tries to.
pub(in super::super) fn import(studio: &Inner, request: &Request, limit: &Limit) -> Result<Json> {
    if studio.read_only {
        return Err(Failure::read_only());
    }
    let mut records = csv::read(&request.csv)?;
    let columns = header(&mut records, request.header);
    let mut problems = Vec::new();
    let mut inserted = 0;
    if !request.mapping.is_empty() {
        let tried = writing(&studio.db, &limit.within(PATIENCE), |on| {
            let table = catalog::table(on, &request.table)?;
            table.check_insertable()?;
            let mapping = mapping(request, &table)?;
            insert_all(on, &table, &records, &mapping, request.nulls, &mut problems)?;
            match request.dry || !problems.is_empty() {
                // Nothing of it stays.
                true => Err(undone()),
                false => Ok(()),
            }
        });
        match tried {
            Err(failure) if failure.code == UNDONE => {}
            Err(failure) => return Err(failure),
            Ok(()) => inserted = records.len(),
        }
        if !request.dry {
            let what = format!("import of {} rows into {}", records.len(), request.table);
            let failure = problems.first().map(|problem| {
                Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "VALUE_ERROR", &problem.message)
            });
            let result = failure.as_ref().map_or(Ok(inserted as u64), Err);
            studio.log.add("import", &[what], result);
        }
    }
    let sample = records.iter().take(SAMPLE).map(|record| {
        let text = |field: &Field| match request.nulls.is_null(field) {
            true => Json::Null,
            false => field.text.as_str().into(),
        };
        record.fields.iter().map(text).collect::<Vec<_>>()
    });
    let problem = |problem: &Problem| json!({ "line": problem.line, "column": problem.column, "message": problem.message });
    Ok(json!({
        "rows": records.len(),
        "columns": columns,
        "sample": sample.collect::<Vec<_>>(),
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        "inserted": inserted,
    }))
}

const UNDONE: &str = "UNDONE";

/// Returns what rolls the transaction back.
fn undone() -> Failure {
    Failure::new(StatusCode::OK, UNDONE, "")
}

/// Returns the names of the fields, and removes the header.
fn header(records: &mut Vec<Record>, has_header: bool) -> Vec<String> {
    let width = records.iter().map(|record| record.fields.len()).max().unwrap_or_default();
    if !has_header || records.is_empty() {
        return (1..=width).map(|number| number.to_string()).collect();
    }
    records.remove(0).fields.into_iter().map(|field| field.text).collect()
}

/// Returns the columns with the places of their fields.
fn mapping<'t>(request: &Request, table: &'t Table) -> Result<Vec<(usize, &'t Column)>> {
    let mut found: Vec<(usize, &Column)> = Vec::new();
    for (place, name) in &request.mapping {
        let place = place.parse().map_err(|_| {
            Failure::request("the mapping names a field by its number, counted from 0")
        })?;
        let column = table.column(name)?;
        if found.iter().any(|(_, known)| known.name == *name) {
            return Err(Failure::value(name, format!("two fields are mapped to {name:?}")));
        }
        if column.generated {
            return Err(Failure::value(name, format!("the database computes {name:?}")));
        }
        found.push((place, column));
    }
    Ok(found)
}

fn insert_all(
    on: &mut On<'_>,
    table: &Table,
    records: &[Record],
    mapping: &[(usize, &Column)],
    nulls: Nulls,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    let batch = (MOST_VALUES / mapping.len().max(1)).clamp(1, MOST_ROWS);
    for part in records.chunks(batch) {
        let mut rows = Vec::with_capacity(part.len());
        for record in part {
            match values(on, record, mapping, nulls) {
                Ok(values) => rows.push((record.line, values)),
                Err(problem) => problems.push(problem),
            }
        }
        if attempt(on, table, mapping, &rows)?.is_some() {
            // One of them is wrong.
            for row in rows.chunks(1) {
                if let Some(failure) = attempt(on, table, mapping, row)? {
                    problems.push(blame(on, row, mapping, failure)?);
                }
                if problems.len() >= MOST_PROBLEMS {
                    break;
                }
            }
        }
        if problems.len() >= MOST_PROBLEMS {
            problems.truncate(MOST_PROBLEMS);
            break;
        }
    }
    Ok(())
}

type Row = (usize, Vec<Value>);

fn values(
    on: &On<'_>,
    record: &Record,
    mapping: &[(usize, &Column)],
    nulls: Nulls,
) -> Result<Vec<Value>, Problem> {
    let value = |(place, column): &(usize, &Column)| {
        let Some(field) = record.fields.get(*place) else {
            return Err(Problem {
                line: record.line,
                column: Some(column.name.clone()),
                message: format!("the line has only {} fields", record.fields.len()),
            });
        };
        if nulls.is_null(field) {
            return Ok(Value::Null);
        }
        let text = Json::String(field.text.clone());
        value::read(&text, column.kind, on.dialect(), &column.name).map_err(|failure| {
            let failure = failure.into_parts();
            Problem { line: record.line, column: failure.column, message: failure.message }
        })
    };
    mapping.iter().map(value).collect()
}

/// Inserts rows, and undoes that if it fails. Returns the failure, unless the database can't go on.
fn attempt(
    on: &mut On<'_>,
    table: &Table,
    mapping: &[(usize, &Column)],
    rows: &[Row],
) -> Result<Option<Failure>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let mut statement = Statement::new(on.dialect(), "INSERT INTO ");
    table.name.write(&mut statement);
    statement.push(" (").each(mapping, ", ", |statement, (_, column)| {
        statement.name(&column.name);
    });
    statement.push(") VALUES ").each(rows, ", ", |statement, (_, values)| {
        let values = values.iter().zip(mapping);
        statement.push("(").each(values, ", ", |statement, (value, (_, column))| {
            statement.bind_as(value.clone(), &column.cast);
        });
        statement.push(")");
    });
    in_savepoint(on, |on| on.rows(&statement).map(drop))
}

fn in_savepoint(
    on: &mut On<'_>,
    f: impl FnOnce(&mut On<'_>) -> Result<()>,
) -> Result<Option<Failure>> {
    on.ask("SAVEPOINT studio_import")?;
    match f(on) {
        Ok(()) => {
            on.ask("RELEASE SAVEPOINT studio_import")?;
            Ok(None)
        }
        Err(failure) if failure.is_lost || failure.code == "STATEMENT_TIMEOUT" => Err(failure),
        Err(failure) => {
            on.ask("ROLLBACK TO SAVEPOINT studio_import")?;
            on.ask("RELEASE SAVEPOINT studio_import")?;
            Ok(Some(failure))
        }
    }
}

/// Finds the column whose value the database doesn't accept, where the database doesn't name it.
fn blame(
    on: &mut On<'_>,
    row: &[Row],
    mapping: &[(usize, &Column)],
    failure: Failure,
) -> Result<Problem> {
    let (line, values) =
        row.first().map(|(line, values)| (*line, values.as_slice())).unwrap_or_default();
    let failure = failure.into_parts();
    let mut column = failure.column;
    let is_value = failure.database_code.as_deref().is_some_and(|code| code.starts_with("22"));
    if column.is_none() && is_value && !on.dialect().is_sqlite() {
        for (value, (_, candidate)) in values.iter().zip(mapping) {
            let mut statement = Statement::new(on.dialect(), "SELECT ");
            statement.bind_as(value.clone(), &candidate.ty).push(" IS NULL");
            if in_savepoint(on, |on| on.rows(&statement).map(drop))?.is_some() {
                column = Some(candidate.name.clone());
                break;
            }
        }
    }
    Ok(Problem { line, column, message: failure.message })
}
