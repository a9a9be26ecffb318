//! What is wrong with the `sql!`s of a program.

use std::fmt;

use orm_core::Dialect;
use orm_core::sql::Registered;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Good to know; nothing is wrong.
    Note,
    /// Needs a look before it runs.
    Warning,
    /// Wrong.
    Error,
}

/// A finding about a `sql!`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqlFinding {
    /// How serious it is.
    pub severity: Severity,
    /// The database.
    pub dialect: Dialect,
    /// The source file.
    pub file: &'static str,
    /// The line in the file.
    pub line: u32,
    /// The column in the line.
    pub column: u32,
    /// What it is: the database's words, or what doesn't fit.
    pub message: String,
    /// The SQL in one line, with `…` for its values.
    pub sql: String,
}

impl SqlFinding {
    pub(super) fn new(
        severity: Severity,
        dialect: Dialect,
        about: &Registered,
        message: String,
    ) -> Self {
        let site = about.site;
        let sql = site.words(dialect).map(|words| words.shown()).unwrap_or_default();
        Self {
            severity,
            dialect,
            file: site.file,
            line: site.line,
            column: site.column,
            message,
            sql: sql.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// `SQLite, src/queries.rs:12: error: no such column: titel`, and the SQL in the next line.
impl fmt::Display for SqlFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dialect, file, line, message, sql, .. } = self;
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{dialect}, {file}:{line}: {severity}: {message}\n    {sql}")
    }
}

/// The findings about the `sql!`s of a program: see [`check_sql`](super::check_sql).
///
/// Its `Display` output has a finding after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a report says what is wrong: call `assert_fits`, or look at the findings"]
pub struct SqlReport(Vec<SqlFinding>);

impl SqlReport {
    pub(super) fn new(findings: Vec<SqlFinding>) -> Self {
        Self(findings)
    }

    /// Returns the findings, in the order of files and lines.
    pub fn findings(&self) -> &[SqlFinding] {
        &self.0
    }

    /// Panics with the report if there is an error or a warning.
    ///
    /// # Panics
    /// See above.
    #[track_caller]
    pub fn assert_fits(&self) {
        let fits = self.0.iter().all(|finding| finding.severity == Severity::Note);
        assert!(fits, "the SQL doesn't fit the structs:\n{self}");
    }
}

impl fmt::Display for SqlReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, finding) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            finding.fmt(f)?;
        }
        Ok(())
    }
}
