//! Applying what is pending.

use std::cell::RefCell;
use test_support::ticks::in_time;
use test_support::{each_url, on_each_database};

use mizzle::migration::{Direction, MigrationError, MigrationState};
use mizzle::prelude::*;

use crate::folder::{Folder, cause, number, shown, states, tables};

fn two() -> Folder {
    Folder::new()
        .add(
            "20260101000000_create_users",
            "CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT NOT NULL);\n\
             INSERT INTO users VALUES (1, 'a;b'); -- one\n",
            "DROP TABLE users;",
        )
        .add(
            "20260102000000_create_posts",
            "-- all that is written\nCREATE TABLE posts (id BIGINT PRIMARY KEY);",
            "DROP TABLE posts;",
        )
}

on_each_database! {
    fn each_is_applied_once(db: &Db) {
        let migrations = two().read();
        let report = db.migrate(&migrations).unwrap();
        let ran: Vec<_> = report.migrations.iter().map(|ran| ran.directory.as_str()).collect();
        assert_eq!(ran, ["20260101000000_create_users", "20260102000000_create_posts"]);
        assert_eq!(report.direction, Direction::Up);
        assert!(report.migrations.iter().all(|ran| !ran.out_of_order && ran.elapsed <= report.elapsed));
        assert!(report.to_string().contains("2 migrations applied in "), "{report}");
        assert_eq!(tables(db), ["posts", "users"]);
        assert_eq!(number(db, "SELECT count(*) FROM users"), 1);

        let again = db.migrate(&migrations).unwrap();
        assert_eq!(again.migrations, []);
        assert_eq!(again.to_string(), "nothing to do");
        assert_eq!(number(db, "SELECT count(*) FROM users"), 1);
    }

    fn up_to_a_version(db: &Db) {
        let migrations = two().read();
        let report = db.migrator(&migrations).to("20260101000000_create_users").run().unwrap();
        assert_eq!(report.migrations.len(), 1);
        assert_eq!(tables(db), ["users"]);
        let pending = db.migrator(&migrations).pending().unwrap();
        assert_eq!(pending.iter().map(|migration| migration.name()).collect::<Vec<_>>(), ["create_posts"]);
        let none = db.migrator(&migrations).to("20260101000000").pending().unwrap();
        assert!(none.is_empty());

        let error = db.migrator(&migrations).to("2027").run().unwrap_err();
        assert!(matches!(cause(&error), MigrationError::UnknownVersion { version, .. } if version == "2027"));
        assert!(error.troubleshooting()[0].contains("status"), "{error:?}");
    }

    fn nothing_is_written_by_questions(db: &Db) {
        let migrations = two().read();
        let migrator = db.migrator(&migrations);
        assert_eq!(migrator.pending().unwrap().len(), 2);
        assert_eq!(migrator.status().unwrap().len(), 2);
        let sql = migrator.dry_run().unwrap();
        assert!(sql.starts_with("-- 20260101000000_create_users\nCREATE TABLE users"), "{sql}");
        assert!(sql.contains("\n-- 20260102000000_create_posts\n-- all that is written\nCREATE"), "{sql}");
        db.execute_sql("CREATE TABLE __diesel_schema_migrations (x INT)").unwrap();
        db.execute_sql("CREATE TABLE __mizzle_migrations (x INT)").unwrap();
    }

    fn progress_is_told(db: &Db) {
        let migrations = two().read();
        let events = RefCell::new(Vec::new());
        let progress = |event: &mizzle::migration::Event<'_>| events.borrow_mut().push(shown(event));
        db.migrator(&migrations).on_progress(progress).run().unwrap();
        assert_eq!(events.take(), [
            "planned 2",
            "started 1/2 create_users",
            "statement 1/2 CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT NOT NULL)",
            "statement 2/2 INSERT INTO users VALUES (1, 'a;b')",
            "finished 1/2 create_users",
            "started 2/2 create_posts",
            "statement 1/1 CREATE TABLE posts (id BIGINT PRIMARY KEY)",
            "finished 2/2 create_posts",
        ]);
        db.migrator(&migrations).on_progress(progress).run().unwrap();
        assert_eq!(events.take(), ["planned 0"]);
        db.migrator(&migrations).on_progress(progress).rollback(1).unwrap();
        assert_eq!(events.take(), [
            "planned 1",
            "started 1/1 create_posts",
            "statement 1/1 DROP TABLE posts",
            "finished 1/1 create_posts",
        ]);
    }

    /// Merged branches: what came late is applied and reported.
    fn an_older_one_is_applied_late(db: &Db) {
        let folder = two();
        db.migrate(&folder.read()).unwrap();
        let folder = folder.add("20260101120000_create_tags", "CREATE TABLE tags (id BIGINT)", "");
        let migrations = folder.read();
        let status = db.migrator(&migrations).status().unwrap();
        let late: Vec<_> = status.iter().map(|migration| migration.out_of_order).collect();
        assert_eq!(late, [false, true, false]);
        let events = RefCell::new(Vec::new());
        let progress = |event: &mizzle::migration::Event<'_>| events.borrow_mut().push(shown(event));
        let report = db.migrator(&migrations).on_progress(progress).run().unwrap();
        assert!(report.migrations[0].out_of_order);
        assert!(events.take().contains(&"out of order create_tags 20260102000000".to_owned()));
        assert_eq!(tables(db), ["posts", "tags", "users"]);
        let state = MigrationState::Applied;
        let expected = ["20260101000000_create_users", "20260101120000_create_tags", "20260102000000_create_posts"];
        assert_eq!(states(db, &migrations), expected.map(|name| (name.to_owned(), state)));
    }

    /// Also where the pool has a single connection, and where it kept statements of the tables as they were.
    fn the_pool_goes_on(db: &Db) {
        let folder = Folder::new().add(
            "1_people",
            "CREATE TABLE people (id BIGINT PRIMARY KEY, age INTEGER); INSERT INTO people VALUES (1, 2)",
            "",
        );
        db.migrate(&folder.read()).unwrap();
        let query = "SELECT * FROM people";
        let read = |tx: &Tx<'_>| tx.load::<(i64, i32), _>(diesel::dsl::sql::<(diesel::sql_types::BigInt, diesel::sql_types::Integer)>(query));
        // On several connections of the pool.
        let barrier = std::sync::Barrier::new(3);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| db.transaction_builder().read_only().run(|tx| {
                    barrier.wait();
                    read(tx)
                }).unwrap());
            }
        });
        // A column of another type: a plan that was kept would fail, and in a transaction for good.
        let change = match db.dialect() {
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => "ALTER TABLE people ADD COLUMN name TEXT",
            mizzle::Dialect::Postgres => {
                "ALTER TABLE people ALTER COLUMN age TYPE BIGINT, ADD COLUMN name TEXT; \
                 ALTER TABLE people ALTER COLUMN age TYPE INTEGER"
            }
        };
        db.migrate(&folder.add("2_names", change, "").read()).unwrap();
        let barrier = std::sync::Barrier::new(3);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let rows = db.transaction_builder().read_only().run(|tx| {
                        barrier.wait();
                        read(tx)
                    });
                    assert_eq!(rows.unwrap(), [(1, 2)]);
                });
            }
        });
    }

    /// The run's connection is not lent again.
    fn no_setting_stays(db: &Db) {
        let setting = match db.dialect() {
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => "PRAGMA case_sensitive_like = ON",
            mizzle::Dialect::Postgres => "SET search_path = ''; SET statement_timeout = '77s'",
        };
        let folder = Folder::new()
            .add_as_it_is("1_setting", setting, "")
            .add("2_next", "CREATE TABLE made (id INT)", "");
        db.migrate(&folder.read()).unwrap();
        assert_eq!(tables(db), ["made"]);
        match db.dialect() {
            mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => assert_eq!(number(db, "SELECT 'a' LIKE 'A'"), 1),
            mizzle::Dialect::Postgres => {
                assert_eq!(number(db, "SELECT count(*) FROM pg_settings WHERE name = 'statement_timeout' AND setting <> '0'"), 0);
            }
        }
    }
}

/// A database in memory has one connection, which must not be closed.
#[cfg(feature = "sqlite")]
#[test]
fn in_memory() {
    let db = Db::connect("sqlite::memory:").unwrap();
    let migrations = two().read();
    db.migrate(&migrations).unwrap();
    assert_eq!(tables(&db), ["posts", "users"]);
    assert_eq!(db.migrate(&migrations).unwrap().migrations, []);
    assert_eq!(number(&db, "SELECT foreign_keys FROM pragma_foreign_keys"), 1);
    assert_eq!(number(&db, "SELECT count(*) FROM sqlite_temp_schema"), 0);
    db.migrator(&migrations).allow_data_loss(true).rollback(9).unwrap();
    assert!(tables(&db).is_empty());
}

/// The handle is busy while migrations run on its connection; a mistake is reported, not waited for.
#[cfg(feature = "sqlite")]
#[test]
fn the_database_is_not_for_the_callback() {
    let db = Db::connect("sqlite::memory:").unwrap();
    let migrations = two().read();
    let mut errors = Vec::new();
    let progress = |_: &mizzle::migration::Event<'_>| {
        errors.extend(db.execute_sql("SELECT 1").err());
    };
    db.migrator(&migrations).on_progress(progress).run().unwrap();
    assert_eq!(errors[0].code(), mizzle::ErrorCode::TransactionError);
}

/// A migration takes as long as it needs: the timeout is for the program's own statements.
#[test]
fn a_statement_time_out_is_not_for_migrations() {
    each_url!(|url| {
        let limit = std::time::Duration::from_millis(50);
        let db = in_time(|| Db::builder(url).statement_timeout(Some(limit)).connect());
        let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) \
                    SELECT count(*) AS n FROM n";
        let folder = Folder::new().add(
            "20260101000000_slow",
            &format!("CREATE TABLE counted AS {slow};"),
            "DROP TABLE counted;",
        );
        db.migrate(&folder.read()).unwrap();
        assert_eq!(number(&Db::connect(url).unwrap(), "SELECT n FROM counted"), 2_000_000);
        assert!(db.execute_sql(slow).is_err_and(|error| error.is_timeout()));
    });
}
