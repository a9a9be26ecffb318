//! The events of statements, for the program's log.

use crate::error::{Error, Result};

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
