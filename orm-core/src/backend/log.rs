//! The events of statements, for the program's log.

use super::{Source, values};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

/// Reports a statement that has run, with its values if the program wants them in its log.
pub(super) fn log_source(
    source: &dyn Source,
    dialect: Dialect,
    with_values: bool,
    micros: u64,
    rows: Result<u64, &Error>,
) {
    let sql = source.sql(dialect).unwrap_or_default();
    let values = with_values.then(|| values::shown(source, dialect));
    log(&sql, micros, values, rows);
}

/// Reports a statement that has run. If `values` is `None`, the event doesn't contain them.
pub(super) fn log(sql: &str, micros: u64, values: Option<String>, rows: Result<u64, &Error>) {
    match rows {
        Ok(rows) => {
            tracing::debug!(target: "mizzle::query", sql, micros, rows, values, "statement");
        }
        Err(error) => {
            tracing::debug!(
                target: "mizzle::query", sql, micros, values, code = %error.code(), %error,
                "statement failed"
            );
        }
    }
}
