//! Migrations in async programs.

use std::fmt;
use std::time::Duration;

use super::error::MigrationLosses;
use super::migrator::{Migrator, Settings};
use super::plan::version_in;
use super::report::{Event, MigrationStatus, Report};
use super::{Migration, Migrations};
use crate::error::Result;
use crate::handle::AsyncDb;
use crate::run::Run;

impl AsyncDb {
    /// Applies the migrations that the database has not had: see [`Db::migrate`](crate::Db::migrate).
    ///
    /// # Errors
    /// Those of [`Db::migrate`](crate::Db::migrate).
    pub fn migrate<'m>(&'m self, migrations: &'m Migrations) -> Run<'m, Report> {
        self.migrator(migrations).run()
    }

    /// Returns an [`AsyncMigrator`], for the settings of a run and for the state of the migrations.
    pub fn migrator<'m>(&'m self, migrations: &'m Migrations) -> AsyncMigrator<'m> {
        AsyncMigrator { db: self, migrations, settings: Settings::default(), on_progress: None }
    }
}

/// Runs migrations in an async program: [`AsyncDb::migrator`]. Its calls are those of a [`Migrator`], with `.await`.
///
/// If the future of a call is dropped, the migration that runs is rolled back, and those before it stay applied. A migration that runs without a
/// transaction may stop between two of its statements.
#[must_use = "nothing happens before `run`"]
pub struct AsyncMigrator<'m> {
    db: &'m AsyncDb,
    migrations: &'m Migrations,
    settings: Settings,
    on_progress: Option<Progress<'m>>,
}

/// Receives the events.
type Progress<'m> = Box<dyn FnMut(&Event<'_>) + Send + 'm>;

impl fmt::Debug for AsyncMigrator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncMigrator").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<'m> AsyncMigrator<'m> {
    /// Applies no migration newer than this version: see [`Migrator::to`].
    pub fn to(mut self, version: &str) -> Self {
        self.settings.target = Some(version_in(version));
        self
    }

    /// Runs even if applied files have been edited since: see [`Migrator::allow_edited`].
    pub fn allow_edited(mut self, allowed: bool) -> Self {
        self.settings.allow_edited = allowed;
        self
    }

    /// Lets a rollback drop tables that hold rows and columns that hold values: see [`Migrator::allow_data_loss`].
    pub fn allow_data_loss(mut self, allowed: bool) -> Self {
        self.settings.allow_data_loss = allowed;
        self
    }

    /// How long to wait for another program that runs migrations: see [`Migrator::lock_timeout`].
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.settings.lock_timeout = timeout;
        self
    }

    /// Calls `f` with each event: see [`Migrator::on_progress`].
    pub fn on_progress(mut self, f: impl FnMut(&Event<'_>) + Send + 'm) -> Self {
        self.on_progress = Some(Box::new(f));
        self
    }

    /// Applies the pending migrations: see [`Migrator::run`].
    ///
    /// # Errors
    /// Those of [`Migrator::run`].
    pub fn run(self) -> Run<'m, Report> {
        self.call(Migrator::run)
    }

    /// Rolls back the newest `steps` applied migrations: see [`Migrator::rollback`].
    ///
    /// # Errors
    /// Those of [`Migrator::rollback`].
    pub fn rollback(self, steps: usize) -> Run<'m, Report> {
        self.call(move |migrator| migrator.rollback(steps))
    }

    /// Rolls back all migrations newer than this version: see [`Migrator::rollback_to`].
    ///
    /// # Errors
    /// Those of [`Migrator::rollback_to`].
    pub fn rollback_to(self, version: &str) -> Run<'m, Report> {
        let version = version.to_owned();
        self.call(move |migrator| migrator.rollback_to(&version))
    }

    /// Returns what [`rollback`](Self::rollback) would drop although it holds rows or values: see [`Migrator::rollback_losses`].
    ///
    /// # Errors
    /// Those of [`Migrator::rollback_losses`].
    pub fn rollback_losses(self, steps: usize) -> Run<'m, Vec<MigrationLosses>> {
        self.call(move |migrator| migrator.rollback_losses(steps))
    }

    /// Returns what [`rollback_to`](Self::rollback_to) would drop although it holds rows or values: see
    /// [`Migrator::rollback_losses_to`].
    ///
    /// # Errors
    /// Those of [`Migrator::rollback_losses_to`].
    pub fn rollback_losses_to(self, version: &str) -> Run<'m, Vec<MigrationLosses>> {
        let version = version.to_owned();
        self.call(move |migrator| migrator.rollback_losses_to(&version))
    }

    /// Records all migrations up to this version as applied, without running them: see [`Migrator::baseline`].
    ///
    /// # Errors
    /// Those of [`Migrator::baseline`].
    pub fn baseline(self, version: &str) -> Run<'m, Vec<&'m Migration>> {
        let version = version.to_owned();
        self.call(move |migrator| migrator.baseline(&version))
    }

    /// Returns all migrations, from the folder and from the database: see [`Migrator::status`].
    ///
    /// # Errors
    /// Those of [`Migrator::status`].
    pub fn status(&self) -> Run<'m, Vec<MigrationStatus>> {
        self.read(|migrator| migrator.status())
    }

    /// Returns the migrations that [`run`](Self::run) would apply: see [`Migrator::pending`].
    ///
    /// # Errors
    /// Those of [`Migrator::pending`].
    pub fn pending(&self) -> Run<'m, Vec<&'m Migration>> {
        self.read(|migrator| migrator.pending())
    }

    /// Returns the files of the pending migrations, as written: see [`Migrator::dry_run`].
    ///
    /// # Errors
    /// Those of [`Migrator::dry_run`].
    pub fn dry_run(&self) -> Run<'m, String> {
        self.read(|migrator| migrator.dry_run())
    }

    /// Runs a call of the migrator that waits, on a fiber.
    fn call<T: Send + 'm>(
        self,
        f: impl FnOnce(Migrator<'m>) -> Result<T> + Send + 'm,
    ) -> Run<'m, T> {
        let Self { db, migrations, settings, on_progress } = self;
        db.run(move |db| {
            let on_progress = on_progress.map(|on_progress| on_progress as _);
            f(Migrator { db, migrations, settings, on_progress })
        })
    }

    /// The same for a call that has no events.
    fn read<T: Send + 'm>(
        &self,
        f: impl FnOnce(Migrator<'m>) -> Result<T> + Send + 'm,
    ) -> Run<'m, T> {
        let Self { db, migrations, .. } = *self;
        let settings = self.settings.clone();
        AsyncMigrator { db, migrations, settings, on_progress: None }.call(f)
    }
}
