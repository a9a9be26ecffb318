//! The number of rows.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Inner;
use super::catalog::{self, COUNTED, Count, Table, TableName};
use super::failure::Result;
use super::on::{Limit, On, reading};
use super::rows::filter::Filter;
use super::statement::Statement;
use super::value::Value;

/// How long all rows are counted.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
pub(super) struct Request {
    table: TableName,
    #[serde(default)]
    filter: Option<Filter>,
}

/// Returns the number of rows, or a lower bound if there are too many to count.
pub(super) fn count(studio: &Inner, request: &Request, limit: &Limit) -> Result<Json> {
    let counted = reading(&studio.db, &limit.within(PATIENCE), |on| {
        let table = catalog::table(on, &request.table)?;
        up_to(on, &table, request.filter.as_ref(), u64::MAX)
    });
    let counted = match counted {
        Err(failure) if failure.code == "STATEMENT_TIMEOUT" => {
            reading(&studio.db, &limit.within(PATIENCE), |on| {
                let table = catalog::table(on, &request.table)?;
                up_to(on, &table, request.filter.as_ref(), COUNTED)
            })
        }
        counted => counted,
    };
    match counted {
        Ok(count) => {
            let count = count.unwrap_or(Count { about: 0, exact: false });
            Ok(json!({ "count": count.about, "exact": count.exact }))
        }
        Err(failure) if failure.code == "STATEMENT_TIMEOUT" => {
            Ok(json!({ "count": 0, "exact": false }))
        }
        Err(failure) => Err(failure),
    }
}

/// Counts rows, at most `most` of them.
pub(super) fn up_to(
    on: &mut On<'_>,
    table: &Table,
    filter: Option<&Filter>,
    most: u64,
) -> Result<Option<Count>> {
    let is_limited = most < u64::MAX;
    let mut statement = Statement::new(on.dialect(), "SELECT count(*) FROM ");
    if is_limited {
        statement.push("(SELECT 1 FROM ");
    }
    table.name.write(&mut statement);
    if let Some(filter) = filter {
        statement.push(" WHERE ");
        filter.write(table, &mut statement)?;
    }
    if is_limited {
        statement.push(&format!(" LIMIT {}) AS counted", most + 1));
    }
    let rows = on.rows(&statement)?;
    let number = rows.first().and_then(|row| row.first()).and_then(Value::number);
    let number = number.and_then(|number| u64::try_from(number).ok());
    Ok(number.map(|number| Count { about: number.min(most), exact: number <= most }))
}
