//! A column that gets another type.
//!
//! PostgreSQL keeps what is over it, or refuses. But it resets how the column's values are stored and compressed, also in
//! tables that inherit it, and how exact the statistics of indexes and statistics objects over it are.

use super::catalog::{self, Part};
use super::target::retyped;
use crate::backend::AnyConnection;
use crate::error::{Error, Result};
use crate::migration::history::column;
use crate::migration::statement::Statement;

/// What there was before the column got its type.
pub(in crate::migration) struct Retyped {
    parts: Vec<Part>,
    /// The statements that say how exact statistics objects are.
    statistics: Vec<String>,
    over: Vec<String>,
}

impl Retyped {
    /// Looks at the database before a statement that only changes the type of a column.
    pub(in crate::migration) fn look(
        connection: &mut AnyConnection,
        statement: &Statement<'_>,
    ) -> Result<Option<Self>> {
        let Some((table, name)) = retyped(statement) else { return Ok(None) };
        Ok(Some(Self {
            parts: catalog::parts(connection, None)?,
            statistics: column(connection, STATISTICS, &[])?,
            over: catalog::over(connection, &table, &name)?,
        }))
    }

    /// Returns the statements that set again what the statement has reset.
    pub(in crate::migration) fn statements(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<Vec<String>> {
        let after = catalog::parts(connection, None)?;
        let mut statements = Vec::new();
        for part in &self.parts {
            let is_it = |other: &&Part| {
                (&other.table, &other.name) == (&part.table, &part.name) && other.kind == part.kind
            };
            let Some(after) = after.iter().find(is_it) else { continue };
            if part.lost(Some(after)).is_empty() {
                continue;
            }
            let is_toasted = part.kind != "a" || catalog::is_toasted(connection, part)?;
            statements.extend(part.behind_again(after, |clause| {
                is_toasted || !matches!(clause.words, "SET STORAGE" | "SET COMPRESSION")
            }));
        }
        let after = column(connection, STATISTICS, &[])?;
        statements.extend(self.statistics.iter().filter(|sql| !after.contains(sql)).cloned());
        Ok(statements)
    }

    /// Adds to an error what is over the column, if one of these may not fit the new type: PostgreSQL doesn't always
    /// name it.
    pub(in crate::migration) fn explain(&self, error: Error) -> Error {
        let is_of_type = matches!(error.database_code(), Some("42883" | "42804" | "42704"));
        if !is_of_type || self.over.is_empty() {
            return error;
        }
        let over = self.over.join(", ");
        error.with_hint(format!(
            "these are over the column, and what does not fit its new type must be dropped before the change, and be created \
             again afterwards: {over}"
        ))
    }
}

const STATISTICS: &str = "SELECT format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, s.stxstattarget) \
     FROM pg_catalog.pg_statistic_ext AS s JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace \
     WHERE s.stxstattarget >= 0 ORDER BY 1";
