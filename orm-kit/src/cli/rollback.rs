//! `rollback`: rolls migrations back.

use orm_core::Db;
use orm_core::migration::{Direction, Migrations};
use serde_json::{Value, json};

use super::args::Rollback;
use super::failure::Failure;
use super::hazards::kind;
use super::migrate::{migrations_json, milliseconds};
use super::ui::{Progress, counted as number, good, time};
use super::{Outcome, Report, Session};
use crate::rows::HazardKind;

impl Session {
    pub(super) fn rollback(&self, options: &Rollback) -> Outcome {
        let db = self.connect()?;
        let migrations = self.migrations()?;
        let is_allowed = options.force || self.asks_for_losses(&db, &migrations, options)?;
        let mut progress = Progress::new(&self.ui, Direction::Down);
        let migrator = db
            .migrator(&migrations)
            .allow_data_loss(is_allowed)
            .on_progress(|event| progress.event(event));
        let ran = match target(options) {
            Target::Steps(steps) => migrator.rollback(steps)?,
            Target::Version(version) => migrator.rollback_to(version)?,
        };
        drop(progress);
        match ran.migrations.len() {
            0 => self.ui.line("Nothing to do: there is no migration to roll back"),
            count => self.ui.line(format_args!(
                "{} in {}",
                good(format_args!("{} taken back", number(count, "migration"))),
                time(ran.elapsed)
            )),
        }
        let json =
            json!({ "rolled_back": migrations_json(&ran), "elapsed_ms": milliseconds(&ran) });
        Ok(Report::done(json))
    }

    /// Asks the person at the terminal whether rows and values may be lost, if some would be, and returns whether they
    /// said so. Fails if nobody did.
    fn asks_for_losses(
        &self,
        db: &Db,
        migrations: &Migrations,
        options: &Rollback,
    ) -> Result<bool, Failure> {
        let mut progress = Progress::new(&self.ui, Direction::Down);
        let migrator = db.migrator(migrations).on_progress(|event| progress.event(event));
        let found = match target(options) {
            Target::Steps(steps) => migrator.rollback_losses(steps)?,
            Target::Version(version) => migrator.rollback_losses_to(version)?,
        };
        drop(progress);
        let losses = || {
            found
                .iter()
                .flat_map(|one| one.losses.iter().map(|loss| (one.migration.as_str(), loss)))
        };
        let lines: Vec<String> =
            losses().map(|(migration, loss)| format!("{migration}: {loss}")).collect();
        if lines.is_empty() {
            return Ok(false);
        }
        let question =
            format!("This loses rows or values:\n  {}\n  Roll back?", lines.join("\n  "));
        let choices = ["no, change nothing".to_owned(), "yes, lose them".to_owned()];
        if self.ui.choose(&question, &choices) == Some(1) {
            return Ok(true);
        }
        let hazards: Value = losses()
            .map(|(migration, loss)| {
                json!({
                    "kind": kind(HazardKind::Destructive),
                    "migration": migration,
                    "table": loss.table,
                    "column": loss.column,
                    "rows": loss.rows,
                    "what": loss.to_string(),
                })
            })
            .collect();
        Err(Failure::new("REFUSED", format!("nothing was rolled back:\n  {}", lines.join("\n  ")))
            .with_hint("pass `--force` to lose these rows and values")
            .with_detail("hazards", hazards))
    }
}

/// What stays applied.
enum Target<'o> {
    Steps(usize),
    Version(&'o str),
}

fn target(options: &Rollback) -> Target<'_> {
    match options.to.as_deref() {
        None => Target::Steps(options.steps),
        Some("0") => Target::Steps(usize::MAX),
        Some(version) => Target::Version(version),
    }
}
