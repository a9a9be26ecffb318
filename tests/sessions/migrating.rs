//! Migrations through a pooler.

use std::fs;
use std::thread;

use diesel::sql_types::{BigInt, Text};
use mizzle::ErrorCode;
use mizzle::Migrations;
use mizzle::prelude::*;

use test_support::FreshPostgres;

use crate::pooler::pooled;

fn folder(files: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, sql, metadata) in files {
        let path = folder.path().join("postgres").join(name);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("up.sql"), sql).unwrap();
        fs::write(path.join("metadata.toml"), metadata).unwrap();
    }
    folder
}

fn number(db: &Db, sql: &str) -> i64 {
    db.one(diesel::dsl::sql::<BigInt>(sql)).unwrap()
}

/// Each migration runs once, whoever runs it, and no lock or setting stays on a session that others get.
#[test]
fn several_at_once() {
    let _guard = crate::may_migrate();
    const ROUNDS: usize = 12;
    const MIGRATORS: usize = 3;
    pooled(3, |fresh, url| {
        let direct = Db::connect(&fresh.url).unwrap();
        for round in 0..ROUNDS {
            direct.execute_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
            let files = folder(&[
                ("2026-01-01-000000_first", "CREATE TABLE a (id int); SET work_mem = '7MB';", ""),
                (
                    "2026-01-01-000001_second",
                    "INSERT INTO a SELECT 1 FROM pg_sleep(0.01); SET search_path = pg_catalog;",
                    "",
                ),
                ("2026-01-01-000002_third", "INSERT INTO a VALUES (2)", ""),
            ]);
            let migrations = Migrations::from_path(files.path()).unwrap();
            let ran: Vec<usize> = thread::scope(|scope| {
                let migrate = |_| {
                    scope.spawn(|| {
                        let db = Db::builder(url).pool_size(1).connect().unwrap();
                        db.migrate(&migrations).unwrap().migrations.len()
                    })
                };
                // The last one is without the pooler.
                let others: Vec<_> = (0..MIGRATORS).map(migrate).collect();
                let mut ran = vec![direct.migrate(&migrations).unwrap().migrations.len()];
                ran.extend(others.into_iter().map(|other| other.join().unwrap()));
                ran
            });
            assert_eq!(ran.iter().sum::<usize>(), 3, "round {round}: {ran:?}");
            assert_eq!(number(&direct, "SELECT count(*) FROM a"), 2, "round {round}");
            let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND \
                         database = (SELECT oid FROM pg_database WHERE datname = current_database())";
            assert_eq!(number(&direct, locks), 0, "round {round}");
        }
        let pooled = Db::builder(url).pool_size(1).connect().unwrap();
        for name in ["work_mem", "search_path"] {
            let setting = |db: &Db| -> String {
                db.one(diesel::dsl::sql::<Text>(&format!("SELECT current_setting('{name}')")))
                    .unwrap()
            };
            assert_eq!(setting(&pooled), setting(&direct));
        }
    });
}

#[test]
fn what_needs_a_session() {
    let _guard = crate::may_migrate();
    pooled(2, |fresh, url| {
        let files = folder(&[
            ("2026-01-01-000000_first", "CREATE TABLE a (id int)", ""),
            (
                "2026-01-01-000001_index",
                "CREATE INDEX CONCURRENTLY a_id ON a (id)",
                "run_in_transaction = false",
            ),
        ]);
        let migrations = Migrations::from_path(files.path()).unwrap();
        let db = Db::connect(url).unwrap();
        let error = db.migrate(&migrations).unwrap_err();
        assert_eq!(error.code(), ErrorCode::MigrationError, "{error:?}");
        assert!(error.to_string().contains("the URL of the server itself"), "{error}");
        // The server itself can.
        assert_eq!(
            Db::connect(&fresh.url).unwrap().migrate(&migrations).unwrap().migrations.len(),
            1
        );
        db.migrate(&migrations).unwrap();
        assert_eq!(
            db.migrator(&migrations).rollback(1).unwrap_err().code(),
            ErrorCode::MigrationError
        );
    });
}

/// The program's own settings of a session hold for all migrations of a run.
#[test]
fn settings_of_a_new_connection() {
    let _guard = crate::may_migrate();
    let fresh = FreshPostgres::new();
    let admin = Db::connect(&fresh.url).unwrap();
    let role = format!("tenant_{}", uuid::Uuid::new_v4().simple());
    admin
        .execute_sql(&format!(
            "CREATE ROLE {role}; CREATE SCHEMA tenant AUTHORIZATION {role}; \
             GRANT {role} TO CURRENT_USER"
        ))
        .unwrap();
    let files = folder(&[
        ("2026-01-01-000000_first", "CREATE TABLE a (id int); SET search_path = public", ""),
        ("2026-01-01-000001_second", "CREATE TABLE b (id int)", ""),
        (
            "2026-01-01-000002_third",
            "CREATE INDEX CONCURRENTLY b_id ON b (id)",
            "run_in_transaction = false",
        ),
        (
            "2026-01-01-000003_fourth",
            "CREATE TABLE c AS SELECT current_setting('work_mem') AS memory",
            "",
        ),
    ]);
    let migrations = Migrations::from_path(files.path()).unwrap();
    let settings =
        format!("SET search_path = tenant, public; SET work_mem = '7MB'; SET ROLE {role}");
    let db = Db::builder(&fresh.url)
        .on_connect(move |connection| {
            use diesel::connection::SimpleConnection;
            Ok(connection.batch_execute(&settings)?)
        })
        .connect()
        .unwrap();
    db.migrate(&migrations).unwrap();
    let strays = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
                  WHERE nspname = 'public'";
    assert_eq!(number(&admin, strays), 0);
    let owned = format!(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'tenant' AND tableowner = '{role}'"
    );
    assert_eq!(number(&admin, &owned), 5);
    let memory: String =
        admin.one(diesel::dsl::sql::<Text>("SELECT memory FROM tenant.c")).unwrap();
    assert_eq!(memory, "7MB");
    drop(db);
    admin.execute_sql(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).unwrap();
}

/// What another client of the pooler has left in a session decides nothing.
#[test]
fn what_others_left_in_the_session() {
    let _guard = crate::may_migrate();
    pooled(1, |fresh, url| {
        let admin = Db::connect(&fresh.url).unwrap();
        let role = format!("other_{}", uuid::Uuid::new_v4().simple());
        admin
            .execute_sql(&format!(
                "CREATE ROLE {role}; CREATE SCHEMA other AUTHORIZATION {role}; \
                 GRANT ALL ON SCHEMA public TO {role}; GRANT {role} TO CURRENT_USER"
            ))
            .unwrap();
        let files = folder(&[
            ("2026-01-01-000000_first", "CREATE TABLE a (id int)", ""),
            ("2026-01-01-000001_second", "CREATE TABLE b (id int)", ""),
        ]);
        let migrations = Migrations::from_path(files.path()).unwrap();
        let leave = |sql: &str| {
            let other = Db::builder(url).pool_size(1).connect().unwrap();
            other.execute_sql(sql).unwrap();
        };
        let db = Db::connect(url).unwrap();
        leave("SET search_path = other");
        assert_eq!(db.migrator(&migrations).pending().unwrap().len(), 2);
        db.migrate(&migrations).unwrap();
        leave("SET search_path = other");
        assert_eq!(db.migrator(&migrations).pending().unwrap().len(), 0);
        leave(&format!("RESET search_path; SET ROLE {role}"));
        let more = |last: &str| {
            let files = folder(&[
                ("2026-01-01-000000_first", "CREATE TABLE a (id int)", ""),
                ("2026-01-01-000001_second", "CREATE TABLE b (id int)", ""),
                ("2026-01-01-000002_third", "CREATE TABLE c (id int)", ""),
                ("2026-01-01-000003_fourth", last, ""),
            ]);
            let migrations = Migrations::from_path(files.path()).unwrap();
            db.migrate(&migrations)
        };
        more("CREATE TEMP TABLE kept (id int)").unwrap();
        let strays = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
                      WHERE nspname = 'other'";
        assert_eq!(number(&admin, strays), 0);
        let owned = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' \
                     AND tableowner = current_user";
        assert_eq!(number(&admin, owned), 5);
        // A temporary table hides the real one.
        admin
            .execute_sql("DELETE FROM __diesel_schema_migrations WHERE version LIKE '%3'")
            .unwrap();
        admin.execute_sql("DELETE FROM __mizzle_migrations WHERE version LIKE '%3'").unwrap();
        leave("CREATE TEMP TABLE a (id int)");
        let error = more("ALTER TABLE a ADD COLUMN more int").unwrap_err();
        assert_eq!(error.code(), ErrorCode::MigrationError, "{error:?}");
        assert!(error.to_string().contains("the temporary table \"a\""), "{error}");
        assert!(error.troubleshooting()[0].contains("the URL of the server"), "{error:?}");
        drop(db);
        admin.execute_sql(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).unwrap();
    });
}
