//! `migrate`: applies the pending migrations.

use orm_core::Db;
use orm_core::migration::{Direction, MigrationError, MigrationState, Migrations, Report as Ran};
use serde_json::{Value, json};

use super::args::Migrate;
use super::failure::Failure;
use super::ui::{Progress, counted, good, time};
use super::{Outcome, Report, Session};
use crate::folder::{Folder, Migration};

impl Session {
    pub(super) fn migrate(&self, options: &Migrate) -> Outcome {
        let db = self.connect()?;
        let migrations = self.migrations()?;
        let mut migrator = db.migrator(&migrations).allow_edited(options.allow_edited);
        if let Some(version) = &options.to {
            migrator = migrator.to(version);
        }
        if options.dry_run {
            let pending = migrator.pending()?;
            let sql = migrator.dry_run()?;
            match pending.len() {
                0 => self.ui.line("Nothing to do: all migrations are applied"),
                _ => self.ui.line(sql.trim_end()),
            }
            let pending: Vec<Value> = pending
                .iter()
                .map(|migration| {
                    let (version, directory) = (migration.version(), migration.directory());
                    json!({ "version": version, "migration": directory, "sql": migration.up() })
                })
                .collect();
            return Ok(Report::done(json!({ "dry_run": true, "pending": pending })));
        }
        let mut progress = Progress::new(&self.ui, Direction::Up);
        let ran = migrator.on_progress(|event| progress.event(event)).run();
        drop(progress);
        let ran = ran.map_err(|error| {
            let is_older = is_taken(&error) && self.has_no_snapshot(&db, &migrations);
            let failure = Failure::from(error);
            match is_older {
                true => failure.with_hint(
                    "if the database is older than its migrations, remove the one that creates its tables (`undo`), \
                     move migrations of another tool out of the folder, and run `pull --baseline`, which writes one \
                     that is recorded without running",
                ),
                false => failure,
            }
        })?;
        match ran.migrations.len() {
            0 => self.ui.line("Nothing to do: all migrations are applied"),
            count => self.ui.line(format_args!(
                "{} in {}",
                good(format_args!("{} applied", counted(count, "migration"))),
                time(ran.elapsed)
            )),
        }
        Ok(Report::done(
            json!({ "applied": migrations_json(&ran), "elapsed_ms": milliseconds(&ran) }),
        ))
    }

    /// Whether no applied migration says which schema it leads to: none is applied, or only those of another tool.
    fn has_no_snapshot(&self, db: &Db, migrations: &Migrations) -> bool {
        let Ok(folder) = Folder::read(&self.dir, db.dialect()) else { return false };
        let says_it = |version: &str| {
            let of = |known: &&Migration| known.sql.version() == version;
            folder.migrations.iter().find(of).is_some_and(|known| known.snapshot.is_some())
        };
        db.migrator(migrations).status().is_ok_and(|all| {
            all.iter().all(|one| one.state == MigrationState::Pending || !says_it(&one.version))
        })
    }

    /// Reads the migrations in the folder.
    pub(super) fn migrations(&self) -> Result<Migrations, Failure> {
        if !self.dir.exists() {
            let message = format!("there are no migrations: {} does not exist", self.dir.display());
            return Err(Failure::new("FOLDER_ERROR", message).with_hint(
                "run `generate`, which writes the first one, or name the folder with `--dir`",
            ));
        }
        Ok(Migrations::from_path(&self.dir)?)
    }
}

/// Returns whether a migration tried to create a table that already exists.
fn is_taken(error: &orm_core::Error) -> bool {
    let Some(MigrationError::Failed(failed)) = error.downcast_ref() else { return false };
    // PostgreSQL's `duplicate_table`, and SQLite's message.
    error.database_code() == Some("42P07") || failed.reason.contains("already exists")
}

pub(super) fn migrations_json(ran: &Ran) -> Vec<Value> {
    ran.migrations
        .iter()
        .map(|migration| {
            json!({
                "version": migration.version,
                "migration": migration.directory,
                "elapsed_ms": migration.elapsed.as_millis() as u64,
                "out_of_order": migration.out_of_order,
            })
        })
        .collect()
}

pub(super) fn milliseconds(ran: &Ran) -> u64 {
    ran.elapsed.as_millis() as u64
}
