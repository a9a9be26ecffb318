//! `undo`: removes the last generated migration, if no database has applied it.

use std::collections::HashSet;
use std::path::PathBuf;

use orm_core::Db;
use orm_core::migration::{Layout, Migration, MigrationState, Statement};
use serde_json::json;

use super::args::Undo;
use super::failure::Failure;
use super::generated::generated_from;
use super::ui::{good, strong};
use super::{Outcome, Report, Session};
use crate::folder::{Folder, remove};

impl Session {
    pub(super) fn undo(&self, options: &Undo) -> Outcome {
        let folders = self.folders(&options.dialects.dialects)?;
        let folders = of_newest(&folders);
        let Some(version) = folders.first().and_then(|folder| folder.newest_version()) else {
            self.ui.line("Nothing to do: there is no migration");
            return Ok(Report::done(json!({ "removed": [] })));
        };
        match &self.url {
            Some(_) => check_not_applied(&self.connect()?, self, &folders)?,
            None => self.ui.notice(
                "no database is set, so it is not known whether the migration is applied; set one with `--url` or \
                 DATABASE_URL",
            ),
        }
        if !options.force {
            folders.iter().try_for_each(|folder| check_not_edited(folder))?;
        }
        let last = || folders.iter().filter_map(|folder| folder.migrations.last());
        let places: Vec<PathBuf> = last().map(|last| last.path.clone()).collect();
        let beside = last().filter(|last| last.beside != last.path && last.beside.exists());
        let all: Vec<PathBuf> =
            places.iter().cloned().chain(beside.map(|last| last.beside.clone())).collect();
        remove(&all)?;
        for place in &places {
            self.ui.line(format_args!("{} {}", good("Removed"), strong(place.display())));
        }
        let removed: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        Ok(Report::done(json!({ "version": version, "removed": removed })))
    }
}

/// Returns the folders whose newest migrations were written together: those of the newest version. Those of D1 have numbers,
/// and the same name.
fn of_newest(folders: &[Folder]) -> Vec<&Folder> {
    let last = |folder: &Folder| folder.migrations.last().map(|last| last.sql.clone());
    let is_numbered = |folder: &Folder| Migration::layout(folder.dialect) == Layout::Files;
    let timed = || folders.iter().filter(|folder| !is_numbered(folder));
    let newest = timed().filter_map(last).max_by(|a, b| a.version().cmp(b.version()));
    let is_newest = |folder: &&Folder| match (last(folder), &newest) {
        (Some(_), None) => true,
        (Some(own), Some(newest)) if is_numbered(folder) => own.name() == newest.name(),
        (Some(own), Some(newest)) => own.version() == newest.version(),
        (None, _) => false,
    };
    folders.iter().filter(is_newest).collect()
}

fn check_not_applied(db: &Db, session: &Session, folders: &[&Folder]) -> Result<(), Failure> {
    let migrations = session.migrations()?;
    let own = folders.iter().find(|folder| folder.dialect == db.dialect());
    let Some(version) = own.and_then(|folder| folder.newest_version()) else { return Ok(()) };
    if migrations.of(db.dialect()).is_none() {
        return Ok(());
    }
    let status = db.migrator(&migrations).status()?;
    let applied =
        status.iter().find(|one| one.version == version && one.state != MigrationState::Pending);
    let Some(one) = applied else { return Ok(()) };
    let message =
        format!("{} is applied in {}: nothing was removed", one.directory, session.database_name());
    Err(Failure::new("REFUSED", message)
        .with_hint("run `rollback` to undo it in the database; then `undo` removes its files"))
}

/// Refuses to remove what a person wrote.
fn check_not_edited(folder: &Folder) -> Result<(), Failure> {
    let Some(position) = folder.migrations.len().checked_sub(1) else { return Ok(()) };
    let migration = &folder.migrations[position];
    let generated = generated_from(folder, position)?;
    let (up, down) = generated.map(|found| (found.up, found.down)).unwrap_or_default();
    let is_own = |statements: &[Statement<'_>], own: &HashSet<String>| {
        statements.iter().all(|one| is_frame(one.sql()) || own.contains(one.sql()))
    };
    let files = [
        (migration.up.clone(), is_own(&migration.sql.up_statements(), &up)),
        (migration.beside.join("down.sql"), is_own(&migration.sql.down_statements(), &down)),
    ];
    let edited = files.into_iter().find(|(_, is_own)| !is_own);
    let Some((path, _)) = edited else { return Ok(()) };
    Err(Failure::new("REFUSED", format!("{} contains hand-written SQL", path.display()))
        .with_hint("pass `--force` to remove it, or keep a copy of it first"))
}

/// Returns whether `generate` writes the statement around a change.
fn is_frame(sql: &str) -> bool {
    ["BEGIN IMMEDIATE", "COMMIT", "SELECT 1"].contains(&sql)
}
