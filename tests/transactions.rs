//! Transactions: what is kept, what is taken back, and what the database handle refuses.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use test_support::{each_url, on_each_database};

use mizzle::prelude::*;

use mizzle::{Dialect, Error, ErrorCode};
use test_support::ticks::Stopwatch;

#[derive(Table, Debug, Clone, PartialEq)]
struct Counter {
    #[column(primary_key)]
    id: i32,
    #[column(default = 0)]
    value: i64,
}

mizzle::schema!(Counters = [Counter]);

fn counter(id: i32) -> NewCounter {
    NewCounter::builder().id(id).build()
}

fn ids(on: &impl Executor) -> Vec<i32> {
    on.load(counters::table.select(counters::id).order_by(counters::id)).unwrap()
}

fn stop() -> Error {
    Error::application("stop")
}

fn quietly<R>(f: impl FnOnce() -> R) -> std::thread::Result<R> {
    catch_unwind(AssertUnwindSafe(f))
}

/// An application's own error.
#[derive(Debug, PartialEq)]
enum ShopError {
    Broke { missing: i64 },
    Database(ErrorCode),
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for ShopError {}

impl From<Error> for ShopError {
    fn from(error: Error) -> Self {
        Self::Database(error.code())
    }
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "children")]
struct Child {
    #[column(primary_key)]
    id: i32,
    parent: i32,
}

on_each_database! {
    /// PostgreSQL reports it after the statement's own answer.
    fn what_only_the_commit_refuses_is_an_error(db: &Db) {
        db.execute_sql(
            "CREATE TABLE parents (id integer PRIMARY KEY); \
             CREATE TABLE children (id integer PRIMARY KEY, \
             parent integer NOT NULL REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .unwrap();
        let child = |id: i32| Child { id, parent: 7 };
        // A statement is prepared when it first runs, and found when it runs again.
        for _ in 0..3 {
            for error in [
                sql!("INSERT INTO children VALUES ({1}, {7})").execute(db).unwrap_err(),
                sql!("INSERT INTO children VALUES ({1}, {7}) RETURNING id").one::<i32>(db).unwrap_err(),
                db.insert(child(1)).unwrap_err(),
                db.upsert(child(1)).unwrap_err(),
                db.insert_all([child(1), child(2)]).unwrap_err(),
                db.copy_in([child(1), child(2)]).unwrap_err(),
                db.execute(diesel::insert_into(children::table).values(NewChild { id: 1, parent: 7 })).unwrap_err(),
                db.execute_sql("INSERT INTO children VALUES (1, 7)").unwrap_err(),
                sql!("INSERT INTO children VALUES ({1}, {7}), ({2}, {7}) RETURNING id")
                    .stream::<i32>(db)
                    .and_then(|rows| rows.collect::<Result<Vec<_>, _>>())
                    .unwrap_err(),
                db.transaction(|tx| tx.insert(child(1))).unwrap_err(),
            ] {
                assert_eq!(error.code(), ErrorCode::ConstraintError, "{error:?}");
            }
            assert_eq!(db.count(children::table).unwrap(), 0);
        }
    }

    fn ok_commits(db: &Db) {
        db.create_all::<Counters>().unwrap();
        let value = db.transaction(|tx| {
            tx.insert(counter(1))?;
            tx.execute(diesel::update(counters::table).set(counters::value.eq(7)))?;
            Ok(tx.get::<Counter>(1)?.value)
        });
        assert_eq!(value.unwrap(), 7);
        assert_eq!(db.get::<Counter>(1).unwrap().value, 7);
    }

    fn err_rolls_back(db: &Db) {
        db.create_all::<Counters>().unwrap();
        let error = db
            .transaction(|tx| {
                tx.insert(counter(1))?;
                assert_eq!(ids(tx), [1]);
                Err::<(), _>(stop())
            })
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::ApplicationError);
        assert!(ids(db).is_empty());
        let error = db.transaction(|tx| {
            tx.insert(counter(2))?;
            tx.insert(counter(2))
        });
        assert!(error.unwrap_err().is_unique_violation());
        assert!(ids(db).is_empty());
    }

    fn a_panic_rolls_back(db: &Db) {
        db.create_all::<Counters>().unwrap();
        for round in 0..15 {
            let panicked = quietly(|| {
                db.transaction(|tx| -> mizzle::Result<()> {
                    tx.insert(counter(1))?;
                    let _ = tx.transaction(|inner| -> mizzle::Result<()> {
                        inner.insert(counter(2))?;
                        if round % 2 == 0 { panic!("on purpose, inside") } else { Ok(()) }
                    });
                    panic!("on purpose")
                })
            });
            assert!(panicked.is_err());
            assert!(ids(db).is_empty());
        }
        // The handle can be used again, on this thread too.
        db.transaction(|tx| tx.insert(counter(1))).unwrap();
    }

    fn a_panic_inside_of_a_savepoint_can_be_caught(db: &Db) {
        if test_support::is_async() {
            // A call that panics can't wait for the rollback: its connection is recovered in the background.
            return;
        }
        db.create_all::<Counters>().unwrap();
        db.transaction(|tx| {
            tx.insert(counter(1))?;
            let caught = quietly(|| {
                tx.transaction(|inner| -> mizzle::Result<()> {
                    inner.insert(counter(2))?;
                    panic!("on purpose")
                })
            });
            assert!(caught.is_err());
            tx.insert(counter(3))
        })
        .unwrap();
        assert_eq!(ids(db), [1, 3]);
    }

    fn savepoints_of_three_levels(db: &Db) {
        db.create_all::<Counters>().unwrap();
        for kept in 0..8_u8 {
            let keep = |level: u8| kept & (1 << level) != 0;
            let end = |level| if keep(level) { Ok(()) } else { Err(stop()) };
            let result = db.transaction(|one| {
                one.insert(counter(1))?;
                let two = one.transaction(|two| {
                    two.insert(counter(2))?;
                    let three = two.transaction(|three| {
                        three.insert(counter(3))?;
                        end(2)
                    });
                    assert_eq!(three.is_ok(), keep(2));
                    two.insert(counter(4))?;
                    end(1)
                });
                assert_eq!(two.is_ok(), keep(1));
                one.insert(counter(5))?;
                end(0)
            });
            assert_eq!(result.is_ok(), keep(0));
            let expected: &[i32] = match (keep(0), keep(1), keep(2)) {
                (false, ..) => &[],
                (true, false, _) => &[1, 5],
                (true, true, false) => &[1, 2, 4, 5],
                (true, true, true) => &[1, 2, 3, 4, 5],
            };
            assert_eq!(ids(db), expected, "kept: {kept:03b}");
            Counter::query().delete(db).unwrap();
        }
    }

    fn a_savepoint_lets_the_transaction_go_on_after_an_error(db: &Db) {
        db.create_all::<Counters>().unwrap();
        db.transaction(|tx| {
            tx.insert(counter(1))?;
            for _ in 0..3 {
                let error = tx.transaction(|inner| inner.insert(counter(1))).unwrap_err();
                assert!(error.is_unique_violation());
                let error = tx.transaction(|inner| inner.execute_sql("SELECT no_such_function()"));
                assert_eq!(error.unwrap_err().code(), ErrorCode::QueryError);
                // An error that the closure keeps to itself.
                let kept = tx.transaction(|inner| {
                    let _ = inner.insert(counter(1));
                    Ok(())
                });
                assert_eq!(kept.is_ok(), db.dialect() == Dialect::Sqlite, "{kept:?}");
            }
            tx.insert(counter(2))
        })
        .unwrap();
        assert_eq!(ids(db), [1, 2]);
    }

    fn a_batch_inside_of_a_transaction_is_all_or_none(db: &Db) {
        db.create_all::<Counters>().unwrap();
        let rows: Vec<_> = (0..5000).chain([4999]).map(counter).collect();
        db.transaction(|tx| {
            tx.insert(counter(-1))?;
            let error = tx.insert_all(&rows).unwrap_err();
            assert!(error.is_unique_violation());
            assert_eq!(ids(tx), [-1]);
            tx.insert_all(&rows[..5000])
        })
        .unwrap();
        assert_eq!(ids(db).len(), 5001);
    }

    fn the_handle_inside_of_its_own_transaction(db: &Db) {
        db.create_all::<Counters>().unwrap();
        let clone = db.clone();
        let refused = |result: mizzle::Result<()>| {
            let error = result.unwrap_err();
            assert_eq!(error.code(), ErrorCode::TransactionError, "{error:?}");
            assert!(error.troubleshooting().join(" ").contains("closure"), "{error:?}");
        };
        let start = Stopwatch::start();
        db.transaction(|tx| {
            refused(db.insert(counter(1)).map(drop));
            refused(clone.execute_sql("SELECT 1"));
            refused(db.transaction(|_| Ok(())));
            refused(db.with_connection(|_| Ok(())));
            refused(db.transaction_builder().run(|_| Ok(())));
            refused(Counter::query().all(db).map(drop));
            tx.transaction(|_| {
                refused(Counter::query().all(&clone).map(drop));
                Ok(())
            })?;
            tx.insert(counter(2))
        })
        .unwrap();
        db.with_connection(|_| {
            refused(db.insert(counter(1)).map(drop));
            refused(db.transaction(|_| Ok(())));
            refused(db.with_connection(|_| Ok(())));
            Ok(())
        })
        .unwrap();
        assert!(start.within(Duration::from_secs(2)), "it waited for itself");
        assert_eq!(ids(db), [2]);
    }

    fn other_threads_are_free_meanwhile(db: &Db) {
        db.create_all::<Counters>().unwrap();
        db.transaction(|tx| {
            tx.insert(counter(1))?;
            std::thread::scope(|scope| {
                let seen = scope.spawn(|| ids(db)).join().expect("the other thread");
                assert!(seen.is_empty(), "what isn't committed is not seen");
            });
            Ok(())
        })
        .unwrap();
        assert_eq!(ids(db), [1]);
    }

    fn the_outer_handle_inside_of_the_inner_closure(db: &Db) {
        db.create_all::<Counters>().unwrap();
        db.transaction(|outer| {
            outer.transaction(|inner| {
                let error = outer.insert(counter(1)).unwrap_err();
                assert_eq!(error.code(), ErrorCode::TransactionError, "{error:?}");
                assert!(outer.transaction(|_| Ok(())).is_err());
                assert!(outer.with_connection(|_| Ok(())).is_err());
                inner.insert(counter(2))
            })?;
            outer.insert(counter(3))
        })
        .unwrap();
        assert_eq!(ids(db), [2, 3]);
    }

    fn a_transaction_that_sql_text_ended(db: &Db) {
        db.create_all::<Counters>().unwrap();
        let ended = |error: Error| assert_eq!(error.code(), ErrorCode::TransactionError, "{error:?}");
        ended(db.transaction(|tx| tx.execute_sql("COMMIT")).unwrap_err());
        let result = db.transaction(|tx| {
            tx.insert(counter(1))?;
            tx.execute_sql("ROLLBACK")?;
            // Nothing of this would be taken back.
            ended(tx.insert(counter(2)).unwrap_err());
            ended(tx.transaction(|inner| inner.insert(counter(3))).unwrap_err());
            Ok(())
        });
        ended(result.unwrap_err());
        assert!(ids(db).is_empty());
        let nested = db.transaction(|tx| tx.transaction(|inner| inner.execute_sql("ROLLBACK")));
        ended(nested.unwrap_err());
        db.transaction(|tx| tx.insert(counter(4))).unwrap();
        assert_eq!(ids(db), [4]);
    }

    fn an_applications_own_error(db: &Db) {
        db.create_all::<Counters>().unwrap();
        let broke = db.try_transaction(|tx| {
            tx.insert(counter(1))?;
            tx.try_transaction(|inner| {
                inner.insert(counter(2))?;
                Err::<(), _>(ShopError::Broke { missing: 5 })
            })
        });
        assert_eq!(broke, Err(ShopError::Broke { missing: 5 }));
        let failed = db.try_transaction(|tx| {
            tx.insert_all([counter(1), counter(1)])?;
            Ok::<_, ShopError>(())
        });
        assert_eq!(failed, Err(ShopError::Database(ErrorCode::ConstraintError)));
        assert!(ids(db).is_empty());
        let builder = db.transaction_builder();
        assert_eq!(builder.try_run(|tx| Ok::<_, ShopError>(tx.insert(counter(1))?.id)), Ok(1));

        let error = db.transaction(|_| Err::<(), _>(Error::application(ShopError::Broke { missing: 7 })));
        let error = error.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ApplicationError);
        assert_eq!(error.downcast_ref(), Some(&ShopError::Broke { missing: 7 }));
        assert!(error.downcast_ref::<fmt::Error>().is_none());
        assert!(!error.is_temporary());
    }

    fn diesels_own_transactions_nest(db: &Db) {
        use diesel::{Connection, RunQueryDsl};

        db.create_all::<Counters>().unwrap();
        let insert = |id| diesel::insert_into(counters::table).values(counter(id));
        db.transaction(|tx| {
            tx.insert(counter(1))?;
            tx.with_connection(|connection| {
                let rolled_back = connection.transaction(|connection| {
                    insert(2).execute(connection)?;
                    Err::<(), _>(diesel::result::Error::RollbackTransaction)
                });
                assert_eq!(rolled_back, Err(diesel::result::Error::RollbackTransaction));
                connection.transaction(|connection| insert(3).execute(connection))?;
                Ok(())
            })?;
            tx.transaction(|inner| inner.insert(counter(4)))
        })
        .unwrap();
        db.with_connection(|connection| {
            connection.transaction::<_, diesel::result::Error, _>(|connection| {
                insert(5).execute(connection)
            })?;
            Ok(())
        })
        .unwrap();
        assert_eq!(ids(db), [1, 3, 4, 5]);
    }
}

/// A connection on which SQL text left a transaction open must not come back to the next caller.
fn no_transaction_is_left_open(db: &Db) {
    use diesel::connection::SimpleConnection;

    db.create_all::<Counters>().unwrap();
    db.insert(counter(1)).unwrap();
    for begin in ["BEGIN", "SAVEPOINT mine", "BEGIN; SELECT 1"] {
        if begin.starts_with("SAVEPOINT") && db.dialect() == Dialect::Postgres {
            continue;
        }
        db.execute_sql(&format!("{begin}; INSERT INTO counters (id) VALUES (2)")).unwrap();
        assert_eq!(ids(db), [1], "{begin}");
        db.with_connection(|connection| {
            connection.batch_execute(begin)?;
            connection.batch_execute("INSERT INTO counters (id) VALUES (3)")?;
            Ok(())
        })
        .unwrap();
        assert_eq!(ids(db), [1], "{begin}");
        let panicked = quietly(|| {
            db.with_connection(|connection| -> mizzle::Result<()> {
                connection.batch_execute(begin)?;
                connection.batch_execute("INSERT INTO counters (id) VALUES (4)")?;
                panic!("on purpose")
            })
        });
        assert!(panicked.is_err());
        assert_eq!(ids(db), [1], "{begin}");
        // diesel's own bookkeeping must not stay open either.
        db.with_connection(|connection| {
            use diesel::connection::{AnsiTransactionManager, TransactionManager};
            AnsiTransactionManager::begin_transaction(connection)?;
            AnsiTransactionManager::begin_transaction(connection)?;
            connection.batch_execute("INSERT INTO counters (id) VALUES (5)")?;
            Ok(())
        })
        .unwrap();
        db.transaction(|tx| tx.insert(counter(6))).unwrap();
        assert_eq!(ids(db), [1, 6], "{begin}");
        db.delete_by_key::<Counter>(6).unwrap();
    }
}

#[test]
fn the_pool_gets_no_open_transaction_back() {
    each_url!(|url| {
        no_transaction_is_left_open(&Db::builder(url).pool_size(1).connect().unwrap());
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn a_database_in_memory_outlives_an_open_transaction() {
    no_transaction_is_left_open(&Db::connect("sqlite::memory:").unwrap());
}

#[test]
fn a_pool_of_one_does_not_wait_for_itself() {
    each_url!(|url| {
        let db = Db::builder(url).pool_size(1).connect().unwrap();
        db.create_all::<Counters>().unwrap();
        let start = Stopwatch::start();
        db.transaction(|tx| {
            let error = db.insert(counter(1)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::TransactionError);
            tx.insert(counter(2))
        })
        .unwrap();
        assert!(start.within(Duration::from_secs(2)));
        assert_eq!(ids(&db), [2]);
    });
}
