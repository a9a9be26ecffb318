//! `rollback`: rolls migrations back.

use orm_core::migration::{Direction, MigrationState};
use orm_core::{Db, Dialect};
use serde_json::{Value, json};

use super::args::Rollback;
use super::failure::Failure;
use super::generated::{Generated, generated_from};
use super::hazards::{Counted, counted};
use super::migrate::{migrations_json, milliseconds};
use super::ui::{Progress, counted as number, good, time};
use super::{Outcome, Report, Session};
use crate::diff::Diff;
use crate::folder::Folder;
use crate::lint::dropped;
use crate::rows::{self, Hazard, HazardKind};

impl Session {
    pub(super) fn rollback(&self, options: &Rollback) -> Outcome {
        let db = self.connect()?;
        let migrations = self.migrations()?;
        let is_allowed = options.force || self.asks_for_losses(&db, options)?;
        let mut progress = Progress::new(&self.ui, Direction::Down);
        let migrator = db
            .migrator(&migrations)
            .allow_data_loss(is_allowed)
            .on_progress(|event| progress.event(event));
        let ran = match options.to.as_deref() {
            None => migrator.rollback(options.steps)?,
            Some("0") => migrator.rollback(usize::MAX)?,
            Some(version) => migrator.rollback_to(version)?,
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
    fn asks_for_losses(&self, db: &Db, options: &Rollback) -> Result<bool, Failure> {
        let folder = Folder::read(&self.dir, db.dialect())?;
        let mut losses: Vec<(String, Counted)> = Vec::new();
        let mut newer: Vec<Diff> = Vec::new();
        for position in self.taken_back(db, &folder, options)? {
            let migration = &folder.migrations[position].sql;
            let generated = generated_from(&folder, position)?;
            let found = losses_of(&folder, position, generated.as_ref(), &newer)?;
            newer.extend(generated.map(|generated| generated.diff));
            let counted = counted(db, found).map_err(|failure| {
                failure.with_hint(format!(
                    "check {}/down.sql, and pass `--force` to roll back anyway",
                    migration.directory()
                ))
            })?;
            for loss in counted {
                let is_told = losses.iter().any(|(_, known)| known.line() == loss.line());
                if !is_told {
                    losses.push((migration.directory().to_owned(), loss));
                }
            }
        }
        if losses.is_empty() {
            return Ok(false);
        }
        let lines: Vec<String> = losses
            .iter()
            .map(|(migration, loss)| format!("{migration}: {}", loss.line()))
            .collect();
        let question =
            format!("This loses rows or values:\n  {}\n  Roll back?", lines.join("\n  "));
        let choices = ["no, change nothing".to_owned(), "yes, lose them".to_owned()];
        if self.ui.choose(&question, &choices) == Some(1) {
            return Ok(true);
        }
        let told: Vec<Value> = losses
            .iter()
            .map(|(migration, loss)| {
                let mut document = loss.json();
                document["migration"] = migration.as_str().into();
                document
            })
            .collect();
        Err(Failure::new("REFUSED", format!("nothing was rolled back:\n  {}", lines.join("\n  ")))
            .with_hint("pass `--force` to lose these rows and values")
            .with_detail("hazards", told.into()))
    }

    /// Returns the positions of the migrations to roll back, newest first. Migrations that can't be rolled back are
    /// reported later.
    fn taken_back(
        &self,
        db: &Db,
        folder: &Folder,
        options: &Rollback,
    ) -> Result<Vec<usize>, Failure> {
        let migrations = self.migrations()?;
        let status = db.migrator(&migrations).status()?;
        let mut applied: Vec<&str> = status
            .iter()
            .filter(|one| one.state != MigrationState::Pending)
            .map(|one| one.version.as_str())
            .collect();
        applied.reverse();
        match options.to.as_deref() {
            None => applied.truncate(options.steps),
            Some("0") => {}
            Some(target) => {
                let stays = |version: &&str| {
                    target != *version && !target.starts_with(&format!("{version}_"))
                };
                let count = applied.iter().take_while(|version| stays(version)).count();
                applied.truncate(count);
            }
        }
        let place = |version: &str| {
            folder.migrations.iter().position(|migration| migration.sql.version() == version)
        };
        Ok(applied.into_iter().filter_map(place).collect())
    }
}

/// Returns what is lost by rolling a migration back: from the change that it was generated for, and from the words of
/// statements written by hand.
fn losses_of(
    folder: &Folder,
    position: usize,
    generated: Option<&Generated>,
    newer: &[Diff],
) -> Result<Vec<Hazard>, Failure> {
    let migration = &folder.migrations[position];
    let statements = migration.sql.down_statements();
    let mut losses = Vec::new();
    if let Some(generated) = generated {
        let inverse = generated.diff.inverse();
        // A statement that a person removed from the file doesn't run.
        let is_done = statements.iter().any(|statement| generated.down.contains(statement.sql()));
        if is_done {
            let hazards = rows::hazards(&inverse, folder.dialect)?.into_iter();
            let destructive = hazards.filter(|one| one.kind == HazardKind::Destructive);
            losses.extend(destructive.filter_map(|one| by_now(one, newer, folder.dialect)));
        }
    }
    for statement in &statements {
        let is_generated = generated.is_some_and(|found| found.down.contains(statement.sql()));
        if !is_generated {
            losses.extend(dropped(statement.sql(), folder.dialect));
        }
    }
    Ok(losses)
}

/// Returns the loss under the names that the newer migrations (newest first) have given. Returns `None` if the table
/// or column is gone.
fn by_now(loss: Hazard, newer: &[Diff], dialect: Dialect) -> Option<Hazard> {
    let Hazard { mut table, mut column, .. } = loss.clone();
    for diff in newer.iter().rev() {
        if diff.dropped().any(|dropped| dropped.name == table) {
            return None;
        }
        let Some(altered) = diff.alterations().find(|altered| altered.from.name == table) else {
            continue;
        };
        if let Some(name) = &mut column {
            let (_, after) = altered.columns.iter().find(|(before, _)| before == name)?;
            name.clone_from(after);
        }
        table.clone_from(&altered.to.name);
    }
    if newer.is_empty() {
        return Some(loss);
    }
    let mut count = format!("SELECT count(*) FROM {}", dialect.quote_ident(&table));
    if let Some(name) = &column {
        count.push_str(&format!(" WHERE {} IS NOT NULL", dialect.quote_ident(name)));
    }
    Some(Hazard { table, column, count: Some(count), ..loss })
}
