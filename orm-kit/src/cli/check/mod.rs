//! `check`: reports risks and errors.

mod database;
mod findings;
mod folder;
mod pending;
mod sql;

use orm_core::Dialect;
use orm_core::schema::TableDef;
use serde_json::json;

use super::args::Check;
use super::{Exit, Outcome, Report, Session};
use findings::{About, Finding, Findings, Severity};

impl Session {
    pub(super) fn check(&self, options: &Check) -> Outcome {
        let mut findings = Findings::default();
        match &self.url {
            // With a database, the pending migrations are known.
            Some(_) => self.check_with_database(&mut findings)?,
            None => {
                for folder in self.folders(&options.dialects.dialects)? {
                    self.check_folder(&folder, &mut findings)?;
                    let all = 0..folder.migrations.len();
                    self.check_pending(&folder, all, &mut findings);
                }
            }
        }
        let unchecked = self.check_sql(&options.dialects.dialects, &mut findings)?;
        findings.tell(&self.ui);
        if let Some(dialect) = unchecked {
            self.ui.notice(format_args!(
                "{} not checked on {dialect}; name a server with `--url` or DATABASE_URL",
                match (crate::sql::is_used(), self.tables.iter().any(TableDef::is_view)) {
                    (true, true) => "`sql!` and the SQL of views were",
                    (_, true) => "the SQL of views was",
                    _ => "`sql!` was",
                }
            ));
        }
        if self.url.is_none() {
            self.ui.notice(
                "no database is set, so all migrations count as pending; set one with `--url` or DATABASE_URL",
            );
        }
        let (errors, warnings) =
            (findings.number(Severity::Error), findings.number(Severity::Warning));
        let wrong = errors > 0 || options.strict && warnings > 0;
        Ok(Report {
            exit: if wrong { Exit::Failed } else { Exit::Done },
            json: json!({
                "errors": errors,
                "warnings": warnings,
                "database": self.url.as_ref().map(|_| self.database_name()),
                "findings": findings.json(),
            }),
        })
    }
}

/// Returns an error about all migrations of a database.
fn wrong(dialect: Dialect, kind: &'static str, message: impl Into<String>) -> Finding {
    Finding {
        severity: Severity::Error,
        kind,
        dialect,
        about: About::All,
        message: message.into(),
        details: Vec::new(),
    }
}
