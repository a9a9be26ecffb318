//! What a database remembers.

use chrono::{TimeDelta, Utc};
use mizzle::migration::{MigrationError, MigrationState};
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::folder::{Folder, cause, number, states, tables};

fn one() -> Folder {
    Folder::new().add("1_a", "CREATE TABLE a (id INT);\n", "DROP TABLE a;\n")
}

on_each_database! {
    fn times_are_kept(db: &Db) {
        let migrations = one().read();
        db.migrate(&migrations).unwrap();
        let status = db.migrator(&migrations).status().unwrap();
        let age = Utc::now() - status[0].applied_at.unwrap();
        assert!(age.abs() < TimeDelta::minutes(1), "{status:?}");
        assert!(status[0].elapsed.is_some());
        assert_eq!(number(db, "SELECT count(*) FROM __diesel_schema_migrations WHERE version = '1'"), 1);
    }

    fn an_edited_file_is_refused(db: &Db) {
        let folder = one();
        db.migrate(&folder.read()).unwrap();
        // Another end of line is no edit.
        for dialect in mizzle::Dialect::ALL {
            folder.write(dialect, "1_a", "up.sql", "CREATE TABLE a (id INT);\r\n");
        }
        assert_eq!(states(db, &folder.read())[0].1, MigrationState::Applied);

        let folder = folder.add("1_a", "CREATE TABLE a (id BIGINT)", "DROP TABLE a").add(
            "2_b",
            "CREATE TABLE b (id INT)",
            "",
        );
        let migrations = folder.read();
        let error = db.migrate(&migrations).unwrap_err();
        assert!(matches!(cause(&error), MigrationError::Edited(names) if *names == ["1_a"]), "{error:?}");
        assert!(error.to_string().contains("1_a"), "{error}");
        assert!(error.troubleshooting()[0].contains("new migration"), "{error:?}");
        assert_eq!(tables(db), ["a"]);
        assert_eq!(states(db, &migrations)[0].1, MigrationState::Edited);
        assert!(db.migrator(&migrations).rollback(1).is_err());

        db.migrator(&migrations).allow_edited(true).run().unwrap();
        assert_eq!(tables(db), ["a", "b"]);
    }

    fn a_state_is_adopted(db: &Db) {
        db.execute_sql("CREATE TABLE a (id INT)").unwrap();
        let migrations = one().add("2_b", "CREATE TABLE b (id INT)", "").read();
        let recorded = db.migrator(&migrations).baseline("1").unwrap();
        assert_eq!(recorded.iter().map(|migration| migration.directory()).collect::<Vec<_>>(), ["1_a"]);
        assert!(db.migrator(&migrations).baseline("1").unwrap().is_empty());
        let status = db.migrator(&migrations).status().unwrap();
        assert_eq!(status[0].state, MigrationState::Applied);
        assert_eq!(status[0].elapsed, None);
        db.migrate(&migrations).unwrap();
        assert_eq!(tables(db), ["a", "b"]);
        assert!(db.migrator(&migrations).baseline("7").is_err());
    }

    /// diesel's tools know nothing of the second table.
    fn rows_that_diesel_changed_count(db: &Db) {
        let folder = one();
        db.migrate(&folder.read()).unwrap();
        db.execute_sql("DROP TABLE a; DELETE FROM __diesel_schema_migrations").unwrap();
        let folder = folder.add("1_a", "CREATE TABLE a (id INT, name TEXT)", "DROP TABLE a");
        assert_eq!(states(db, &folder.read())[0].1, MigrationState::Pending);
        db.execute_sql(
            "CREATE TABLE a (id INT, name TEXT); \
             INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('1', '2026-01-02 03:04:05')",
        )
        .unwrap();
        let migrations = folder.read();
        let status = db.migrator(&migrations).status().unwrap();
        assert_eq!(status[0].state, MigrationState::Applied);
        assert!(status[0].applied_at.is_some());
        assert_eq!(status[0].elapsed, None);
        assert!(db.migrate(&migrations).unwrap().migrations.is_empty());
        assert_eq!(db.migrator(&migrations).rollback(1).unwrap().migrations.len(), 1);
        assert_eq!(db.migrate(&migrations).unwrap().migrations.len(), 1);
        assert_eq!(states(db, &migrations)[0].1, MigrationState::Applied);
    }

    fn a_folder_for_the_other_database(db: &Db) {
        let folder = one();
        std::fs::remove_dir_all(folder.path().join(db.dialect().name())).unwrap();
        let error = db.migrate(&folder.read()).unwrap_err();
        assert!(matches!(cause(&error), MigrationError::NoDialect(dialect) if *dialect == db.dialect()));
        assert!(error.to_string().contains(&format!("`{}`", db.dialect().name())), "{error}");
    }
}

#[test]
fn a_folder_that_cannot_be_used() {
    let error = mizzle::Migrations::from_path("no/such/folder").unwrap_err();
    assert!(matches!(cause(&error), MigrationError::Folder(_)));
    assert!(error.to_string().contains("no/such/folder: there is no such folder"), "{error}");
    let folder = one();
    folder.write(mizzle::Dialect::Sqlite, "add_posts", "up.sql", "");
    let error = mizzle::Migrations::from_path(folder.path()).unwrap_err();
    assert!(error.to_string().contains("sqlite/add_posts: the name"), "{error}");
}
