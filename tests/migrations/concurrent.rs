//! Several runners at once.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;
use test_support::each_url;

use mizzle::migration::MigrationError;
use mizzle::prelude::*;

use crate::child::Runner;
use crate::folder::{Folder, cause, number, shown};

/// Migrations that would fail, or count wrongly, where one ran twice; one of them begins its transaction itself.
fn folder(url: &str) -> Folder {
    let mut folder = Folder::new().add("00_log", "CREATE TABLE log (number INT)", "DROP TABLE log");
    for number in 1..=9 {
        let up = format!("INSERT INTO log VALUES ({number}); CREATE TABLE t{number} (id INT);");
        let begin = if url.starts_with("sqlite") { "BEGIN IMMEDIATE" } else { "BEGIN" };
        folder = match number {
            3 => folder.add_as_it_is("03_own", &format!("{begin}; {up} COMMIT;"), ""),
            // Takes its lock late.
            4 => folder.add_as_it_is("04_late", &format!("BEGIN; {up} COMMIT;"), ""),
            _ => folder.add(&format!("0{number}_next"), &up, ""),
        };
    }
    folder
}

fn check(url: &str) {
    let db = Db::connect(url).unwrap();
    assert_eq!(number(&db, "SELECT count(*) FROM log"), 9);
    assert_eq!(number(&db, "SELECT sum(number) FROM log"), 45);
    assert_eq!(number(&db, "SELECT count(*) FROM __diesel_schema_migrations"), 10);
    assert_eq!(number(&db, "SELECT count(*) FROM __mizzle_migrations"), 10);
}

fn threads(count: usize) {
    each_url!(|url| {
        let migrations = folder(url).read();
        let barrier = Barrier::new(count);
        let ran: Vec<usize> = thread::scope(|scope| {
            let runners: Vec<_> = (0..count)
                .map(|_| {
                    scope.spawn(|| {
                        let db = Db::connect(url).unwrap();
                        barrier.wait();
                        db.migrate(&migrations).unwrap().migrations.len()
                    })
                })
                .collect();
            runners.into_iter().map(|runner| runner.join().unwrap()).collect()
        });
        assert_eq!(ran.iter().sum::<usize>(), 10, "{ran:?}");
        check(url);
    });
}

#[test]
fn two_threads() {
    threads(2);
}

#[test]
fn eight_threads() {
    threads(8);
}

#[test]
fn eight_processes() {
    each_url!(|url| {
        let folder = folder(url);
        let runners: Vec<_> = (0..8).map(|_| Runner::start(url, folder.path(), "")).collect();
        for runner in runners {
            let (status, output) = runner.wait();
            assert!(status.success(), "{output}");
        }
        check(url);
    });
}

/// Eight that share a pool.
#[test]
fn one_pool() {
    each_url!(|url| {
        let migrations = folder(url).read();
        let db = Db::builder(url).pool_size(8).connect().unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| db.migrate(&migrations).unwrap());
            }
        });
        check(url);
    });
}

/// One that waits says so, continues as soon as it can, and fails after the time that was set.
#[test]
fn waiting_is_told() {
    each_url!(|url| {
        let migrations = folder(url).read();
        let folder = folder(url);
        let mut first =
            Runner::start(url, folder.path(), "statement 1/2 INSERT INTO log VALUES (5)");
        assert!(first.wait_for_stop());

        let db = Db::connect(url).unwrap();
        let impatient = db.migrator(&migrations).lock_timeout(Duration::from_millis(300)).run();
        let error = impatient.unwrap_err();
        assert!(matches!(cause(&error), MigrationError::Locked(_)), "{error:?}");
        assert!(error.troubleshooting()[0].contains("lock_timeout"), "{error:?}");

        let mut first = Some(first);
        let mut events = Vec::new();
        let progress = |event: &mizzle::migration::Event<'_>| {
            if matches!(event, mizzle::migration::Event::Waiting { .. }) {
                first.take();
            }
            events.push(shown(event));
        };
        let report = db.migrator(&migrations).on_progress(progress).run().unwrap();
        assert!(events.contains(&"waiting".to_owned()), "{events:?}");
        assert_eq!(report.migrations.len(), 5, "{events:?}");
        check(url);
    });
}

/// Another program's plain transaction is waited for too (SQLite has one lock for all writers).
#[cfg(feature = "sqlite")]
#[test]
fn a_writer_is_waited_for() {
    test_support::with_sqlite(|db| {
        let migrations = Folder::new().add("1_a", "CREATE TABLE a (id INT)", "").read();
        db.execute_sql("CREATE TABLE busy (id INT)").unwrap();
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                db.transaction(|tx| {
                    tx.execute_sql("INSERT INTO busy VALUES (1)")?;
                    barrier.wait();
                    thread::sleep(Duration::from_millis(800));
                    Ok(())
                })
                .unwrap();
            });
            barrier.wait();
            assert_eq!(db.migrate(&migrations).unwrap().migrations.len(), 1);
        });
    });
}
