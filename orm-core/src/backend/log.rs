//! The events of statements, for the program's log.

use super::{AnyConnection, Source, values};
use crate::error::{Error, Result};

impl AnyConnection {
    /// Whether anybody wants to know which statements have run.
    #[inline]
    pub(super) fn is_logged(&self) -> bool {
        #[cfg(feature = "test")]
        if self.counter.counts() {
            return true;
        }
        tracing::enabled!(target: "mizzle::query", tracing::Level::DEBUG)
    }

    /// Reports a statement that has run, with its values if the program wants them in its log.
    pub(super) fn log_source(&self, source: &dyn Source, micros: u64, rows: Result<u64, &Error>) {
        let dialect = self.dialect();
        let sql = source.sql(dialect).unwrap_or_default();
        let values = self.log_values.then(|| values::shown(source, dialect));
        self.log(&sql, micros, values, rows);
    }

    /// Reports a statement that has run. If `values` is `None`, the event doesn't contain them.
    pub(super) fn log(
        &self,
        sql: &str,
        micros: u64,
        values: Option<String>,
        rows: Result<u64, &Error>,
    ) {
        #[cfg(feature = "test")]
        self.counter.add_statement(sql, self.dialect());
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
}
