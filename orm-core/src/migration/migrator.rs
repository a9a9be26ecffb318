//! Applies migrations, rolls them back, and reports their state.

use std::collections::HashSet;
use std::fmt;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::error::MigrationError;
use super::history::{Applied, History};
use super::plan::{Held, Planned, find, newer, newest, version_in};
use super::report::{Direction, Event, MigrationState, MigrationStatus, Report};
use super::{Migration, Migrations, lock, wrangler};
use crate::error::Result;
use crate::handle::Db;

impl Db {
    /// Applies the migrations that the database has not had, in the order of their versions.
    ///
    /// ```ignore
    /// db.migrate(mizzle::migrations!("migrations"))?;
    /// ```
    ///
    /// Each migration runs in its own transaction. One that fails leaves nothing behind, and those before it stay
    /// applied. Any number of programs may call it at once: one runs the migrations, and the others wait.
    ///
    /// # Errors
    /// `MIGRATION_ERROR`: see [`Migrator::run`].
    pub fn migrate(&self, migrations: &Migrations) -> Result<Report> {
        self.migrator(migrations).run()
    }

    /// Returns a [`Migrator`], for the settings of a run and for the state of the migrations.
    pub fn migrator<'m>(&'m self, migrations: &'m Migrations) -> Migrator<'m> {
        Migrator { db: self, migrations, settings: Settings::default(), on_progress: None }
    }
}

/// Runs migrations: [`Db::migrator`].
///
/// It works on its own connection and closes it afterwards, so no setting of a migration reaches the program.
/// [`status`](Migrator::status), [`pending`](Migrator::pending) and [`dry_run`](Migrator::dry_run) only read.
///
/// The table `__diesel_schema_migrations`, which diesel's tools use too, holds the versions that a database has had.
/// The table `__mizzle_migrations` holds what diesel's tools don't keep.
///
/// # One at a time
///
/// On PostgreSQL, a run holds an advisory lock of its session. A pooler may run each transaction in another session.
/// Behind one, the transaction of each migration takes the lock instead, and a migration that runs without a
/// transaction is refused: it needs the URL of the server itself. On SQLite, the transaction of each migration is the
/// file's only writer. A migration without a transaction, such as one with VACUUM, may run twice if two programs start
/// at the same time.
///
/// # On SQLite
///
/// If a migration rebuilds a table, the table's indexes, triggers and AUTOINCREMENT mark are restored before its
/// COMMIT, unless the migration drops them by name. The migration is rolled back if they can't be restored, if a view
/// or a trigger would stop working, if rows would refer to missing rows, or if DROP TABLE would delete or change rows
/// of other tables.
#[must_use = "nothing happens before `run`"]
pub struct Migrator<'m> {
    pub(super) db: &'m Db,
    pub(super) migrations: &'m Migrations,
    pub(super) settings: Settings,
    pub(super) on_progress: Option<Progress<'m>>,
}

/// What a caller can ask of a run.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) target: Option<String>,
    pub(super) allow_edited: bool,
    pub(super) allow_data_loss: bool,
    pub(super) lock_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: None,
            allow_edited: false,
            allow_data_loss: false,
            lock_timeout: Duration::from_secs(600),
        }
    }
}

/// Receives the events.
type Progress<'m> = Box<dyn FnMut(&Event<'_>) + 'm>;

impl fmt::Debug for Migrator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrator").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<'m> Migrator<'m> {
    /// Applies no migration newer than this version; by default, it applies all. Rolls nothing back. The version is its
    /// digits or the name of the migration's folder.
    pub fn to(mut self, version: &str) -> Self {
        self.settings.target = Some(version_in(version));
        self
    }

    /// Runs even if applied files have been edited since; `false` by default. Their changes don't run again.
    pub fn allow_edited(mut self, allowed: bool) -> Self {
        self.settings.allow_edited = allowed;
        self
    }

    /// Lets a rollback drop tables that hold rows and columns that hold values; `false` by default.
    pub fn allow_data_loss(mut self, allowed: bool) -> Self {
        self.settings.allow_data_loss = allowed;
        self
    }

    /// How long to wait for another program that runs migrations (on SQLite also for one that writes, and for each
    /// migration); 10 minutes by default.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.settings.lock_timeout = timeout;
        self
    }

    /// Calls `f` with each event. `f` must not use the database, because the migration's transaction is open.
    pub fn on_progress(mut self, f: impl FnMut(&Event<'_>) + 'm) -> Self {
        self.on_progress = Some(Box::new(f));
        self
    }

    /// Applies the pending migrations, in the order of their versions. A migration that is older than the newest
    /// applied one, as after a merge of branches, is applied too, with [`Event::OutOfOrder`] and a warning in the log.
    ///
    /// # Errors
    /// `MIGRATION_ERROR`, with a [`MigrationError`] as its source: a statement fails or a guard refuses (with the file,
    /// the statement, the database's message, and the migrations applied before); applied files were edited; in a
    /// development build, the folder has a migration that isn't built into the program; the target is unknown; another
    /// program holds the lock for too long; a migration would lose something. Also any error of connecting.
    pub fn run(mut self) -> Result<Report> {
        self.check_embedded()?;
        let target = self.known_target()?;
        let started = Instant::now();
        // Most often there is nothing to do, and no need to wait.
        let has_work = self.read(|migrator, applied| {
            Ok(!migrator.plan_up(applied, target.as_deref())?.is_empty())
        })?;
        if !has_work {
            self.tell(&Event::Planned { total: 0 });
            return Ok(Report {
                direction: Direction::Up,
                migrations: Vec::new(),
                elapsed: started.elapsed(),
            });
        }
        self.run_all(Direction::Up, started, |migrator, applied| {
            migrator.plan_up(applied, target.as_deref())
        })
    }

    /// Rolls back the newest `steps` applied migrations, the newest first, or all if there are fewer.
    ///
    /// # Errors
    /// [`MigrationError::DataLoss`] for a migration whose `down.sql` drops a table that holds rows or a column that holds
    /// values, unless [`allow_data_loss`](Migrator::allow_data_loss) is set: that migration stays applied, and newer
    /// ones are rolled back by then. A statement that fails, and another program that holds the lock for too long. Before
    /// anything is done: a migration to roll back that was edited, that the folder doesn't have, or that has no `down.sql`.
    pub fn rollback(self, steps: usize) -> Result<Report> {
        self.run_all(Direction::Down, Instant::now(), move |migrator, applied| {
            migrator.plan_down(newest(applied, steps))
        })
    }

    /// Rolls back all migrations newer than this version, which stays applied.
    ///
    /// # Errors
    /// As for [`rollback`](Migrator::rollback), and for a version that isn't applied.
    pub fn rollback_to(self, version: &str) -> Result<Report> {
        let version = version_in(version);
        self.run_all(Direction::Down, Instant::now(), move |migrator, applied| {
            migrator.plan_down(newer(applied, &version)?)
        })
    }

    /// Records all migrations up to this version as applied, without running them: for a database that already has
    /// their tables. Returns those that it recorded.
    ///
    /// # Errors
    /// `MIGRATION_ERROR`, with a [`MigrationError`] as its source: there are no migrations for the database, or none of
    /// this version; an applied file was edited; another program holds the lock for too long. Also a failing write.
    pub fn baseline(mut self, version: &str) -> Result<Vec<&'m Migration>> {
        self.settings.target = Some(version_in(version));
        let target = self.known_target()?;
        self.with_lock(|migrator, connection, Held { history, .. }| {
            let applied = history.read(connection)?;
            let missing: Vec<_> = migrator
                .plan_up(&applied, target.as_deref())?
                .into_iter()
                .map(|planned| planned.migration)
                .collect();
            let timeout = migrator.settings.lock_timeout;
            if connection.dialect().capabilities().migrations.by_file {
                let records =
                    missing.iter().map(|migration| wrangler::record(migration.directory()));
                connection.batch(&records.collect::<Vec<_>>().join(";\n"))?;
                return Ok(missing);
            }
            let on_event = &mut |event: &Event<'_>| migrator.tell(event);
            lock::in_transaction(connection, timeout, on_event, |connection| {
                for migration in &missing {
                    if !history.has(connection, migration.version())? {
                        history.add(connection, migration, None)?;
                    }
                }
                Ok(())
            })?;
            Ok(missing)
        })
    }

    /// Returns all migrations, from the folder and from the database, in the order of their versions.
    ///
    /// # Errors
    /// A folder without migrations for this database, or a failing read.
    pub fn status(&self) -> Result<Vec<MigrationStatus>> {
        self.read(|migrator, applied| {
            let newest = applied.last().map(|applied| applied.version.as_str());
            let known = migrator.folder()?;
            let mut all: Vec<MigrationStatus> = known
                .iter()
                .map(|migration| {
                    let found = find(applied, migration.version());
                    MigrationStatus {
                        version: migration.version().into(),
                        directory: migration.directory().into(),
                        state: match found {
                            None => MigrationState::Pending,
                            Some(found) if found.differs_from(migration) => MigrationState::Edited,
                            Some(_) => MigrationState::Applied,
                        },
                        applied_at: found.and_then(|found| found.applied_at),
                        elapsed: found.and_then(|found| found.details.as_ref()?.elapsed),
                        out_of_order: found.is_none() && newest > Some(migration.version()),
                    }
                })
                .collect();
            let versions: HashSet<&str> = known.iter().map(Migration::version).collect();
            let baseline =
                known.iter().rfind(|migration| migration.is_baseline()).map(Migration::version);
            let missing = applied.iter().filter(|found| !versions.contains(&*found.version));
            all.extend(missing.map(|found| {
                MigrationStatus {
                    version: found.version.clone(),
                    directory: found
                        .details
                        .as_ref()
                        .map_or_else(|| found.version.clone(), |details| details.directory.clone()),
                    state: match baseline {
                        Some(baseline) if *found.version < *baseline => MigrationState::Replaced,
                        _ => MigrationState::Missing,
                    },
                    applied_at: found.applied_at,
                    elapsed: found.details.as_ref().and_then(|details| details.elapsed),
                    out_of_order: false,
                }
            }));
            all.sort_by(|a, b| a.version.cmp(&b.version));
            Ok(all)
        })
    }

    /// Returns the migrations that [`run`](Migrator::run) would apply, in their order.
    ///
    /// # Errors
    /// `MIGRATION_ERROR`, as [`run`](Migrator::run) would fail before it runs anything: an applied file was edited; in a
    /// development build the folder has a migration that isn't embedded; the target is unknown. Also a failing read.
    pub fn pending(&self) -> Result<Vec<&'m Migration>> {
        self.check_embedded()?;
        let target = self.known_target()?;
        self.read(|migrator, applied| {
            let planned = migrator.plan_up(applied, target.as_deref())?;
            Ok(planned.into_iter().map(|planned| planned.migration).collect())
        })
    }

    /// Returns the files of the pending migrations, as written, each below a comment with its name. Empty if there is
    /// nothing to do. [`run`](Migrator::run) adapts the statements that rebuild a table on SQLite, or create something
    /// again on PostgreSQL, to what the database has.
    ///
    /// # Errors
    /// As for [`pending`](Migrator::pending).
    pub fn dry_run(&self) -> Result<String> {
        let mut sql = String::new();
        for migration in self.pending()? {
            // Writing to a string can't fail.
            let _ = writeln!(sql, "-- {}\n{}\n", migration.directory(), migration.up().trim_end());
        }
        Ok(sql)
    }

    /// Returns the migrations for this database.
    fn folder(&self) -> Result<&'m [Migration]> {
        let dialect = self.db.dialect();
        Ok(self.migrations.of(dialect).ok_or(MigrationError::NoDialect(dialect))?)
    }

    /// Fails if the folder has by now what the program was built without.
    fn check_embedded(&self) -> Result<()> {
        match self.migrations.left_out(self.db.dialect()) {
            left_out if left_out.is_empty() => Ok(()),
            left_out => Err(MigrationError::NotEmbedded(left_out).into()),
        }
    }

    fn known_target(&self) -> Result<Option<String>> {
        let folder = self.folder()?;
        if let Some(version) = &self.settings.target
            && folder.iter().all(|migration| migration.version() != version)
        {
            return Err(MigrationError::UnknownVersion {
                version: version.clone(),
                dialect: self.db.dialect(),
            }
            .into());
        }
        Ok(self.settings.target.clone())
    }

    fn check_edited<'a>(
        &self,
        pairs: impl Iterator<Item = (&'a Applied, &'a Migration)>,
    ) -> Result<()> {
        let edited: Vec<String> = pairs
            .filter(|(applied, migration)| applied.differs_from(migration))
            .map(|(_, migration)| migration.directory().to_owned())
            .collect();
        if edited.is_empty() || self.settings.allow_edited {
            return Ok(());
        }
        Err(MigrationError::Edited(edited).into())
    }

    fn plan_up(&self, applied: &[Applied], target: Option<&str>) -> Result<Vec<Planned<'m>>> {
        let folder = self.folder()?;
        self.check_edited(
            folder
                .iter()
                .filter_map(|migration| Some((find(applied, migration.version())?, migration))),
        )?;
        let newest = applied.last().map(|applied| applied.version.clone());
        let pending = folder.iter().filter(|migration| {
            find(applied, migration.version()).is_none()
                && target.is_none_or(|target| migration.version() <= target)
        });
        Ok(pending
            .map(|migration| Planned {
                migration,
                newer: newest.clone().filter(|newest| newest.as_str() > migration.version()),
            })
            .collect())
    }

    pub(super) fn plan_down<'a>(
        &self,
        versions: impl Iterator<Item = &'a Applied>,
    ) -> Result<Vec<Planned<'m>>> {
        let folder = self.folder()?;
        let mut planned = Vec::new();
        let mut pairs = Vec::new();
        for applied in versions {
            let migration = folder
                .iter()
                .find(|migration| migration.version() == applied.version)
                .ok_or_else(|| MigrationError::Missing(applied.version.clone()))?;
            pairs.push((applied, migration));
            planned.push(Planned { migration, newer: None });
        }
        self.check_edited(pairs.into_iter())?;
        if let Some(planned) = planned.iter().find(|planned| planned.migration.down().is_none()) {
            return Err(MigrationError::NoDown(planned.migration.directory().into()).into());
        }
        Ok(planned)
    }

    /// Asks the database which migrations it has had.
    fn read<R>(&self, f: impl FnOnce(&Self, &[Applied]) -> Result<R>) -> Result<R> {
        let applied = self.db.with_connection(|connection| {
            connection.with_own_session(|connection| History::new(connection)?.read(connection))
        })?;
        f(self, &applied)
    }
}
