//! Servers that go away and come back, also under load.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mizzle::ErrorCode;
use mizzle::manager::{ConnectionState, HealthStatus, ManagerConfig};
use mizzle::prelude::*;
use mizzle::{Backoff, ConnectionManager, Error};

use crate::server::Server;
use crate::ticks::Stopwatch;
use crate::{Entries, Entry, entries, entry, eventually, own_server};
use test_support::SetAtEnd;

/// The program is up before its database.
#[test]
fn a_server_that_starts_later() {
    let Some(server) = own_server("") else { return };
    let config = ManagerConfig::new(Db::builder(&server.url()))
        .backoff(Backoff::new(Duration::from_millis(500)));
    let manager = ConnectionManager::with_config(config);
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_secs(3));
            server.up().unwrap();
        });
        let connecting = scope.spawn(|| manager.initialize());
        eventually("the first attempt", || {
            manager.status().retry_count >= 1 || manager.is_connected()
        });
        let status = manager.status();
        assert_eq!(status.state, ConnectionState::Connecting);
        assert_eq!(status.last_error.unwrap().code, ErrorCode::NetworkError);
        let db = connecting.join().unwrap().unwrap();
        db.create_all::<Entries>().unwrap();
    });
    assert!(start.elapsed() >= Duration::from_secs(3));
    assert_eq!(manager.health().status, HealthStatus::Healthy);
}

/// And with a manager that has given up already: it comes back in the background.
#[test]
fn a_server_that_starts_much_later() {
    let Some(server) = own_server("") else { return };
    let config = ManagerConfig::new(Db::builder(&server.url()))
        .max_retries(1)
        .backoff(Backoff::new(Duration::from_millis(10)))
        .reconnect_interval(Duration::from_millis(200));
    let manager = ConnectionManager::with_config(config);
    let error = manager.initialize().unwrap_err();
    assert_eq!(error.code(), ErrorCode::NetworkError);
    assert_eq!(manager.db().unwrap_err().code(), ErrorCode::NetworkError);
    eventually("some attempts", || manager.status().retry_count >= 3);
    assert_eq!(manager.status().state, ConnectionState::Reconnecting);
    server.up().unwrap();
    eventually("coming back", || manager.is_connected());
    let status = manager.status();
    assert_eq!((status.last_error, status.retry_count), (None, 0));
    manager.db().unwrap().execute_sql("SELECT 1").unwrap();
}

const THREADS: usize = 16;
const POOL: u32 = 8;

/// What the threads saw.
#[derive(Debug, Default)]
struct Seen {
    /// Tokens whose writing was confirmed.
    written: Vec<i64>,
    /// Tokens whose writing failed, how, and when it began.
    failed: Vec<(i64, Error, Instant)>,
    read_errors: Vec<Error>,
}

/// Writes and reads on many threads, while `outage` happens, which returns when the server was back.
fn under_load(db: &Db, outage: impl FnOnce() -> Instant) -> (Seen, Instant) {
    let stop = AtomicBool::new(false);
    let (tokens, written) = (AtomicI64::new(0), AtomicU64::new(0));
    let more = |count: u64| {
        let before = written.load(Ordering::SeqCst);
        eventually("more writes", || written.load(Ordering::SeqCst) >= before + count);
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (stop, tokens, written) = (&stop, &tokens, &written);
                scope.spawn(move || {
                    let mut seen = Seen::default();
                    while !stop.load(Ordering::SeqCst) {
                        let token = tokens.fetch_add(1, Ordering::SeqCst);
                        let began = Instant::now();
                        let result = if number % 2 == 0 {
                            db.insert(entry(token)).map(drop)
                        } else {
                            db.transaction(|tx| tx.insert(entry(token))).map(drop)
                        };
                        match result {
                            Ok(()) => {
                                seen.written.push(token);
                                written.fetch_add(1, Ordering::SeqCst);
                            }
                            Err(error) => seen.failed.push((token, error, began)),
                        }
                        if let Err(error) = Entry::query().filter(entries::token.eq(token)).all(db)
                        {
                            seen.read_errors.push(error);
                        }
                    }
                    seen
                })
            })
            .collect();
        let stops = SetAtEnd(&stop);
        more(60);
        let back = outage();
        more(60);
        drop(stops);
        let mut all = Seen::default();
        for thread in threads {
            let seen = thread.join().unwrap();
            all.written.extend(seen.written);
            all.failed.extend(seen.failed);
            all.read_errors.extend(seen.read_errors);
        }
        (all, back)
    })
}

fn check(db: &Db, seen: &Seen, back: Instant) {
    let mut stored: HashMap<i64, usize> = HashMap::new();
    for row in Entry::query().all(db).unwrap() {
        *stored.entry(row.token).or_default() += 1;
    }
    for token in &seen.written {
        assert_eq!(stored.get(token), Some(&1), "a confirmed write is lost or doubled");
    }
    assert!(stored.values().all(|count| *count == 1), "a write is doubled");
    let failed: HashMap<i64, ()> = seen.failed.iter().map(|failed| (failed.0, ())).collect();
    let known = seen.written.len() + failed.len();
    assert!(stored.len() <= known && stored.len() >= seen.written.len());
    for (_, error, began) in &seen.failed {
        assert!(error.is_connection_lost() && error.is_temporary(), "{error:?}");
        assert!(*began < back, "an error after the server is back: {error:?}");
    }
    // Reads are run again, and wait for the server.
    assert!(seen.read_errors.is_empty(), "{:?}", seen.read_errors);
    println!(
        "{} writes confirmed, {} failed, {} stored",
        seen.written.len(),
        seen.failed.len(),
        stored.len()
    );
    assert!(
        seen.failed.len() <= POOL as usize,
        "{} errors, more than connections: {:?}",
        seen.failed.len(),
        seen.failed
    );
}

fn managed(server: &Server) -> (ConnectionManager, Db) {
    server.up().unwrap();
    let db = Db::builder(&server.url()).pool_size(POOL);
    let config = ManagerConfig::new(db).reconnect_interval(Duration::from_millis(300));
    let manager = ConnectionManager::with_config(config);
    let db = manager.initialize().unwrap();
    db.create_all::<Entries>().unwrap();
    (manager, db)
}

/// Stopped and started again under 16 threads of load: at most one error for each connection, none once it is
/// back, and no confirmed write lost or doubled.
#[test]
fn a_restart_under_load() {
    let Some(server) = own_server("") else { return };
    let (manager, db) = managed(&server);
    let (seen, back) = under_load(&db, || {
        server.stop().unwrap();
        eventually("the manager's notice", || !manager.is_connected());
        let status = manager.status();
        assert_eq!(status.state, ConnectionState::Reconnecting);
        assert_eq!(status.last_error.unwrap().code, ErrorCode::NetworkError);
        thread::sleep(Duration::from_secs(1));
        server.up().unwrap();
        Instant::now()
    });
    check(&db, &seen, back);
    eventually("the manager's notice", || manager.is_connected());
    assert_eq!(manager.status().last_error, None);
}

/// The same when all of the server's processes are killed.
#[test]
fn a_kill_under_load() {
    let Some(server) = own_server("") else { return };
    let (manager, db) = managed(&server);
    let (seen, back) = under_load(&db, || {
        server.kill().unwrap();
        thread::sleep(Duration::from_millis(500));
        server.up().unwrap();
        Instant::now()
    });
    check(&db, &seen, back);
    eventually("the manager's notice", || manager.is_connected());
}

/// A server that stays away: a waiting call fails with the reason within the checkout timeout, and so does a health check.
#[test]
fn a_server_that_stays_away() {
    let Some(server) = own_server("") else { return };
    server.up().unwrap();
    let builder = Db::builder(&server.url()).checkout_timeout(Duration::from_millis(500));
    let manager = ConnectionManager::with_config(
        ManagerConfig::new(builder).reconnect_interval(Duration::from_millis(100)),
    );
    let db = manager.initialize().unwrap();
    db.create_all::<Entries>().unwrap();
    server.kill().unwrap();
    for round in 0..3 {
        let start = Stopwatch::start();
        let error = db.insert(entry(1)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
        assert!(!error.troubleshooting().is_empty());
        // The first meets the lost connection, the others find no new one.
        assert!(start.within(Duration::from_secs(3)), "{round}: {start:?}");
        let error = db.count(entries::table).unwrap_err();
        assert!(error.to_string().contains("Connection refused"), "{error:?}");
    }
    let health = manager.health();
    assert_eq!(health.status, HealthStatus::Unhealthy);
    assert_eq!(health.database.error.unwrap().code, ErrorCode::NetworkError);
    eventually("the manager's notice", || !manager.is_connected());
    server.up().unwrap();
    eventually("coming back", || manager.is_connected());
    db.insert(entry(2)).unwrap();
    assert_eq!(manager.health().status, HealthStatus::Healthy);
}
