//! Servers that refuse, and connections that they end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use diesel::sql_types::Integer;
use mizzle::manager::{ConnectionState, ManagerConfig};
use mizzle::prelude::*;
use mizzle::{Backoff, ConnectionManager, Error, ErrorCategory, ErrorCode, TlsMode};

use crate::server::Server;
use crate::ticks::Stopwatch;
use crate::{Entries, Entry, entries, entry, own_server};

/// A manager that counts how often it waits, and the error of its initialization.
fn refused(builder: mizzle::DbBuilder, code: ErrorCode) -> (ConnectionManager, Error) {
    let config =
        ManagerConfig::new(builder).max_retries(2).backoff(Backoff::new(Duration::from_millis(10)));
    let manager = ConnectionManager::with_config(config);
    let error = manager.initialize().unwrap_err();
    assert_eq!(error.code(), code, "{error:?}");
    assert!(!error.troubleshooting().is_empty(), "{error:?}");
    let status = manager.status();
    let report = status.last_error.unwrap();
    assert_eq!((report.code, report.temporary), (code, error.is_temporary()));
    assert_eq!(report.message, error.to_string());
    // Permanent errors are not tried again while somebody waits.
    assert_eq!(status.retry_count, if error.is_temporary() { 2 } else { 0 }, "{error:?}");
    assert_eq!(status.state, ConnectionState::Reconnecting);
    (manager, error)
}

#[test]
fn what_a_server_refuses() {
    let Some(server) = own_server("max_connections = 10") else { return };
    server.up().unwrap();
    let url = server.url();
    let (start, rest) = url.split_once("://mizzle:").unwrap();
    let (password, place) = rest.split_once('@').unwrap();

    let wrong = format!("{start}://mizzle:s3cret@{place}");
    let (_, error) = refused(Db::builder(&wrong), ErrorCode::AuthFailed);
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");

    let unknown = format!("{start}://mizzle:{password}@{}", place.replace("/postgres", "/nowhere"));
    let (manager, error) = refused(Db::builder(&unknown), ErrorCode::DatabaseNotFound);
    assert!(error.to_string().contains("nowhere"));
    drop(manager);

    let nowhere = format!("{start}://mizzle:{password}@nowhere.invalid/postgres");
    let (_, error) = refused(Db::builder(&nowhere), ErrorCode::DnsError);
    assert!(error.is_temporary());

    let (_, error) = refused(Db::builder(&url).tls(TlsMode::Require), ErrorCode::SslError);
    assert_eq!(error.category(), ErrorCategory::SslError);
    // The URL comes first.
    Db::builder(&format!("{url}?sslmode=disable")).tls(TlsMode::Require).connect().unwrap();
    let missing =
        Db::builder(&url).tls(TlsMode::VerifyFull).tls_root_certificate("/nowhere/root.crt");
    refused(missing, ErrorCode::SslError);

    // More connections than the server takes: three are kept for superusers, which `mizzle` is.
    let all: Vec<Db> = (0..10).map_while(|_| Db::connect(&url).ok()).collect();
    assert!(all.len() >= 7, "{}", all.len());
    let (manager, error) = refused(Db::builder(&url), ErrorCode::PoolExhausted);
    assert!(error.is_temporary());
    assert_eq!(error.database_code(), Some("53300"));
    drop(all);
    crate::eventually("room on the server", || manager.reconnect().is_ok());
    manager.db().unwrap().execute_sql("SELECT 1").unwrap();
}

/// A pool that has connections goes on when the server takes no more of them.
#[test]
fn a_full_server_is_not_an_outage() {
    let Some(server) = own_server("max_connections = 6\nsuperuser_reserved_connections = 0") else {
        return;
    };
    server.up().unwrap();
    let builder = Db::builder(&server.url()).pool_size(4).checkout_timeout(Duration::from_secs(1));
    let manager = ConnectionManager::with_config(ManagerConfig::new(builder));
    let db = manager.initialize().unwrap();
    db.execute_sql("SELECT 1").unwrap();
    let others: Vec<Db> = (0..10).map_while(|_| Db::connect(&server.url()).ok()).collect();
    db.with_connection(|_| {
        // Another one is wanted, and refused.
        let error =
            thread::scope(|scope| scope.spawn(|| db.execute_sql("SELECT 1")).join().unwrap());
        let error = error.unwrap_err();
        assert_eq!(error.code(), ErrorCode::PoolExhausted, "{error:?}");
        assert!(error.to_string().contains("too many"), "{error}");
        Ok(())
    })
    .unwrap();
    thread::sleep(Duration::from_millis(300));
    assert!(manager.is_connected(), "{:?}", manager.status());
    db.execute_sql("SELECT 1").unwrap();
    drop(others);
}

fn with_two(body: impl FnOnce(&Server, &ConnectionManager, &Db, &Db)) {
    let Some(server) = own_server("") else { return };
    server.up().unwrap();
    let manager =
        ConnectionManager::with_config(ManagerConfig::new(Db::builder(&server.url()).pool_size(1)));
    let db = manager.initialize().unwrap();
    db.create_all::<Entries>().unwrap();
    let other = Db::connect(&server.url()).unwrap();
    body(&server, &manager, &db, &other);
}

fn pid(on: &impl Executor) -> i32 {
    on.one(diesel::dsl::sql::<Integer>("SELECT pg_backend_pid()")).unwrap()
}

fn terminate(pid: i32, other: &Db) {
    other
        .execute(diesel::sql_query("SELECT pg_terminate_backend($1, 5000)").bind::<Integer, _>(pid))
        .unwrap();
}

/// One backend's end is no outage: the manager stays connected.
#[test]
fn a_backend_that_is_terminated() {
    with_two(|_, manager, db, other| {
        for token in 0..5 {
            // Outside of a transaction, a read runs again and a write fails.
            terminate(pid(db), other);
            assert_eq!(i64::try_from(db.count(entries::table).unwrap()), Ok(token));
            terminate(pid(db), other);
            assert!(db.insert(entry(-1)).unwrap_err().is_connection_lost());
            // Inside of one.
            let error = db
                .transaction(|tx| {
                    tx.insert(entry(-1))?;
                    terminate(pid(tx), other);
                    tx.count(entries::table)
                })
                .unwrap_err();
            assert!(error.is_connection_lost(), "{error:?}");
            db.insert(entry(token)).unwrap();
        }
        assert_eq!(db.count(entries::table).unwrap(), 5);
        thread::sleep(Duration::from_millis(200));
        assert!(manager.is_connected(), "{:?}", manager.status());
        assert_eq!(manager.status().last_error, None);
    });
}

/// The server refuses a plan from before the table was altered: the next use works.
#[test]
fn a_table_that_is_altered() {
    with_two(|_, _, db, other| {
        let row = db.insert(entry(1)).unwrap();
        for ty in ["integer", "bigint"] {
            assert_eq!(Entry::query().all(db).unwrap(), std::slice::from_ref(&row));
            other.execute_sql(&format!("ALTER TABLE entries ALTER token TYPE {ty}")).unwrap();
            assert_eq!(Entry::query().all(db).unwrap(), std::slice::from_ref(&row));
            other.execute_sql("ALTER TABLE entries ADD more text").unwrap();
            let _ = db.transaction(|tx| tx.find::<Entry>(row.id));
            assert_eq!(db.transaction(|tx| tx.find::<Entry>(row.id)).unwrap(), Some(row.clone()));
            other.execute_sql("ALTER TABLE entries DROP more").unwrap();
        }
    });
}

/// A panic on the way to a new connection is an error, and the pool goes on.
#[test]
fn a_panic_in_connect() {
    with_two(|server, _, _, other| {
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        let builder = Db::builder(&server.url())
            .pool_size(1)
            .checkout_timeout(Duration::from_secs(3))
            .on_connect(move |_| {
                match counted.fetch_add(1, Ordering::SeqCst) {
                    // At first, and again after the connection is lost.
                    0 | 2 | 3 => panic!("a panic in connect"),
                    _ => Ok(()),
                }
            });
        let error = builder.clone().connect().unwrap_err();
        assert_eq!(error.code(), ErrorCode::UnknownError);
        assert!(error.to_string().contains("panicked") && !error.troubleshooting().is_empty());
        let db = builder.connect().unwrap();
        for _ in 0..3 {
            terminate(pid(&db), other);
            assert_eq!(db.count(entries::table).unwrap(), 0);
        }
        assert!(calls.load(Ordering::SeqCst) >= 6);
    });
}

/// The only connection is in use by another thread: the error says so, within the timeout.
#[test]
fn an_exhausted_pool() {
    with_two(|server, _, _, _| {
        let timeout = Duration::from_millis(400);
        let db =
            Db::builder(&server.url()).pool_size(1).checkout_timeout(timeout).connect().unwrap();
        let (holds, held) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let db = &db;
            scope.spawn(move || {
                db.transaction(|_| {
                    holds.send(()).unwrap();
                    let _ = released.recv();
                    Ok(())
                })
                .unwrap();
            });
            held.recv().unwrap();
            let start = Stopwatch::start();
            let error = db.insert(entry(1)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::PoolExhausted, "{error:?}");
            assert_eq!(error.to_string(), "the only connection of the pool was in use for 400 ms");
            assert!(error.troubleshooting()[0].contains("transaction"), "{error:?}");
            assert!(start.elapsed() >= timeout, "{start:?}");
            assert!(start.within(timeout + Duration::from_secs(1)), "{start:?}");
            drop(release);
        });
    });
}

/// What is certainly rolled back is run again, as often as it takes, and nothing is lost.
#[test]
fn transactions_that_meet() {
    with_two(|server, _, db, _| {
        use mizzle::{Isolation, TransactionRetry};

        db.insert(entry(0)).unwrap();
        let db = Db::builder(&server.url()).pool_size(8).connect().unwrap();
        let runs = AtomicU32::new(0);
        let all_have_read = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    // Each reads the row before any writes it, once.
                    let mut is_first = true;
                    for _ in 0..20 {
                        db.transaction_builder()
                            .isolation(Isolation::Serializable)
                            .retry(TransactionRetry::new(200))
                            .run(|tx| {
                                runs.fetch_add(1, Ordering::SeqCst);
                                let row = tx.get::<Entry>(1)?;
                                if std::mem::take(&mut is_first) {
                                    all_have_read.wait();
                                }
                                tx.update(&Entry { token: row.token + 1, ..row })
                            })
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(db.get::<Entry>(1).unwrap().token, 160);
        assert!(runs.load(Ordering::SeqCst) >= 160 + 7, "seven of eight are run again");
        // Off unless it is asked for, and never after a lost connection.
        let runs = AtomicU32::new(0);
        let error = db
            .transaction_builder()
            .retry(TransactionRetry::new(5))
            .run(|tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                tx.insert(entry(-1))?;
                let other = Db::connect(&server.url())?;
                terminate(pid(tx), &other);
                tx.count(entries::table)
            })
            .unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        // Nor after another error.
        let runs = AtomicU32::new(0);
        let error = db
            .transaction_builder()
            .retry(TransactionRetry::new(5))
            .run(|tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                tx.execute_sql("nonsense")
            })
            .unwrap_err();
        assert_eq!((error.code(), runs.load(Ordering::SeqCst)), (ErrorCode::QueryError, 1));
        // A commit whose result is unknown.
        let runs = AtomicU32::new(0);
        let error = db
            .transaction_builder()
            .retry(TransactionRetry::new(5))
            .run(|tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                tx.insert(entry(-2))?;
                let other = Db::connect(&server.url())?;
                terminate(pid(tx), &other);
                Ok(())
            })
            .unwrap_err();
        assert_eq!((error.sql(), runs.load(Ordering::SeqCst)), (Some("COMMIT"), 1), "{error:?}");
        assert_eq!(Entry::query().filter(entries::token.lt(0)).count(&db).unwrap(), 0);
    });
}
