//! Migrations inside the program.

use std::sync::{Mutex, MutexGuard, PoisonError};
use test_support::on_each_database;

use mizzle::{Dialect, Migrations};
use tracing::Level;

use crate::folder::tables;
use crate::log::Log;

const FOLDER: &str = "tests/migrations/embedded_folder";

/// One test adds to the folder, and the others must not see it.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn embedded() -> &'static Migrations {
    mizzle::migrations!("tests/migrations/embedded_folder")
}

#[test]
fn what_is_embedded_is_what_is_read() {
    let _alone = alone();
    let read = Migrations::from_path(FOLDER).unwrap();
    for dialect in Dialect::ALL {
        assert_eq!(embedded().of(dialect).unwrap(), read.of(dialect).unwrap());
    }
    let index = &embedded().of(Dialect::Postgres).unwrap()[1];
    assert!(!index.runs_in_transaction());
    assert_eq!((index.version(), index.name()), ("20260102000000", "index_notes"));
    assert_eq!(index.down().map(str::trim), Some("DROP INDEX notes_text;"));
    assert_eq!(index.checksum().len(), 64);
}

on_each_database! {
    fn runs(db: &Db) {
        let _alone = alone();
        let (report, events) = Log::of(|| db.migrate(embedded()).unwrap());
        assert_eq!(report.migrations.len(), 2);
        assert_eq!(tables(db), ["notes"]);
        let told: Vec<_> = events.iter().filter(|event| event.target == "mizzle::migration").collect();
        assert!(told.iter().all(|event| event.level == Level::INFO), "{told:?}");
        assert_eq!(told.len(), 2);
        assert!(told[0].field("migration").unwrap().contains("20260101000000_create_notes"));
        assert_eq!(db.migrator(embedded()).rollback(2).unwrap().migrations.len(), 2);
        assert!(tables(db).is_empty());
    }

    /// A development build looks whether it was built with all that the folder has by now.
    fn a_forgotten_one_is_told(db: &Db) {
        let _alone = alone();
        let folder = std::path::Path::new(FOLDER).join(db.dialect().name()).join("20990101000000_new");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("up.sql"), "SELECT 1").unwrap();
        let result = db.migrate(embedded());
        let dry_run = db.migrator(embedded()).dry_run();
        std::fs::remove_dir_all(&folder).unwrap();
        let error = result.unwrap_err();
        assert_eq!(dry_run.unwrap_err().to_string(), error.to_string());
        assert!(error.to_string().contains("20990101000000_new"), "{error}");
        let hints = error.troubleshooting().join("; ");
        assert!(hints.contains("rerun-if-changed=migrations"), "{hints}");
        assert!(tables(db).is_empty());
        assert_eq!(db.migrate(embedded()).unwrap().migrations.len(), 2);
    }

    /// The same of a file that a known migration has by now.
    fn a_forgotten_file_is_told(db: &Db) {
        let _alone = alone();
        let root = std::path::Path::new(FOLDER).join(db.dialect().name());
        let settings = root.join("20260101000000_create_notes/metadata.toml");
        std::fs::write(&settings, "run_in_transaction = false").unwrap();
        let result = db.migrate(embedded());
        std::fs::remove_file(&settings).unwrap();
        let error = result.unwrap_err();
        assert!(error.to_string().contains("create_notes"), "{error}");
        assert!(tables(db).is_empty());
    }
}
