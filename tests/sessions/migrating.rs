//! Migrations through a pooler.

use std::fs;
use std::thread;

use diesel::sql_types::{BigInt, Text};
use mizzle::ErrorCode;
use mizzle::Migrations;
use mizzle::prelude::*;

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
