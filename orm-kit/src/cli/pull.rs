//! `pull`: writes structs for a database.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use chrono::Utc;
use orm_core::Db;
use orm_core::schema::TableDef;
use serde_json::{Value, json};

use super::args::Pull;
use super::failure::Failure;
use super::ui::{counted, good, strong};
use super::{Outcome, Report, Session};
use crate::dump::dump;
use crate::folder::{self, Folder, NewMigration, Snapshot};
use crate::introspect::introspect_rows;
use crate::pull::pull;

/// Has no statement, so that rolling the migration back is refused: that would drop what existed before it.
const NO_WAY_BACK: &str =
    "-- The tables are older than the migrations: rolling back does not drop them.\n";

impl Session {
    pub(super) fn pull(&self, options: &Pull) -> Outcome {
        let db = self.connect_to_existing()?;
        let pulled = pull(&introspect_rows(&db)?, db.dialect());
        if pulled.tables.is_empty() {
            // They say why.
            for warning in &pulled.warnings {
                self.ui.warning(warning);
            }
            let message =
                format!("{} has no table that a struct could describe", self.database_name());
            return Err(Failure::new("NOTHING_TO_PULL", message)
                .with_hint("check that the URL names the right database"));
        }
        if options.baseline {
            self.check_no_migrations(&db)?;
        }
        match &options.out {
            Some(path) => {
                write(path, &pulled.source, options.force)?;
                let views = pulled.tables.iter().filter(|table| table.is_view()).count();
                let mut what = counted(pulled.tables.len() - views, "table");
                if views > 0 {
                    what.push_str(&format!(" and {}", counted(views, "view")));
                }
                let shown = strong(path.display());
                self.ui.line(format_args!("{} {shown}, with {what}", good("Wrote")));
            }
            None => self.ui.line(pulled.source.trim_end()),
        }
        for warning in &pulled.warnings {
            self.ui.warning(warning);
        }
        let migration = match options.baseline {
            true => Some(self.baseline(&db, &pulled.tables)?),
            false => None,
        };
        let warnings: Vec<Value> = pulled
            .warnings
            .iter()
            .map(|note| json!({ "table": note.table, "column": note.column, "what": note.what }))
            .collect();
        Ok(Report::done(json!({
            "out": options.out,
            "source": pulled.source,
            "warnings": warnings,
            "migration": migration,
        })))
    }

    /// Refuses if there are migrations: a baseline must be the first.
    fn check_no_migrations(&self, db: &Db) -> Result<(), Failure> {
        let folder = Folder::read(&self.dir, db.dialect())?;
        if folder.migrations.is_empty() {
            return Ok(());
        }
        let (path, dialect) = (folder.path.display(), db.dialect());
        let is_ours = folder.migrations.iter().any(|migration| migration.snapshot.is_some());
        let hint = match is_ours {
            true => {
                "`--baseline` writes the first one: leave it out, or name an empty folder with `--dir`"
            }
            false => {
                "`--baseline` takes the place of another tool's migrations: move them out of the folder first; `status` \
                 then lists those that this database has had as replaced"
            }
        };
        Err(Failure::new("FOLDER_ERROR", format!("{path} has migrations for {dialect} already"))
            .with_hint(hint))
    }

    /// Writes the migration that creates the database's tables, and records it as applied to this database.
    fn baseline(&self, db: &Db, tables: &[TableDef]) -> Result<String, Failure> {
        let dialect = db.dialect();
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
            snapshot: Snapshot::new(dialect, None, tables.to_vec()),
        };
        let version = folder::next_version(None, Utc::now());
        let places = folder::write(&self.dir, &version, "baseline", &[migration])?;
        let migrations = self.migrations()?;
        if let Err(error) = db.migrator(&migrations).baseline(&version) {
            // A migration that isn't recorded would run on the existing tables.
            for place in &places {
                let _ = std::fs::remove_dir_all(place);
            }
            return Err(error.into());
        }
        for place in &places {
            let (done, place) = (good("Wrote"), strong(place.display()));
            self.ui.line(format_args!("{done} {place}, and recorded it as applied"));
        }
        Ok(format!("{version}_baseline"))
    }
}

/// Writes the file, and refuses to overwrite it unless `force` is set.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let file = match force {
        true => File::create(path),
        false => OpenOptions::new().write(true).create_new(true).open(path),
    };
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let failure = Failure::of_file("write", path, &error);
        match error.kind() {
            io::ErrorKind::AlreadyExists => failure.with_hint("pass `--force` to overwrite it"),
            _ => failure,
        }
    })
}
