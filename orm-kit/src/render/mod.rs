//! The SQL of a diff, on each database.

use orm_core::Dialect;
use orm_core::schema::SchemaError;

use crate::diff::Diff;

/// SQL that leads from one schema to another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// The statements, without semicolons.
    pub statements: Vec<Step>,
    /// Whether tables are rebuilt (SQLite alone): foreign keys are switched off around the transaction, which the
    /// script then begins and commits itself.
    pub rebuilds: bool,
}

/// A statement of a [`Script`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is for, where the SQL doesn't say. A guard's begins with `guard: ` and is the message of the refusal,
    /// in which `{rows}` stands for the number of rows.
    pub comment: Option<String>,
    /// The SQL.
    pub sql: String,
}

impl Script {
    /// The text of the file.
    pub fn text(&self) -> String {
        todo!()
    }

    /// Whether whoever runs the file begins and commits the transaction (diesel's `run_in_transaction`).
    pub fn runs_in_transaction(&self) -> bool {
        !self.rebuilds
    }
}

/// The SQL of a diff.
///
/// # Errors
/// A schema that no database could hold.
pub fn render(_diff: &Diff, _dialect: Dialect) -> Result<Script, SchemaError> {
    todo!()
}
