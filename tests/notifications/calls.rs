//! What is told, and when.

use std::thread;

use mizzle::ErrorCode;
use mizzle::manager::{ConnectionManager, ManagerConfig};
use mizzle::prelude::*;
use test_support::{each_url, on_each_database};

use super::{next, until};

#[derive(Table, Debug, Clone, PartialEq)]
struct Counter {
    #[column(primary_key)]
    id: i64,
    value: i64,
}

mizzle::schema!(Counting = [Counter]);

on_each_database! {
    fn transactions_are_told_when_they_are_committed(db: &Db) {
        let mut listener = db.listen("c").unwrap();
        for number in 0..100 {
            db.notify("c", &number.to_string()).unwrap();
        }
        db.transaction(|tx| {
            tx.notify("c", "in")?;
            // Told before the transaction that began first.
            thread::scope(|scope| scope.spawn(|| db.notify("c", "out")).join().unwrap())?;
            tx.notify("c", "in again")?;
            // As on PostgreSQL, the same is told once.
            tx.notify("c", "in")
        })
        .unwrap();
        let rolled_back: mizzle::Result<()> = db.transaction(|tx| {
            tx.notify("c", "never")?;
            Err(mizzle::Error::application("no"))
        });
        rolled_back.unwrap_err();
        db.notify("c", "end").unwrap();
        let mut expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        expected.extend(["out", "in", "in again"].map(Into::into));
        assert_eq!(until(&mut listener, "end"), expected);
    }

    fn savepoints_take_their_notifications_with_them(db: &Db) {
        let mut listener = db.listen("c").unwrap();
        db.transaction(|tx| {
            let undone = |inner: &Tx<'_>| -> mizzle::Result<()> {
                inner.notify("c", "undone")?;
                inner.transaction(|inner| inner.notify("c", "undone with the outer one"))?;
                Err(mizzle::Error::application("no"))
            };
            // Before any notification, and after one.
            tx.transaction(undone).unwrap_err();
            tx.notify("c", "a")?;
            tx.transaction(undone).unwrap_err();
            tx.transaction(|inner| inner.notify("c", "b"))?;
            // The same in SQL text.
            tx.execute_sql("SAVEPOINT \"s 1\"")?;
            tx.notify("c", "undone by text")?;
            tx.execute_sql("/* a */ rollback to savepoint \"s 1\"; RELEASE \"s 1\"")?;
            tx.execute_sql("SAVEPOINT s; SAVEPOINT s")?;
            tx.notify("c", "c")?;
            tx.execute_sql("RELEASE s")?;
            tx.notify("c", "d")?;
            tx.execute_sql("SAVEPOINT t")?;
            tx.notify("c", "undone once more")?;
            tx.execute_sql("ROLLBACK TO t")?;
            tx.notify("c", "undone once more")?;
            tx.execute_sql("ROLLBACK TO t; RELEASE s")?;
            // What was undone can be told after all.
            tx.notify("c", "undone")
        })
        .unwrap();
        db.transaction(|tx| {
            tx.execute_sql("SAVEPOINT s")?;
            tx.notify("c", "undone")?;
            tx.execute_sql("ROLLBACK TO s")
        })
        .unwrap();
        db.notify("c", "end").unwrap();
        assert_eq!(until(&mut listener, "end"), ["a", "b", "c", "d", "undone"]);
    }

    fn a_failed_transaction_tells_nothing(db: &Db) {
        db.create_all::<Counting>().unwrap();
        let mut listener = db.listen("c").unwrap();
        let counter = || NewCounter::builder().id(1).value(0).build();
        db.insert(counter()).unwrap();
        let failed = db.transaction(|tx| {
            tx.notify("c", "never")?;
            tx.insert(counter())
        });
        assert!(failed.unwrap_err().is_unique_violation());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            db.transaction(|tx| -> mizzle::Result<()> {
                tx.notify("c", "never")?;
                panic!("on purpose")
            })
        }));
        panicked.unwrap_err();
        db.notify("c", "end").unwrap();
        assert_eq!(until(&mut listener, "end"), [""; 0]);
    }

    fn channels_are_apart_and_have_any_name(db: &Db) {
        let long = "x".repeat(63);
        let names = ["orders", "Orders", "a \"b\" 'c'", "sö;me--\\ \u{1F600}", "SELECT", long.as_str()];
        let mut all = db.listen(names).unwrap();
        let mut one = db.listen("Orders".to_owned()).unwrap();
        let mut twice = db.listen(vec!["orders", "orders"]).unwrap();
        for name in names {
            db.notify(name, name).unwrap();
        }
        db.notify("nobody listens", "never").unwrap();
        for name in names {
            assert_eq!(next(&mut all), (name.to_owned(), name.to_owned()));
        }
        for end in ["orders", "Orders"] {
            db.notify(end, "end").unwrap();
        }
        assert_eq!(until(&mut one, "end"), ["Orders"]);
        assert_eq!(until(&mut twice, "end"), ["orders"]);
        assert_eq!(until(&mut all, "end"), [""; 0]);
    }

    fn payloads_arrive_as_they_are(db: &Db) {
        let mut listener = db.listen(["c"].as_slice()).unwrap();
        let longest = "ü".repeat(3999) + "x";
        for payload in ["", " ", "it's; -- \\ \"x\" $1 {}\n\r\t\u{1}", "\u{1F600}é\u{feff}", &longest] {
            db.notify("c", payload).unwrap();
            assert_eq!(next(&mut listener), ("c".to_owned(), payload.to_owned()));
        }
        let mut refused = |channel: &str, payload: &str| {
            // The transaction goes on.
            db.transaction(|tx| {
                let error = tx.notify(channel, payload).unwrap_err();
                assert_eq!(error.code(), ErrorCode::ValueError, "{error:?}");
                assert!(!format!("{error:?}").contains("xxxx"), "{error:?}");
                tx.notify("c", "after")
            })
            .unwrap();
            assert_eq!(next(&mut listener).1, "after");
        };
        refused("c", &"x".repeat(8000));
        refused("c", "xxxx\0");
        refused("", "xxxx");
        refused("c\0", "");
        refused(&"x".repeat(64), "");
        for channel in ["", "a\0b", &"x".repeat(64)] {
            assert_eq!(db.listen(channel).unwrap_err().code(), ErrorCode::ValueError);
        }
        assert_eq!(db.listen([""; 0]).unwrap_err().code(), ErrorCode::ConfigError);
        assert!(listener.next_within(std::time::Duration::ZERO).is_none());
    }

    fn many_at_once_all_arrive(db: &Db) {
        const SENDERS: usize = 5;
        const EACH: usize = 2000;
        let mut listener = db.listen("c").unwrap();
        thread::scope(|scope| {
            for sender in 0..SENDERS {
                scope.spawn(move || {
                    for number in 0..EACH {
                        db.notify("c", &format!("{sender} {number}")).unwrap();
                    }
                });
            }
            let mut next_of = [0; SENDERS];
            for _ in 0..SENDERS * EACH {
                let (_, payload) = next(&mut listener);
                let (sender, number) = payload.split_once(' ').unwrap();
                let place = &mut next_of[sender.parse::<usize>().unwrap()];
                assert_eq!(number, place.to_string());
                *place += 1;
            }
        });
        db.notify("c", "end").unwrap();
        assert_eq!(next(&mut listener).1, "end");
    }

    /// Each transaction knows its place among all by a counter.
    fn they_come_in_the_order_of_the_commits(db: &Db) {
        const THREADS: i64 = 4;
        const EACH: i64 = 100;
        db.create_all::<Counting>().unwrap();
        db.insert(NewCounter::builder().id(1).value(0).build()).unwrap();
        let mut listener = db.listen("c").unwrap();
        thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || {
                    for round in 0..EACH {
                        let done = db.transaction(|tx| {
                            let value: i64 = tx.one(
                                diesel::update(counters::table)
                                    .set(counters::value.eq(counters::value + 1))
                                    .returning(counters::value),
                            )?;
                            tx.notify("c", &value.to_string())?;
                            if (thread + round) % 5 == 0 {
                                return Err(mizzle::Error::application("no"));
                            }
                            Ok(())
                        });
                        assert!(done.is_ok() || (thread + round) % 5 == 0, "{done:?}");
                    }
                });
            }
        });
        let last = db.get::<Counter>(1).unwrap().value;
        db.notify("c", "end").unwrap();
        let expected: Vec<String> = (1..=last).map(|value| value.to_string()).collect();
        assert_eq!(until(&mut listener, "end"), expected);
        assert_eq!(last, THREADS * EACH * 4 / 5);
    }

    fn a_listener_hears_from_its_beginning_to_its_end(db: &Db) {
        db.notify("c", "before").unwrap();
        let mut first = db.listen("c").unwrap();
        db.notify("c", "1").unwrap();
        let second = db.listen("c").unwrap();
        drop(second);
        db.notify("c", "2").unwrap();
        assert_eq!((next(&mut first).1, next(&mut first).1), ("1".to_owned(), "2".to_owned()));
        // No connection of the pool listens.
        assert!(!first.is_closed());
        assert_eq!(format!("{first:?}"), "Listener { channels: [\"c\"], .. }");
    }
}

#[test]
fn disconnecting_ends_the_listeners() {
    each_url!(|url| {
        let manager = ConnectionManager::with_config(ManagerConfig::new(Db::builder(url)));
        let db = manager.initialize().unwrap();
        let mut listener = db.listen("c").unwrap();
        let waits = thread::spawn(move || (listener.next(), listener.next(), listener.is_closed()));
        db.notify("c", "last").unwrap();
        manager.disconnect();
        let (first, second, is_closed) = waits.join().unwrap();
        // The last one may have been on its way.
        assert!(first.is_none() || second.is_none());
        assert!(is_closed);
        assert_eq!(db.listen("c").unwrap_err().code(), ErrorCode::ConfigError);
    });
}

/// On SQLite, another handle is another program.
#[cfg(feature = "sqlite")]
#[test]
fn sqlite_tells_the_same_handle_alone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let builder = Db::builder(&url);
    let (first, second) = (builder.clone().connect().unwrap(), builder.connect().unwrap());
    let mut listener = first.listen("c").unwrap();
    second.notify("c", "never").unwrap();
    first.clone().notify("c", "end").unwrap();
    assert_eq!(until(&mut listener, "end"), [""; 0]);
    assert!(listener.next_within(std::time::Duration::ZERO).is_none());
}

/// Beyond the bound there is a gap, and what comes then is told.
#[cfg(feature = "sqlite")]
#[test]
fn a_slow_reader_gets_a_gap() {
    let db = Db::connect("sqlite::memory:").unwrap();
    let mut listener = db.listen("c").unwrap();
    for number in 0..66_000 {
        db.notify("c", &number.to_string()).unwrap();
    }
    for number in 0..65_536 {
        assert_eq!(next(&mut listener).1, number.to_string());
    }
    db.notify("c", "after").unwrap();
    assert_eq!(listener.next_within(super::LIMIT), Some(mizzle::Event::Gap));
    assert_eq!(next(&mut listener).1, "after");
}
