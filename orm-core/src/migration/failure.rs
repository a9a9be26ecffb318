//! The errors of a script that fails.

use super::error::{FailedStatement, MigrationError};
use super::history::scalar;
use super::losses::Losses;
use super::statement::Statement;
use crate::error::{Error, ErrorCategory, Result};

use super::script::Script;
use super::whole;

impl Script<'_, '_> {
    fn path(&self) -> String {
        self.context.direction.path(self.migration)
    }

    pub(super) fn unusable(&self, what: String) -> Error {
        MigrationError::Unusable {
            migration: self.migration.directory().into(),
            file: self.context.direction.file(),
            path: self.path(),
            what,
        }
        .into()
    }

    /// Fails if something would be lost.
    pub(super) fn refuse(&self, losses: impl IntoIterator<Item = String>) -> Result<()> {
        let losses: Vec<String> = losses.into_iter().collect();
        if losses.is_empty() {
            return Ok(());
        }
        Err(MigrationError::WouldLose {
            migration: self.migration.directory().into(),
            file: self.context.direction.file(),
            path: self.path(),
            what: losses.join("; "),
            applied: self.context.applied.clone(),
        }
        .into())
    }

    /// Fails if the rollback would drop what holds rows or values.
    pub(super) fn refuse_losses(&mut self) -> Result<()> {
        let losses = self.losses.as_mut().map(Losses::take).unwrap_or_default();
        if losses.is_empty() {
            return Ok(());
        }
        Err(MigrationError::DataLoss {
            migration: self.migration.directory().into(),
            path: self.path(),
            losses,
            rolled_back: !self.remains,
            applied: self.context.applied.clone(),
        }
        .into())
    }

    /// Returns the error for a statement of the file, or for the runner's own work around them.
    pub(super) fn failed(&mut self, sql: &str, index: Option<usize>, error: &Error) -> Error {
        let statement = index.map(|index| self.statements[index]);
        let guard = statement.and_then(|statement| self.refusal(&statement, error));
        let (refused, rows, reason) = match guard {
            Some((reason, rows)) => (true, rows, reason),
            None => (false, None, error.to_string()),
        };
        let in_doubt = self.lasts && error.is_connection_lost();
        let failed = FailedStatement {
            migration: self.migration.directory().into(),
            file: self.context.direction.file(),
            path: self.path(),
            number: index.map_or(self.statements.len(), |index| index) + 1,
            total: self.statements.len(),
            line: statement.map_or(0, |statement| statement.line()),
            statement: statement.map_or_else(|| sql.into(), |statement| statement.short()),
            rows,
            refused,
            reason,
            can_be_corrected: statement.is_some()
                && matches!(
                    error.category(),
                    ErrorCategory::StatementError | ErrorCategory::SchemaError
                ),
            rolled_back: !self.remains && !in_doubt,
            in_doubt,
            applied: self.context.applied.clone(),
        };
        let made = Error::from(MigrationError::Failed(Box::new(failed)))
            .with_sql(sql)
            .because_of(error.kind());
        // What is known of the statement's error says more than what is known of all.
        let made = match error.hint().filter(|_| !refused) {
            Some(hint) => made.with_hint(hint),
            None => made,
        };
        match error.database_code() {
            Some(code) => made.with_database_code(code),
            None => made,
        }
    }

    /// Returns the message of a guard that refuses, and the number of rows it found.
    pub(super) fn refusal(
        &mut self,
        statement: &Statement<'_>,
        error: &Error,
    ) -> Option<(String, Option<u64>)> {
        let message = statement.guard()?;
        if self.ways().by_file {
            return whole::refusal(statement, error);
        }
        if self.ways().guards_raise {
            return (error.database_code() == Some("P0001")).then(|| (error.to_string(), None));
        }
        if !error.is_check_violation() {
            return None;
        }
        // The transaction is still open, so these are the rows that the guard has seen. It refuses even if they can't be
        // counted again.
        let query = statement.guard_query()?;
        let rows = scalar(self.context.connection, query, &[]).ok().flatten();
        let shown = rows.as_deref().unwrap_or("some");
        Some((message.replace("{rows}", shown), rows.as_deref().and_then(|rows| rows.parse().ok())))
    }
}
