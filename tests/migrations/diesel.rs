//! diesel's tools and mizzle take turns on one folder.

use diesel::migration::MigrationSource;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use mizzle::backend::{Any, AnyConnection};
use mizzle::migration::MigrationState;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::folder::{Folder, states, tables};

fn folder() -> Folder {
    Folder::new()
        .add(
            "2026-01-01-000000_a",
            "CREATE TABLE a (id INT); INSERT INTO a VALUES (1);",
            "DROP TABLE a;",
        )
        .add("2026-01-02-000000_b", "CREATE TABLE b (id INT);", "DROP TABLE b;")
        .add_as_it_is(
            "2026-01-03-000000_c",
            "BEGIN; CREATE TABLE c (id INT); COMMIT;",
            "DROP TABLE c;",
        )
}

/// What diesel's own tools read.
fn files(db: &Db, folder: &Folder) -> FileBasedMigrations {
    FileBasedMigrations::from_path(folder.path().join(db.dialect().name())).unwrap()
}

fn with_diesel<R>(
    db: &Db,
    f: impl FnOnce(&mut AnyConnection) -> Result<R, Box<dyn std::error::Error + Send + Sync>>,
) -> R {
    db.with_connection(|connection| f(connection).map_err(mizzle::Error::application)).unwrap()
}

on_each_database! {
    fn what_diesel_ran_is_applied(db: &Db) {
        let folder = folder();
        let ran = with_diesel(db, |connection| {
            let ran = connection.run_next_migration(files(db, &folder))?;
            Ok(ran.to_string())
        });
        assert_eq!(ran, "20260101000000");
        let migrations = folder.read();
        let pending = MigrationState::Pending;
        assert_eq!(states(db, &migrations), [
            ("2026-01-01-000000_a".to_owned(), MigrationState::Applied),
            ("2026-01-02-000000_b".to_owned(), pending),
            ("2026-01-03-000000_c".to_owned(), pending),
        ]);
        assert_eq!(db.migrate(&migrations).unwrap().migrations.len(), 2);
        assert_eq!(tables(db), ["a", "b", "c"]);
        let left = with_diesel(db, |connection| connection.has_pending_migration(files(db, &folder)));
        assert!(!left);
    }

    fn what_mizzle_ran_is_applied(db: &Db) {
        let folder = folder();
        let migrations = folder.read();
        db.migrate(&migrations).unwrap();
        let reverted = with_diesel(db, |connection| {
            assert!(!connection.has_pending_migration(files(db, &folder))?);
            assert_eq!(connection.applied_migrations()?.len(), 3);
            Ok(connection.revert_last_migration(files(db, &folder))?.to_string())
        });
        assert_eq!(reverted, "20260103000000");
        assert_eq!(tables(db), ["a", "b"]);
        assert_eq!(states(db, &migrations)[2].1, MigrationState::Pending);
        assert_eq!(db.migrator(&migrations).allow_data_loss(true).rollback(2).unwrap().migrations.len(), 2);
        let ran = with_diesel(db, |connection| Ok(connection.run_pending_migrations(files(db, &folder))?.len()));
        assert_eq!(ran, 3);
        assert!(db.migrate(&migrations).unwrap().migrations.is_empty());
    }

    /// mizzle's own, as a source for diesel's harness.
    fn as_a_source(db: &Db) {
        let folder = folder();
        let migrations = folder.read();
        let source = migrations.for_diesel(db.dialect());
        let names: Vec<_> = MigrationSource::<Any>::migrations(&source).unwrap()
            .iter().map(|migration| migration.name().to_string()).collect();
        assert_eq!(names, ["2026-01-01-000000_a", "2026-01-02-000000_b", "2026-01-03-000000_c"]);
        with_diesel(db, |connection| {
            connection.run_pending_migrations(source.clone())?;
            connection.revert_last_migration(source)?;
            Ok(())
        });
        assert_eq!(tables(db), ["a", "b"]);
    }
}
