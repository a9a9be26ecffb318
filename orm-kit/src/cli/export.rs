//! `export`: the SQL that creates all tables.

use orm_core::Dialect;
use orm_core::schema::create_schema;
use serde_json::json;

use super::args::Export;
use super::failure::Failure;
use super::{Outcome, Report, Session};

impl Session {
    pub(super) fn export(&self, options: &Export) -> Outcome {
        let dialect = self.dialect_of(options)?;
        let statements = create_schema(&self.tables, dialect)?;
        for statement in &statements {
            self.ui.line(format_args!("{statement};"));
        }
        Ok(Report::done(json!({ "dialect": dialect, "statements": statements })))
    }

    fn dialect_of(&self, options: &Export) -> Result<Dialect, Failure> {
        let of_url = || self.url.as_deref().and_then(Dialect::of_url);
        let of_project = || match self.dialects.as_deref() {
            Some(&[only]) => Some(only),
            _ => None,
        };
        options.dialect.or_else(of_url).or_else(of_project).ok_or_else(|| {
            Failure::answer_needed(
                "for which database? Pass `--dialect sqlite` or `--dialect postgres`",
            )
        })
    }
}
