//! A folder of migrations, and questions to a database.

use std::fs;
use std::path::Path;

use diesel::sql_types::{BigInt, Text};
use mizzle::migration::{Event, MigrationError, MigrationState};
use mizzle::prelude::*;
use mizzle::{Dialect, Error, Migrations};
use tempfile::TempDir;

/// A folder of migrations that is removed at the end.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for dialect in Dialect::ALL {
            fs::create_dir(folder.path().join(dialect.name())).unwrap();
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Adds a migration for both databases. Without a `down.sql` where `down` is empty.
    pub fn add(self, directory: &str, up: &str, down: &str) -> Self {
        for dialect in Dialect::ALL {
            self.write(dialect, directory, "up.sql", up);
            if !down.is_empty() {
                self.write(dialect, directory, "down.sql", down);
            }
        }
        self
    }

    /// Adds one that begins its transaction itself, if it has one.
    pub fn add_as_it_is(self, directory: &str, up: &str, down: &str) -> Self {
        for dialect in Dialect::ALL {
            self.write(dialect, directory, "metadata.toml", "run_in_transaction = false\n");
        }
        self.add(directory, up, down)
    }

    pub fn write(&self, dialect: Dialect, directory: &str, file: &str, text: &str) {
        let folder = self.path().join(dialect.name()).join(directory);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(file), text).unwrap();
    }

    pub fn remove(&self, directory: &str) {
        for dialect in Dialect::ALL {
            fs::remove_dir_all(self.path().join(dialect.name()).join(directory)).unwrap();
        }
    }

    pub fn read(&self) -> Migrations {
        Migrations::from_path(self.path()).unwrap()
    }
}

/// Returns the number that a query selects.
pub fn number(db: &Db, sql: &str) -> i64 {
    db.one(diesel::dsl::sql::<BigInt>(sql)).unwrap()
}

/// Returns the texts that a query selects. `sql` is what follows SELECT.
pub fn texts(db: &Db, sql: &str) -> Vec<String> {
    db.load(diesel::dsl::sql::<Text>(sql)).unwrap()
}

/// The tables of the application, sorted.
pub fn tables(db: &Db) -> Vec<String> {
    let sql = match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        }
        Dialect::Postgres => {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename COLLATE \"C\""
        }
    };
    let mut tables = texts(db, sql);
    tables.retain(|table| !table.starts_with("__"));
    tables
}

/// All that the database's schema is, as text, without the histories.
pub fn schema(db: &Db) -> Vec<String> {
    match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => texts(
            db,
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema \
             WHERE tbl_name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY 1",
        ),
        Dialect::Postgres => texts(
            db,
            "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
             UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%' \
             ORDER BY 1",
        ),
    }
}

/// Each migration's state, by its folder.
pub fn states(db: &Db, migrations: &Migrations) -> Vec<(String, MigrationState)> {
    let status = db.migrator(migrations).status().unwrap();
    status.into_iter().map(|migration| (migration.directory, migration.state)).collect()
}

/// What went wrong.
pub fn cause(error: &Error) -> &MigrationError {
    assert_eq!(error.code().as_str(), "MIGRATION_ERROR", "{error:?}");
    error.downcast_ref().expect("a MigrationError")
}

/// An event as a word, and what it is about.
pub fn shown(event: &Event<'_>) -> String {
    match event {
        Event::Planned { total } => format!("planned {total}"),
        Event::Started { migration, number, total } => {
            format!("started {number}/{total} {}", migration.name())
        }
        Event::Statement { number, total, text, .. } => {
            format!("statement {number}/{total} {text}")
        }
        Event::Finished { migration, number, total, .. } => {
            format!("finished {number}/{total} {}", migration.name())
        }
        Event::OutOfOrder { migration, newest } => {
            format!("out of order {} {newest}", migration.name())
        }
        Event::Skipped { migration } => format!("skipped {}", migration.name()),
        Event::Rows { table, copied, total, .. } => format!("rows {table} {copied}/{total:?}"),
        Event::Waiting { .. } => "waiting".into(),
        other => format!("{other:?}"),
    }
}
