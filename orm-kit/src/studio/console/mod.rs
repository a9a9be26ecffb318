//! The console: SQL of a person, one statement after another.

pub(super) mod explain;
pub(super) mod only_reads;
mod running;
pub(super) mod types;

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use orm_core::Error;
use orm_core::backend::{Plain, PlainColumn, TakesPlain};
use orm_core::migration::statements;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use self::only_reads::only_reading;
pub(super) use self::running::Running;
use self::types::Types;
use super::Inner;
use super::failure::{Failure, Result};
use super::on::{Limit, Nothing, On};
use super::value::{Value, cell};

/// The longest text in a result, in bytes.
const LONGEST: usize = 100_000;
/// The largest result, in bytes.
const LARGEST: usize = 32 << 20;
/// The most rows of a result.
const MOST_ROWS: usize = 100_000;

#[derive(Deserialize)]
pub(super) struct Request {
    sql: String,
    #[serde(default)]
    write: bool,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    seconds: Option<f64>,
    #[serde(default)]
    id: Option<String>,
}

/// Runs the statements of a text, until one fails.
pub(super) fn query(studio: &Inner, request: &Request, limit: &Limit) -> Result<Json> {
    if request.write && studio.read_only {
        return Err(Failure::read_only());
    }
    let seconds = request.seconds.unwrap_or(30.0).clamp(0.05, 86_400.0);
    let limit = limit.within(Duration::from_secs_f64(seconds));
    let _named = request.id.as_ref().map(|id| studio.running.name(id, &limit.stop));
    let ran = studio.db.with_connection(|connection| {
        // Whatever the statements set on it ends with it.
        connection.close_afterwards(RESTORE);
        Ok(run_all(&mut On::new(connection, limit.clone()), request))
    })??;
    let Ran { results, error, changed, .. } = ran;
    if request.write {
        let texts: Vec<String> = vec![request.sql.clone()];
        let result = error.as_ref().map_or(Ok(changed), |(_, failure)| Err(failure));
        studio.log.add("query", &texts, result);
    }
    let error = error.map(|(index, failure)| {
        let mut document = failure.document();
        document["statement"] = index.into();
        document
    });
    Ok(json!({ "results": results, "error": error }))
}

/// What a database in memory needs, whose connection stays.
const RESTORE: &str =
    "PRAGMA foreign_keys = ON; PRAGMA query_only = 0; PRAGMA ignore_check_constraints = 0";

struct Ran {
    results: Vec<Json>,
    /// The failure, with the index of its statement.
    error: Option<(usize, Failure)>,
    changed: u64,
}

fn run_all(on: &mut On<'_>, request: &Request) -> Result<Ran> {
    let dialect = on.dialect();
    if request.write && !dialect.is_sqlite() {
        on.ask(
            "SELECT set_config('DateStyle', 'ISO, YMD', false), set_config('TimeZone', 'UTC', false), \
             set_config('IntervalStyle', 'postgres', false), set_config('bytea_output', 'hex', false)",
        )?;
    }
    let mut ran = Ran { results: Vec::new(), error: None, changed: 0 };
    let mut types = Types::default();
    for (index, statement) in statements(&request.sql, dialect).iter().enumerate() {
        let sql = statement.sql();
        let start = sql.as_ptr().addr() - request.sql.as_ptr().addr();
        let from = request.sql[..start].chars().count();
        let to = from + sql.chars().count();
        match run_one(on, sql, request, &mut types) {
            Ok((mut result, changed)) => {
                result["statement"] = json!({ "from": from, "to": to });
                ran.changed += changed;
                ran.results.push(result);
            }
            Err(failure) if failure.is_lost => return Err(failure),
            Err(failure) => {
                let position = failure.position.map(|position| position + from);
                let mut failure = stopped(on, failure.at(position));
                if failure.code == "READ_ONLY" && !request.write {
                    failure.advice = Some("switch writing on, if the statement is to write".into());
                }
                ran.error = Some((index, failure));
                break;
            }
        }
    }
    if on.connection().has_open_transaction() {
        end_transaction(on, &mut ran);
    }
    Ok(ran)
}

/// Nobody could end it later.
fn end_transaction(on: &mut On<'_>, ran: &mut Ran) {
    let rolled_back = on.unlimited(|on| on.run("ROLLBACK", &[], &mut Nothing));
    let message = match rolled_back {
        Ok(_) => "the text left a transaction open, which was rolled back",
        Err(_) => "the text left a transaction open, which could not be rolled back",
    };
    if ran.error.is_none() {
        let failure = Failure::new(StatusCode::CONFLICT, "TRANSACTION_ERROR", message)
            .advised("end it in the same text, by COMMIT or ROLLBACK");
        ran.error = Some((ran.results.len().saturating_sub(1), failure));
    }
}

/// Names the reason if a person has stopped the statement, or its time was over.
fn stopped(on: &On<'_>, failure: Failure) -> Failure {
    if failure.code != "STATEMENT_TIMEOUT" {
        return failure;
    }
    let limit = on.limit();
    let (code, message) = if limit.stop.load(Ordering::Relaxed) {
        ("STOPPED", "the statement was stopped")
    } else if limit.end.is_some_and(|end| Instant::now() >= end) {
        ("STATEMENT_TIMEOUT", "the statement took longer than it may")
    } else {
        return failure;
    };
    let mut failure = failure;
    (failure.code, failure.message, failure.advice) = (code.into(), message.into(), None);
    failure
}

fn run_one(
    on: &mut On<'_>,
    sql: &str,
    request: &Request,
    types: &mut Types,
) -> Result<(Json, u64)> {
    let started = Instant::now();
    let most = request.limit.unwrap_or(1000).clamp(1, MOST_ROWS);
    let mut taken = Taken { most, ..Taken::default() };
    let changed = if request.write {
        on.run(sql, &[], &mut taken)?
    } else {
        only_reading(on, sql, |on| {
            let changed = on.run(sql, &[], &mut taken);
            // Leaving out the rest of the rows has ended the statement.
            if taken.more { Ok(None) } else { changed }
        })?
    };
    let elapsed = started.elapsed();
    on.unlimited(|on| types.learn(on, &taken.columns))?;
    let known: Vec<_> = taken.columns.iter().map(|column| types.of(column)).collect();
    let dialect = on.dialect();
    let row = |row: &Vec<(Value, Option<u64>)>| -> Vec<Json> {
        let cells = row.iter().zip(&known);
        cells
            .map(|((value, length), (_, kind))| cell(&value.plain(), *length, *kind, dialect))
            .collect()
    };
    let columns = taken.columns.iter().zip(&known);
    let result = json!({
        "columns": columns
            .map(|(column, (ty, kind))| json!({ "name": column.name, "type": ty, "kind": kind }))
            .collect::<Vec<_>>(),
        "rows": taken.rows.iter().map(row).collect::<Vec<_>>(),
        "more": taken.more,
        "changed": changed,
        "ms": elapsed.as_micros() as f64 / 1000.0,
    });
    Ok((result, changed.unwrap_or_default()))
}

/// The rows of a result, up to a limit.
#[derive(Default)]
struct Taken {
    columns: Vec<PlainColumn>,
    /// The values, and the length of those that are cut.
    rows: Vec<Vec<(Value, Option<u64>)>>,
    more: bool,
    most: usize,
    size: usize,
}

impl TakesPlain for Taken {
    fn columns(&mut self, columns: Vec<PlainColumn>) -> Result<(), Error> {
        self.columns = columns;
        Ok(())
    }

    fn row(&mut self, row: &[Plain<'_>]) -> Result<ControlFlow<()>, Error> {
        if self.rows.len() == self.most || self.size > LARGEST {
            self.more = true;
            return Ok(ControlFlow::Break(()));
        }
        let row: Vec<_> = row.iter().map(cut).collect();
        self.size += row.iter().map(|(value, _)| size(value)).sum::<usize>();
        self.rows.push(row);
        Ok(ControlFlow::Continue(()))
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(bytes) | Value::Blob(bytes) => bytes.len() + 16,
        _ => 16,
    }
}

/// Returns the start of a long value, and its length.
fn cut(value: &Plain<'_>) -> (Value, Option<u64>) {
    match *value {
        Plain::Text(bytes) if bytes.len() > LONGEST => {
            let mut end = LONGEST;
            while end > LONGEST - 4 && bytes[end] & 0xc0 == 0x80 {
                end -= 1;
            }
            (Value::Text(bytes[..end].to_vec()), Some(bytes.len() as u64))
        }
        Plain::Blob(bytes) if bytes.len() > LONGEST => (Value::Null, Some(bytes.len() as u64)),
        _ => (value.into(), None),
    }
}
