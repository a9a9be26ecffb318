//! Networks that break.

use std::thread;
use std::time::Duration;

use mizzle::ErrorCode;
use mizzle::prelude::*;

use crate::proxy::{Mode, Proxy};
use crate::server::Server;
use crate::ticks::Stopwatch;
use crate::{Entries, Entry, entries, entry, eventually, own_server};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "shelves", has_many(books = Book))]
struct Shelf {
    #[column(primary_key)]
    id: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "books")]
struct Book {
    #[column(primary_key)]
    id: i64,
    #[column(references(Shelf))]
    shelf_id: i64,
}

mizzle::schema!(Library = [Shelf, Book]);

/// `limit` is how long a statement and connecting may take: short where that is looked at, and else longer than a busy machine
/// needs.
fn behind_proxy(limit: Duration, body: impl FnOnce(&Server, &Proxy, &Db)) {
    let Some(server) = own_server("") else { return };
    server.up().unwrap();
    Db::connect(&server.url()).unwrap().create_all::<Entries>().unwrap();
    let proxy = Proxy::to(server.port());
    let db = Db::builder(&server.url_at(proxy.port()))
        .pool_size(2)
        .checkout_timeout(2 * limit)
        .connect_timeout(limit)
        .statement_timeout(Some(limit))
        .connect()
        .unwrap();
    body(&server, &proxy, &db);
}

/// Packets vanish: every call ends by its deadline all the same, and works once they pass again.
#[test]
fn silence() {
    behind_proxy(SECOND, |server, proxy, db| {
        db.insert(entry(0)).unwrap();
        proxy.set(Mode::Drop);
        // The statement timeout and a second for the way.
        let start = Stopwatch::start();
        let error = db.insert(entry(1)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
        assert!(error.is_connection_lost() && error.to_string().contains("2000 ms"), "{error:?}");
        assert!(error.sql().unwrap().starts_with("INSERT") && !error.troubleshooting().is_empty());
        assert!(start.elapsed() >= 2 * SECOND && start.within(4 * SECOND), "{start:?}");

        // A new connection can't be made either: the checkout timeout.
        let start = Stopwatch::start();
        let error = db.insert(entry(2)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
        assert!(start.elapsed() >= 2 * SECOND && start.within(4 * SECOND), "{start:?}");
        let start = Stopwatch::start();
        let error = db.ping(SECOND).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
        assert!(start.within(3 * SECOND), "{start:?}");

        proxy.set(Mode::Pass);
        db.insert(entry(3)).unwrap();
        let direct = Db::connect(&server.url()).unwrap();
        let tokens: Vec<i64> =
            direct.load(entries::table.select(entries::token).order(entries::token)).unwrap();
        assert_eq!(tokens, [0, 3]);
    });
}

/// In a transaction, too: nothing of it stays.
#[test]
fn silence_in_a_transaction() {
    behind_proxy(SECOND, |_, proxy, db| {
        let start = Stopwatch::start();
        let error = db
            .transaction(|tx| {
                tx.insert(entry(1))?;
                proxy.set(Mode::Drop);
                tx.insert(entry(2))
            })
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
        assert!(start.within(4 * SECOND), "{start:?}");
        proxy.set(Mode::Pass);
        proxy.reset();
        assert_eq!(db.count(entries::table).unwrap(), 0);
    });
}

/// Connections are broken off: writes fail, once for each, and reads are run again.
#[test]
fn resets() {
    behind_proxy(60 * SECOND, |_, proxy, db| {
        for round in 0..20 {
            db.insert(entry(round)).unwrap();
            proxy.reset();
            if round % 2 == 0 {
                let error = db.insert(entry(-1)).unwrap_err();
                assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
            } else {
                let rows = Entry::query().filter(entries::token.eq(round)).all(db).unwrap();
                assert_eq!(rows.len(), 1);
            }
        }
        assert_eq!(Entry::query().filter(entries::token.ge(0)).count(db).unwrap(), 20);
        // All ways to read.
        let row = Entry::query().order_by(entries::id).first(db).unwrap().unwrap();
        db.create_all::<Library>().unwrap();
        let shelf = db.insert(Shelf { id: 1 }).unwrap();
        db.insert(Book { id: 2, shelf_id: 1 }).unwrap();
        let shelves = || vec![shelf.clone()];
        let reads: [&dyn Fn() -> mizzle::Result<bool>; 10] = [
            &|| Ok(db.find::<Entry>(row.id)?.is_some()),
            &|| Ok(db.get::<Entry>(row.id)?.token == 0),
            &|| Ok(db.load::<Entry, _>(entries::table)?.len() >= 20),
            &|| Ok(db.first::<Entry, _>(entries::table)?.is_some()),
            &|| Ok(db.one::<Entry, _>(entries::table.find(row.id))?.token == 0),
            &|| Ok(db.count(entries::table)? >= 20),
            &|| Entry::query().exists(db),
            &|| Ok(Entry::query().order_by(entries::id).page(db, 1, 5)?.items.len() == 5),
            &|| Ok(Shelf::books().load_for(db, shelves())?[0].books.len() == 1),
            &|| Ok(Shelf::books().counts(db, &shelves())? == [1]),
        ];
        for (which, read) in reads.iter().enumerate() {
            proxy.reset();
            assert!(read().unwrap(), "read {which}");
        }
        // Not in a transaction.
        let error = db
            .transaction(|tx| {
                proxy.reset();
                tx.find::<Entry>(row.id)
            })
            .unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        // Not if the setting is off.
        let strict = db.transaction_builder();
        strict.read_only().run(|tx| tx.find::<Entry>(row.id)).unwrap();
    });
}

/// What looks like a read but writes is not run again.
#[test]
fn a_read_that_writes_is_not_run_again() {
    behind_proxy(60 * SECOND, |server, proxy, db| {
        db.execute_sql(
            "CREATE FUNCTION note(t bigint) RETURNS bigint LANGUAGE plpgsql AS $$ \
             BEGIN INSERT INTO entries (token) VALUES (t); PERFORM pg_advisory_xact_lock(7); RETURN t; END $$",
        )
        .unwrap();
        let direct = Db::connect(&server.url()).unwrap();
        let holder = Db::connect(&server.url()).unwrap();
        let calls = [
            "SELECT note(1)",
            "WITH new AS (INSERT INTO entries (token) VALUES (2) RETURNING token) \
             SELECT new.token FROM new, pg_advisory_xact_lock(7)",
        ];
        for (sql, token) in calls.iter().zip(1_i64..) {
            let number = |sql: &str| -> i64 {
                direct.one(diesel::dsl::sql::<diesel::sql_types::BigInt>(sql)).unwrap()
            };
            thread::scope(|scope| {
                let (ready, is_ready) = std::sync::mpsc::channel();
                let (holder, number) = (&holder, &number);
                // The call waits for a lock, until its connection is lost.
                scope.spawn(move || {
                    let waiting =
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
                    let held = holder.transaction(|tx| {
                        tx.execute_sql("SELECT pg_advisory_xact_lock(7)")?;
                        ready.send(()).unwrap();
                        eventually("the call", || number(waiting) == 1);
                        proxy.reset();
                        Ok(())
                    });
                    held.unwrap();
                });
                is_ready.recv().unwrap();
                let query = diesel::dsl::sql::<diesel::sql_types::BigInt>(sql);
                let error = db.one::<i64, _>(query).unwrap_err();
                assert!(error.is_connection_lost(), "{error:?}");
            });
            let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                          AND state = 'active' AND pid <> pg_backend_pid()";
            eventually("the end of the call", || number(others) == 0);
            let count = Entry::query().filter(entries::token.eq(token)).count(&direct).unwrap();
            assert!(count <= 1, "{sql} ran {count} times");
        }
        let strict =
            Db::builder(&server.url_at(proxy.port())).retry_reads(false).connect().unwrap();
        strict.count(entries::table).unwrap();
        proxy.reset();
        assert!(strict.count(entries::table).unwrap_err().is_connection_lost());
    });
}

/// A slow network isn't broken; the server ends a slow statement, and the connection stays.
#[test]
fn delays() {
    behind_proxy(SECOND, |_, proxy, db| {
        proxy.delay(Duration::from_millis(100));
        let start = Stopwatch::start();
        for token in 0..3 {
            db.insert(entry(token)).unwrap();
        }
        assert!(start.elapsed() >= Duration::from_millis(600));
        assert_eq!(db.count(entries::table).unwrap(), 3);
        proxy.delay(Duration::from_millis(200));
        let start = Stopwatch::start();
        let error = db.execute_sql("SELECT pg_sleep(10)").unwrap_err();
        assert!(error.is_timeout() && error.is_temporary(), "{error:?}");
        assert_eq!(error.database_code(), Some("57014"));
        assert!(!error.is_connection_lost() && start.within(4 * SECOND));
        proxy.delay(Duration::ZERO);
        let before = db.pool_status().connections;
        db.insert(entry(3)).unwrap();
        assert_eq!(db.pool_status().connections, before);
        // More than the way takes: the deadline holds.
        proxy.delay(3 * SECOND);
        let start = Stopwatch::start();
        let error = db.insert(entry(4)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
        assert!(start.within(4 * SECOND), "{start:?}");
    });
}

/// Much in one statement under a deadline, and the same if the server reads too slowly.
#[test]
fn large_statements() {
    behind_proxy(60 * SECOND, |server, proxy, db| {
        let rows: Vec<_> = (0..50_000).map(entry).collect();
        assert_eq!(db.insert_all(&rows).unwrap(), rows.len() as u64);
        assert_eq!(db.load::<Entry, _>(entries::table).unwrap().len(), rows.len());
        let long = "x".repeat(40 << 20);
        let echo = |db: &Db| {
            let query = diesel::select(
                diesel::dsl::sql::<diesel::sql_types::BigInt>("length(")
                    .bind::<diesel::sql_types::Text, _>(&long)
                    .sql(")::bigint"),
            );
            db.one::<i64, _>(query)
        };
        assert_eq!(echo(db).unwrap(), long.len() as i64);
        let quick = Db::builder(&server.url_at(proxy.port()))
            .connect_timeout(60 * SECOND)
            .statement_timeout(Some(SECOND))
            .connect()
            .unwrap();
        proxy.delay(Duration::from_millis(200));
        let start = Stopwatch::start();
        let error = echo(&quick).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
        assert!(start.within(12 * SECOND), "{start:?}");
    });
}

/// A silent first host leaves some of the time for the next.
#[test]
fn several_hosts() {
    behind_proxy(60 * SECOND, |server, proxy, _| {
        proxy.set(Mode::Drop);
        let url = server.url_at(proxy.port());
        let place = format!("127.0.0.1:{}", proxy.port());
        let both = format!("{place},localhost:{}", server.port());
        let connect = |hosts: &str| {
            Db::builder(&url.replace(&place, hosts)).connect_timeout(8 * SECOND).connect()
        };
        let db = connect(&both).unwrap();
        db.count(entries::table).unwrap();
        // What a host is decides, too.
        proxy.set(Mode::Refuse);
        let primary = |wanted: &str| {
            let url = url.replace(&place, &both);
            Db::builder(&format!("{url}?target_session_attrs={wanted}"))
                .connect_timeout(8 * SECOND)
                .connect()
        };
        primary("read-write").unwrap();
        primary("prefer-standby").unwrap();
        assert_eq!(primary("standby").unwrap_err().code(), ErrorCode::NetworkError);
        connect(&both).unwrap();
        assert_eq!(connect(&place).unwrap_err().code(), ErrorCode::NetworkError);
        let error = connect(&format!("nowhere.invalid,{place}")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::DnsError, "{error:?}");
        connect(&format!("nowhere.invalid:1,localhost:{}", server.port())).unwrap();
    });
}

/// A pool whose server is silent keeps no other from opening connections.
#[test]
fn a_silent_server_and_a_healthy_one() {
    behind_proxy(60 * SECOND, |server, proxy, _| {
        let silent = Db::builder(&server.url_at(proxy.port()))
            .pool_size(8)
            .connect_timeout(60 * SECOND)
            .checkout_timeout(60 * SECOND)
            .connect()
            .unwrap();
        let healthy = Db::builder(&server.url())
            .pool_size(4)
            .checkout_timeout(60 * SECOND)
            .connect()
            .unwrap();
        let (ask, asked) = std::sync::mpsc::channel();
        let opened = thread::scope(|scope| {
            let opened = silent.with_connection(|_| {
                proxy.set(Mode::Drop);
                // These wait for connections, which are being opened meanwhile.
                for _ in 0..6 {
                    let (silent, ask) = (&silent, ask.clone());
                    scope.spawn(move || {
                        ask.send(()).unwrap();
                        let _ = silent.ping(60 * SECOND);
                    });
                }
                for _ in 0..6 {
                    asked.recv().unwrap();
                }
                thread::sleep(SECOND / 5);
                // Each needs one more.
                healthy.transaction(|_| {
                    let nested = || {
                        healthy.transaction(|tx| {
                            let count = || healthy.count(entries::table);
                            let other = thread::scope(|scope| scope.spawn(count).join().unwrap())?;
                            Ok((tx.count(entries::table)?, other))
                        })
                    };
                    thread::scope(|scope| scope.spawn(nested).join().unwrap())
                })
            });
            proxy.set(Mode::Pass);
            proxy.reset();
            opened
        });
        assert_eq!(opened.unwrap(), (0, 0));
    });
}
