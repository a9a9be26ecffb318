//! Checks the `sql!`s of the program.

use orm_core::Dialect;
use orm_core::schema::TableDef;

use super::super::Session;
use super::super::failure::Failure;
use super::{About, Finding, Findings};
use crate::sql;

impl Session {
    /// Checks every view and every `sql!` on each database that the project names and that can be reached: SQLite in memory, PostgreSQL
    /// on the server that is set. Returns the database whose server is missing.
    pub(super) fn check_sql(
        &self,
        flags: &[Dialect],
        findings: &mut Findings,
    ) -> Result<Option<Dialect>, Failure> {
        if !sql::is_used() && !self.tables.iter().any(TableDef::is_view) {
            return Ok(None);
        }
        let of_url = self.url.as_deref().and_then(Dialect::of_url);
        let mut unchecked = None;
        for folder in self.folders(flags)? {
            let dialect = folder.dialect;
            if !sql::is_compiled_in(dialect) {
                continue;
            }
            let db = match sql::without_server(dialect) {
                Some(db) => db?,
                None if of_url == Some(dialect) => self.connect()?,
                None => {
                    unchecked = Some(dialect);
                    continue;
                }
            };
            let views = sql::check_views(&db, &self.tables_of(dialect))?;
            findings.extend(views.into_iter().map(|(view, severity, message)| Finding {
                severity,
                kind: "view",
                dialect,
                about: About::All,
                message: format!("the view {view:?}: {message}"),
                details: Vec::new(),
            }));
            let found = sql::check(&db, &self.tables)?;
            findings.extend(found.into_iter().map(|one| Finding {
                severity: one.severity,
                kind: "sql",
                dialect: one.dialect,
                about: About::Sql { file: one.file, line: one.line, column: one.column },
                message: one.message,
                details: vec![one.sql],
            }));
        }
        Ok(unchecked)
    }
}
