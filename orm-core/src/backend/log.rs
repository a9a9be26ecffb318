//! The events of statements, for the program's log.

use super::{AnyConnection, Source, values};
use crate::error::{Error, Result};

impl AnyConnection {
    /// Reports a statement that has run, with its values if the program wants them in its log.
    pub(super) fn log_statement(
        &self,
        source: &dyn Source,
        micros: u64,
        rows: Result<u64, &Error>,
    ) {
        let sql = source.sql(self.dialect()).unwrap_or_default();
        let values = self.log_values.then(|| values::shown(source, self.dialect()));
        log(&sql, micros, values, rows);
    }
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
