//! `pull --baseline`: the first migration of a database that is older than its migrations.

use chrono::Utc;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::migration::{Layout, Migration};
use orm_core::schema::TableDef;
use orm_core::{Db, Dialect, Executor as _};

use super::Session;
use super::failure::Failure;
use super::ui::{good, strong};
use crate::dump::dump;
use crate::folder::{self, Folder, NewMigration, Snapshot, Versions};

/// Has no statement, so that rolling the migration back is refused: that would drop what existed before it.
const NO_WAY_BACK: &str =
    "-- The tables are older than the migrations: rolling back does not drop them.\n";

impl Session {
    /// Returns the folder in which the baseline belongs.
    ///
    /// A baseline is the first migration. Only files that wrangler applies may be there before: then it is the snapshot of
    /// the newest.
    pub(super) fn plan_baseline(&self, db: &Db, dialect: Dialect) -> Result<Folder, Failure> {
        if dialect != db.dialect() && !(dialect.is_sqlite() && db.dialect().is_sqlite()) {
            let (url, of_url) = (self.database_name(), db.dialect());
            let message = format!("{url} is {of_url}, and `--dialect {}` is not", dialect.name());
            return Err(Failure::new("CONFIG_ERROR", message)
                .with_hint("leave `--dialect` out, or name the other database with `--url`"));
        }
        let folder = Folder::read(&self.dir, dialect)?;
        let is_ours = folder.migrations.iter().any(|migration| migration.snapshot.is_some());
        if folder.migrations.is_empty() {
            if dialect != db.dialect() {
                return Err(Failure::new(
                    "FOLDER_ERROR",
                    format!("{} has no migrations whose tables these are", folder.path.display()),
                )
                .with_hint(format!(
                    "move the files that wrangler has applied there, or name the {dialect} database with `--url`, where the \
                     baseline is recorded"
                )));
            }
            return Ok(folder);
        }
        if Migration::layout(dialect) == Layout::Files && !is_ours {
            self.check_applied(db, &folder)?;
            return Ok(folder);
        }
        let hint = match is_ours {
            true => {
                "`--baseline` writes the first one: leave it out, or name an empty folder with `--dir`"
            }
            false => {
                "`--baseline` takes the place of another tool's migrations: move them out of the folder first; `status` \
                 then lists those that this database has had as replaced"
            }
        };
        let path = folder.path.display();
        Err(Failure::new("FOLDER_ERROR", format!("{path} has migrations for {dialect} already"))
            .with_hint(hint))
    }

    /// Refuses if the database hasn't had all the files: its tables would not be those that they lead to.
    fn check_applied(&self, db: &Db, folder: &Folder) -> Result<(), Failure> {
        let has_history = sql::<Text>(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'd1_migrations'",
        );
        let applied: Vec<String> = match db.load::<String, _>(has_history)?.is_empty() {
            true => Vec::new(),
            false => db.load(sql::<Text>("SELECT name FROM d1_migrations"))?,
        };
        let is_pending = |name: &&str| !applied.contains(&format!("{name}.sql"));
        let mut names = folder.migrations.iter().map(|migration| migration.sql.directory());
        let Some(pending) = names.find(is_pending) else { return Ok(()) };
        let message = format!("{pending}.sql is not applied in {}", self.database_name());
        Err(Failure::new("REFUSED", message).with_hint(
            "run `wrangler d1 migrations apply` first, or name the database that has had it",
        ))
    }

    /// Writes the migration that creates the database's tables, and records it as applied to this database. Where wrangler
    /// has applied files, writes the snapshot that they lead to.
    pub(super) fn baseline(
        &self,
        db: &Db,
        folder: &Folder,
        tables: &[TableDef],
    ) -> Result<String, Failure> {
        let dialect = folder.dialect;
        let snapshot = Snapshot::new(dialect, None, tables.to_vec());
        if let Some(newest) = folder.migrations.last() {
            let path = folder::write_snapshot(newest, &snapshot)?;
            let (done, name) = (good("Wrote"), newest.sql.directory());
            self.ui.line(format_args!(
                "{done} {}: what `generate` writes next follows {name}",
                strong(path.display())
            ));
            return Ok(name.to_owned());
        }
        let dump = dump(db)?;
        for need in &dump.needs {
            self.ui.warning(format_args!(
                "the baseline needs {need}, which it doesn't create: it must exist first"
            ));
        }
        let migration = NewMigration {
            up: dump.text(),
            down: NO_WAY_BACK.into(),
            run_in_transaction: true,
            baseline: true,
            snapshot,
        };
        let versions = Versions::next(&[], Utc::now());
        let version = versions.of(dialect);
        let name = format!("{version}_baseline");
        let places = folder::write(&self.dir, &versions, "baseline", &[migration])?;
        let migrations = self.migrations()?;
        if let Err(error) = db.migrator(&migrations).baseline(version) {
            // A migration that isn't recorded would run on the existing tables.
            let beside = Migration::layout(dialect).beside(&folder.path, &name);
            let mut all = places.clone();
            all.extend((!places.contains(&beside)).then_some(beside));
            let _ = folder::remove(&all);
            return Err(error.into());
        }
        for place in &places {
            let (done, place) = (good("Wrote"), strong(place.display()));
            self.ui.line(format_args!("{done} {place}, and recorded it as applied"));
        }
        Ok(name)
    }
}
