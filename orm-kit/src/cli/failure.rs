//! The failures of commands.

use std::io;
use std::path::Path;

use orm_core::migration::{FailedStatement, MigrationError};
use orm_core::schema::SchemaError;
use serde_json::{Map, Value, json};

use super::Exit;
use crate::diff::{DiffError, Question};
use crate::folder::FolderError;

/// What to do about objects that are in the way of a change.
pub(super) const DEPENDENTS: &str =
    "drop what depends on it before the change, and create it again afterwards";

/// Why a command failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// The code, by which programs distinguish failures.
    pub(super) code: &'static str,
    pub(super) message: String,
    /// What to do, step by step.
    pub(super) hints: Vec<String>,
    /// The statement that failed.
    pub(super) sql: Option<String>,
    /// Further entries for `--json`.
    pub(super) details: Map<String, Value>,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            code,
            message: message.into(),
            hints: Vec::new(),
            sql: None,
            details: Map::new(),
        }
    }

    #[must_use]
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub(super) fn with_detail(mut self, name: &str, value: Value) -> Self {
        self.details.insert(name.into(), value);
        self
    }

    /// Returns the failure of reading or writing a file.
    pub(super) fn of_file(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::new("FILE_ERROR", format!("can't {verb} {}: {error}", path.display()))
    }

    /// Returns the failure for arguments that can't be understood.
    pub(super) fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default();
        Self::new("USAGE_ERROR", message.strip_prefix("error: ").unwrap_or(message))
            .with_hint("see `--help`")
    }

    /// Returns the failure if nobody is there to answer.
    pub(super) fn answer_needed(message: impl Into<String>) -> Self {
        Self { exit: Exit::AnswerNeeded, ..Self::new("ANSWER_NEEDED", message) }
    }

    pub(super) fn questions(questions: &[Question]) -> Self {
        let told: Vec<Value> = questions
            .iter()
            .map(|question| {
                let Question { table, gone, candidates } = question;
                let place = table.as_ref().map(|table| format!("{table}.")).unwrap_or_default();
                let renames = candidates.iter().map(|new| format!("--rename {place}{gone}={place}{new}"));
                let answers: Vec<String> = renames.chain([format!("--drop {place}{gone}")]).collect();
                json!({ "table": table, "gone": gone, "candidates": candidates, "answers": answers })
            })
            .collect();
        let message: Vec<String> = questions.iter().map(ToString::to_string).collect();
        Self::answer_needed(message.join("\n")).with_detail("questions", told.into())
    }

    pub(super) fn json(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), self.code.into());
        error.insert("message".into(), self.message.as_str().into());
        error.insert("hints".into(), self.hints.as_slice().into());
        if let Some(sql) = &self.sql {
            error.insert("sql".into(), sql.as_str().into());
        }
        error.extend(self.details.clone());
        json!({ "error": error })
    }
}

impl From<orm_core::Error> for Failure {
    fn from(error: orm_core::Error) -> Self {
        let mut failure = Self::new(error.code().as_str(), error.to_string());
        failure.hints = error.troubleshooting().into_iter().map(str::to_owned).collect();
        failure.sql = error.sql().map(str::to_owned);
        // Its message quotes the statement, and the file contains it.
        if let Some(MigrationError::Failed(failed)) = error.downcast_ref() {
            failure.details = of_statement(failed);
            failure.sql = None;
            if needs_others(failed, error.database_code()) {
                failure.hints.insert(0, DEPENDENTS.into());
            }
        }
        failure
    }
}

/// Whether PostgreSQL refuses a change for the objects that depend on what it changes.
fn needs_others(failed: &FailedStatement, code: Option<&str>) -> bool {
    let is_type =
        failed.statement.contains(" ALTER COLUMN ") && failed.statement.contains(" TYPE ");
    // `feature_not_supported`, and `dependent_objects_still_exist`.
    code == Some("0A000") && is_type || code == Some("2BP01")
}

/// Returns details about a failed statement for programs.
fn of_statement(failed: &FailedStatement) -> Map<String, Value> {
    let details = [
        ("migration", json!(failed.migration)),
        ("file", json!(failed.file)),
        ("line", json!(failed.line)),
        ("statement", json!(failed.statement)),
        ("reason", json!(failed.reason)),
        ("refused", json!(failed.refused)),
        ("rows", json!(failed.rows)),
        ("rolled_back", json!(failed.rolled_back)),
        ("applied", json!(failed.applied)),
    ];
    details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Migrations(error) => error.into(),
            error => Self::new("FOLDER_ERROR", error.to_string()),
        }
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        Self::new("CONFIG_ERROR", error.to_string())
    }
}

impl From<DiffError> for Failure {
    fn from(error: DiffError) -> Self {
        match error {
            DiffError::Ambiguous(questions) => Self::questions(&questions),
            DiffError::UnknownHint(message) => Self::new("CONFIG_ERROR", message),
        }
    }
}
