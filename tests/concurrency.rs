//! Transactions that meet: isolation levels, locks, and writers that wait for each other.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::thread;
use test_support::on_each_database;

use mizzle::Isolation;
use mizzle::prelude::*;

#[derive(Table, Debug, Clone, PartialEq)]
struct Counter {
    #[column(primary_key)]
    id: i32,
    value: i64,
}

mizzle::schema!(Counters = [Counter]);

fn prepare(db: &Db) {
    db.create_all::<Counters>().unwrap();
    db.insert_all([Counter { id: 1, value: 0 }, Counter { id: 2, value: 0 }]).unwrap();
}

on_each_database! {
    fn writers_that_read_first_lose_nothing(db: &Db) {
        const THREADS: i64 = 8;
        const ROUNDS: i64 = 25;
        prepare(db);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        db.transaction(|tx| {
                            let find = Counter::query().filter(counters::id.eq(1)).for_update();
                            let row = find.one(tx)?;
                            tx.update(&Counter { value: row.value + 1, ..row })
                        })
                        .unwrap();
                    }
                });
            }
        });
        assert_eq!(db.get::<Counter>(1).unwrap().value, THREADS * ROUNDS);
    }

    fn a_reader_does_not_wait_for_a_writer(db: &Db) {
        prepare(db);
        db.transaction(|tx| {
            tx.update_by_key::<Counter>(1, CounterChanges::default().value(5))?;
            thread::scope(|scope| {
                let read = scope.spawn(|| {
                    db.transaction_builder().read_only().run(|tx| Ok(tx.get::<Counter>(1)?.value))
                });
                assert_eq!(read.join().expect("the reader").unwrap(), 0);
            });
            Ok(())
        })
        .unwrap();
    }

    fn a_read_only_transaction_sees_one_state(db: &Db) {
        prepare(db);
        let builder = db.transaction_builder().isolation(Isolation::RepeatableRead).read_only();
        builder
            .run(|tx| {
                assert_eq!(tx.get::<Counter>(1)?.value, 0);
                thread::scope(|scope| {
                    let change = CounterChanges::default().value(9);
                    scope.spawn(|| db.update_by_key::<Counter>(1, change).unwrap());
                });
                assert_eq!(tx.get::<Counter>(1)?.value, 0);
                Ok(())
            })
            .unwrap();
        assert_eq!(db.get::<Counter>(1).unwrap().value, 9);
    }

    fn settings_are_the_transactions_alone(db: &Db) {
        prepare(db);
        let builder = db.transaction_builder().isolation(Isolation::Serializable).read_only();
        for _ in 0..3 {
            builder.run(|tx| tx.get::<Counter>(1)).unwrap();
            db.transaction(|tx| tx.update_by_key::<Counter>(1, CounterChanges::default().value(1))).unwrap();
        }
    }
}

/// Several programs, each with its own pool, write to one file.
#[cfg(feature = "sqlite")]
#[test]
fn pools_of_one_file_lose_nothing() {
    use std::time::Duration;

    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shared.db").display());
    prepare(&Db::connect(&url).unwrap());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let db = Db::builder(&url).busy_timeout(Duration::from_secs(30)).connect().unwrap();
                for _ in 0..25 {
                    db.transaction(|tx| {
                        let row = tx.get::<Counter>(1)?;
                        tx.update(&Counter { value: row.value + 1, ..row })
                    })
                    .unwrap();
                }
            });
        }
    });
    assert_eq!(Db::connect(&url).unwrap().get::<Counter>(1).unwrap().value, 100);
}

/// A trigger of SQLite's can end the transaction: what comes after is refused, not written alone.
#[cfg(feature = "sqlite")]
#[test]
fn sqlite_may_end_a_transaction_itself() {
    use mizzle::ErrorCode;

    for url in ["sqlite::memory:".to_owned(), {
        let folder = tempfile::tempdir().unwrap();
        format!("sqlite:{}", folder.keep().join("x.db").display())
    }] {
        let db = Db::builder(&url).pool_size(1).connect().unwrap();
        prepare(&db);
        db.execute_sql(
            "CREATE TRIGGER stop BEFORE UPDATE ON counters WHEN NEW.value < 0 \
             BEGIN SELECT RAISE(ROLLBACK, 'negative'); END",
        )
        .unwrap();
        let result = db.transaction(|tx| {
            tx.update_by_key::<Counter>(2, CounterChanges::default().value(7))?;
            let nested = tx.transaction(|inner| {
                inner.update_by_key::<Counter>(1, CounterChanges::default().value(-1))
            });
            assert_eq!(nested.unwrap_err().to_string(), "negative");
            let error =
                tx.update_by_key::<Counter>(1, CounterChanges::default().value(8)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::TransactionError, "{error:?}");
            Ok(())
        });
        assert_eq!(result.unwrap_err().code(), ErrorCode::TransactionError);
        let values: Vec<i64> = db.load(counters::table.select(counters::value)).unwrap();
        assert_eq!(values, [0, 0]);
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::sync::Barrier;

    use diesel::sql_types::Text;
    use mizzle::{Error, ErrorCode};

    use super::*;
    use test_support::with_postgres;

    fn setting(tx: &Tx<'_>, name: &str) -> String {
        let sql = diesel::dsl::sql::<Text>(&format!("SELECT current_setting('{name}')"));
        tx.one(sql).unwrap()
    }

    #[test]
    fn isolation_levels() {
        with_postgres(|db| {
            for (isolation, expected) in [
                (Isolation::Default, "read committed"),
                (Isolation::ReadCommitted, "read committed"),
                (Isolation::RepeatableRead, "repeatable read"),
                (Isolation::Serializable, "serializable"),
            ] {
                let builder = db.transaction_builder().isolation(isolation);
                builder
                    .run(|tx| {
                        assert_eq!(setting(tx, "transaction_isolation"), expected);
                        assert_eq!(setting(tx, "transaction_read_only"), "off");
                        // A savepoint is of the same level.
                        tx.transaction(|inner| {
                            assert_eq!(setting(inner, "transaction_isolation"), expected);
                            Ok(())
                        })
                    })
                    .unwrap();
                builder
                    .read_only()
                    .run(|tx| {
                        assert_eq!(setting(tx, "transaction_isolation"), expected);
                        assert_eq!(setting(tx, "transaction_read_only"), "on");
                        Ok(())
                    })
                    .unwrap();
            }
        });
    }

    #[test]
    fn read_only_refuses_writes() {
        with_postgres(|db| {
            prepare(db);
            let read_only = db.transaction_builder().read_only();
            let row = Counter { id: 1, value: 5 };
            for error in [
                read_only.run(|tx| tx.update(&row)).unwrap_err(),
                read_only.run(|tx| tx.delete(&row)).unwrap_err(),
                read_only.run(|tx| tx.execute_sql("CREATE TABLE x (a int)")).unwrap_err(),
            ] {
                assert!(error.is_read_only(), "{error:?}");
                assert!(!error.troubleshooting().is_empty());
            }
            db.update(&row).unwrap();
        });
    }

    /// Both read what the other writes. Gives the results.
    fn skewed_writes(db: &Db, isolation: Isolation) -> Vec<Result<(), Error>> {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            let threads = [(1, 2), (2, 1)].map(|(read, write)| {
                let barrier = &barrier;
                scope.spawn(move || {
                    db.transaction_builder().isolation(isolation).run(|tx| {
                        let seen = tx.get::<Counter>(read)?.value;
                        barrier.wait();
                        let written = tx.update_by_key::<Counter>(
                            write,
                            CounterChanges::default().value(seen + 1),
                        );
                        barrier.wait();
                        written.map(drop)
                    })
                })
            });
            threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
        })
    }

    #[test]
    fn a_serialization_failure() {
        with_postgres(|db| {
            prepare(db);
            let results = skewed_writes(db, Isolation::RepeatableRead);
            assert!(results.iter().all(Result::is_ok), "{results:?}");
            let results = skewed_writes(db, Isolation::Serializable);
            let errors: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
            let [error] = errors.as_slice() else { panic!("one of them fails: {errors:?}") };
            assert!(error.is_serialization_failure() && error.is_temporary(), "{error:?}");
            assert_eq!(error.database_code(), Some("40001"));
            assert!(error.sql().is_some() && !error.troubleshooting().is_empty(), "{error:?}");
            // Alone it works.
            db.transaction_builder()
                .isolation(Isolation::Serializable)
                .run(|tx| tx.update_by_key::<Counter>(1, CounterChanges::default().value(3)))
                .unwrap();
        });
    }

    #[test]
    fn a_lost_update() {
        with_postgres(|db| {
            prepare(db);
            let error = db
                .transaction_builder()
                .isolation(Isolation::RepeatableRead)
                .run(|tx| {
                    let row = tx.get::<Counter>(1)?;
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            db.update_by_key::<Counter>(1, CounterChanges::default().value(9))
                                .unwrap()
                        });
                    });
                    tx.update(&Counter { value: row.value + 1, ..row })
                })
                .unwrap_err();
            assert!(error.is_serialization_failure(), "{error:?}");
            assert_eq!(error.code(), ErrorCode::UpdateError);
            assert_eq!(db.get::<Counter>(1).unwrap().value, 9);
        });
    }

    #[test]
    fn a_deadlock() {
        with_postgres(|db| {
            prepare(db);
            let barrier = Barrier::new(2);
            let results: Vec<mizzle::Result<()>> = thread::scope(|scope| {
                let threads = [(1, 2), (2, 1)].map(|(first, second)| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        db.transaction(|tx| {
                            tx.execute_sql("SET LOCAL deadlock_timeout = '100ms'")?;
                            tx.update_by_key::<Counter>(first, CounterChanges::default().value(1))?;
                            barrier.wait();
                            tx.update_by_key::<Counter>(second, CounterChanges::default().value(1))
                                .map(drop)
                        })
                    })
                });
                threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
            });
            let errors: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
            let [error] = errors.as_slice() else { panic!("one of them fails: {errors:?}") };
            assert!(error.is_serialization_failure() && error.is_temporary(), "{error:?}");
            assert_eq!(error.database_code(), Some("40P01"));
        });
    }

    #[test]
    fn a_locked_row() {
        with_postgres(|db| {
            prepare(db);
            db.transaction(|tx| {
                Counter::query().filter(counters::id.eq(1)).for_update().one(tx)?;
                thread::scope(|scope| {
                    let other = scope.spawn(|| {
                        db.transaction(|tx| Counter::query().lock(Lock::update().no_wait()).all(tx))
                    });
                    let error = other.join().expect("the thread").unwrap_err();
                    assert!(error.is_busy() && error.is_temporary(), "{error:?}");
                    let other = scope.spawn(|| {
                        db.transaction(|tx| {
                            Counter::query().lock(Lock::update().skip_locked()).all(tx)
                        })
                    });
                    let free = other.join().expect("the thread").unwrap();
                    assert_eq!(free, [Counter { id: 2, value: 0 }]);
                });
                Ok(())
            })
            .unwrap();
        });
    }

    /// COMMIT of a failed transaction is a rollback, of which the server makes no error.
    #[test]
    fn a_failed_transaction_is_not_committed() {
        with_postgres(|db| {
            prepare(db);
            let error = db
                .transaction(|tx| {
                    tx.update_by_key::<Counter>(1, CounterChanges::default().value(5))?;
                    let _ = tx.insert(Counter { id: 1, value: 1 });
                    Ok(())
                })
                .unwrap_err();
            assert_eq!(error.code(), ErrorCode::TransactionError, "{error:?}");
            assert!(error.troubleshooting().join(" ").contains("nested"), "{error:?}");
            assert_eq!(db.get::<Counter>(1).unwrap().value, 0);
        });
    }
}

/// A setting of each connection, without which every commit waits for the disk.
#[cfg(feature = "sqlite")]
#[test]
fn every_connection_of_the_pool_commits_without_waiting_for_the_disk() {
    use diesel::dsl::sql;
    use diesel::sql_types::Integer;

    let folder = tempfile::tempdir().unwrap();
    let db = Db::connect(&format!("sqlite:{}", folder.path().join("pool.db").display())).unwrap();
    let synchronous = || db.load::<i32, _>(sql::<Integer>("PRAGMA synchronous")).unwrap();
    // 1 is NORMAL. The transaction holds a connection, so that the thread gets another.
    db.transaction(|tx| {
        assert_eq!(tx.load::<i32, _>(sql::<Integer>("PRAGMA synchronous"))?, [1]);
        thread::scope(|scope| {
            assert_eq!(scope.spawn(synchronous).join().expect("no panic"), [1]);
        });
        Ok(())
    })
    .unwrap();
}

/// SQLite fails at once if two switch a new file to WAL at the same time; connecting waits.
#[cfg(feature = "sqlite")]
#[test]
fn a_new_file_is_opened_by_many_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..40 {
        let url = format!("sqlite:{}", folder.path().join(format!("{round}.db")).display());
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Db::connect(&url).map(drop).expect("a connection"));
            }
        });
    }
}
