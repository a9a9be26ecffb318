//! Servers that go away, and what remains on them.

use std::thread;
use std::time::{Duration, Instant};

use mizzle::ErrorCode;
use mizzle::prelude::*;
use mizzle::{Event, Listener};
use test_support::FreshPostgres;
use test_support::pgbouncer::PgBouncer;
use test_support::proxy::{Mode, Proxy};

use super::{LIMIT, next, until};

const NAME: &str = "the listener";

/// Returns the processes of the sessions with the name above, besides that of the pool.
fn sessions(db: &Db) -> Vec<i32> {
    sql!(
        "SELECT pid FROM pg_stat_activity WHERE application_name = {NAME} AND datname = current_database() \
         AND query LIKE {\"LISTEN%\"}"
    )
    .all(db)
    .unwrap()
}

#[track_caller]
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what} never");
        thread::sleep(Duration::from_millis(10));
    }
}

fn named(url: &str) -> Db {
    Db::builder(url).application_name(NAME).pool_size(2).connect().unwrap()
}

#[test]
fn a_dropped_listener_leaves_no_connection() {
    let fresh = FreshPostgres::new();
    let (db, observer) = (named(&fresh.url), Db::connect(&fresh.url).unwrap());
    let listeners: Vec<_> = (0..3).map(|_| db.listen(["c", "d"]).unwrap()).collect();
    assert_eq!(sessions(&observer).len(), 3);
    assert!(db.pool_status().connections <= 2);
    // None of the pool's connections listens.
    let pooled = || {
        db.transaction(|tx| {
            let channels: i64 = sql!("SELECT count(*) FROM pg_listening_channels()").one(tx)?;
            Ok(channels)
        })
    };
    assert_eq!(pooled().unwrap(), 0);
    // What others do to their sessions changes nothing.
    db.execute_sql("UNLISTEN *").unwrap();
    db.execute_sql("DISCARD ALL").unwrap();
    drop(listeners);
    wait_for("no listener is left", || sessions(&observer).is_empty());
    let mut listener = db.listen("c").unwrap();
    db.execute_sql("DISCARD ALL").unwrap();
    drop(db);
    // It goes on without the handles.
    observer.notify("c", "x").unwrap();
    assert_eq!(next(&mut listener).1, "x");
    // One that waits for the next event does not end; one that is dropped does.
    drop(listener);
    wait_for("no listener is left", || sessions(&observer).is_empty());
}

#[cfg(feature = "tokio")]
#[test]
fn a_dropped_stream_or_runtime_leaves_no_connection() {
    use tokio::runtime::Builder;

    let fresh = FreshPostgres::new();
    let (db, observer) = (AsyncDb::from(named(&fresh.url)), Db::connect(&fresh.url).unwrap());
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listeners = [db.listen("c").await.unwrap(), db.listen("d").await.unwrap()];
        assert_eq!(sessions(&observer).len(), 2);
        drop(listeners);
        let start = Instant::now();
        while !sessions(&observer).is_empty() {
            assert!(start.elapsed() < LIMIT);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let mut listener = runtime.block_on(db.listen("c")).unwrap();
    assert_eq!(sessions(&observer).len(), 1);
    drop(runtime);
    wait_for("no listener is left", || sessions(&observer).is_empty());
    // The stream has ended.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(listener.next()), None);
}

/// Reads until the gap, and returns whether what came before it are the first numbers.
#[track_caller]
fn until_gap(listener: &mut Listener) {
    match listener.next_within(LIMIT) {
        Some(Event::Gap) => {}
        other => panic!("{other:?} instead of a gap"),
    }
}

#[test]
fn a_lost_connection_is_a_gap_and_then_it_goes_on() {
    let fresh = FreshPostgres::new();
    let (db, observer) = (named(&fresh.url), Db::connect(&fresh.url).unwrap());
    let mut listener = db.listen(["c", "d"]).unwrap();
    for round in 0..3 {
        observer.notify("c", "before").unwrap();
        assert_eq!(next(&mut listener).1, "before");
        for process in sessions(&observer) {
            sql!("SELECT pg_terminate_backend({process})").one::<bool>(&observer).unwrap();
        }
        until_gap(&mut listener);
        observer.notify("d", &round.to_string()).unwrap();
        assert_eq!(next(&mut listener), ("d".to_owned(), round.to_string()));
        wait_for("there is one connection", || sessions(&observer).len() == 1);
    }
}

fn behind(fresh: &FreshPostgres) -> (Proxy, Db) {
    let (_, rest) = fresh.url.rsplit_once(':').unwrap();
    let (port, _) = rest.split_once('/').unwrap();
    let proxy = Proxy::to(port.parse().unwrap());
    let url = fresh.url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port()));
    let url = format!("{url}?sslmode=disable&gssencmode=disable");
    let builder = Db::builder(&url).connect_timeout(Duration::from_secs(2));
    (proxy, builder.application_name(NAME).connect().unwrap())
}

#[test]
fn a_server_that_is_away_is_awaited() {
    let fresh = FreshPostgres::new();
    let observer = Db::connect(&fresh.url).unwrap();
    let (proxy, db) = behind(&fresh);
    let mut listener = db.listen("c").unwrap();
    proxy.refuse(true);
    proxy.reset();
    observer.notify("c", "never").unwrap();
    // Some attempts fail meanwhile.
    assert_eq!(listener.next_within(Duration::from_secs(1)), None);
    assert!(!listener.is_closed());
    proxy.refuse(false);
    until_gap(&mut listener);
    observer.notify("c", "after").unwrap();
    assert_eq!(until(&mut listener, "after"), [""; 0]);
    // It can be dropped while the server is away.
    proxy.refuse(true);
    proxy.reset();
    drop(listener);
}

#[test]
fn a_silent_server_is_noticed() {
    let fresh = FreshPostgres::new();
    let observer = Db::connect(&fresh.url).unwrap();
    let (proxy, db) = behind(&fresh);
    let mut listener = db.listen("c").unwrap();
    observer.notify("c", "before").unwrap();
    assert_eq!(next(&mut listener).1, "before");
    proxy.set(Mode::Drop);
    observer.notify("c", "never").unwrap();
    // Pings, and attempts to connect, which get no answer.
    thread::sleep(Duration::from_secs(12));
    assert_eq!(listener.next_within(Duration::ZERO), None);
    proxy.set(Mode::Pass);
    until_gap(&mut listener);
    observer.notify("c", "after").unwrap();
    assert_eq!(until(&mut listener, "after"), [""; 0]);
}

#[cfg(feature = "tokio")]
#[test]
fn a_lost_connection_is_a_gap_in_a_stream() {
    use tokio::runtime::Builder;
    use tokio::time::timeout;

    let fresh = FreshPostgres::new();
    let observer = Db::connect(&fresh.url).unwrap();
    let (proxy, db) = behind(&fresh);
    let db = AsyncDb::from(db);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut listener = db.listen("c").await.unwrap();
        for mode in [Mode::Refuse, Mode::Drop] {
            proxy.set(mode);
            if mode == Mode::Refuse {
                proxy.reset();
            }
            let silence = timeout(Duration::from_secs(11), listener.next()).await;
            assert!(silence.is_err(), "{silence:?}");
            proxy.set(Mode::Pass);
            let gap = timeout(LIMIT, listener.next()).await.unwrap();
            assert_eq!(gap, Some(Event::Gap));
            observer.notify("c", "after").unwrap();
            let event = timeout(LIMIT, listener.next()).await.unwrap();
            assert!(
                matches!(event, Some(Event::Notification { payload, .. }) if payload == "after")
            );
        }
    });
}

#[test]
fn a_pooler_is_refused_with_advice() {
    let fresh = FreshPostgres::new();
    let Some(pooler) = PgBouncer::start(&fresh.url, 2) else { return };
    let (_, database) = fresh.url.rsplit_once('/').unwrap();
    let pooled = Db::connect(&pooler.url(database)).unwrap();
    let error = pooled.listen("c").unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigError, "{error:?}");
    assert!(format!("{error:?}").contains("the URL of the PostgreSQL server itself"), "{error:?}");
    // Telling works through it.
    let mut listener = Db::connect(&fresh.url).unwrap().listen("c").unwrap();
    pooled.notify("c", "1").unwrap();
    pooled.transaction(|tx| tx.notify("c", "2")).unwrap();
    assert_eq!((next(&mut listener).1, next(&mut listener).1), ("1".into(), "2".into()));
}
