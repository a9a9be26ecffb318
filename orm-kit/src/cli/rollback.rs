//! `rollback`: takes migrations back.

use orm_core::migration::Direction;
use serde_json::json;

use super::args::Rollback;
use super::migrate::{migrations_json, milliseconds};
use super::ui::{Progress, counted, good, time};
use super::{Outcome, Report, Session};

impl Session {
    pub(super) fn rollback(&self, options: &Rollback) -> Outcome {
        let db = self.connect()?;
        let migrations = self.migrations()?;
        let mut progress = Progress::new(&self.ui, Direction::Down);
        let migrator = db.migrator(&migrations).on_progress(|event| progress.event(event));
        let ran = match options.to.as_deref() {
            None => migrator.rollback(options.steps)?,
            Some("0") => migrator.rollback(usize::MAX)?,
            Some(version) => migrator.rollback_to(version)?,
        };
        drop(progress);
        match ran.migrations.len() {
            0 => self.ui.line("Nothing to do: no migration is to be taken back"),
            count => self.ui.line(format_args!(
                "{} in {}",
                good(format_args!("{} taken back", counted(count, "migration"))),
                time(ran.elapsed)
            )),
        }
        let json =
            json!({ "rolled_back": migrations_json(&ran), "elapsed_ms": milliseconds(&ran) });
        Ok(Report::done(json))
    }
}
