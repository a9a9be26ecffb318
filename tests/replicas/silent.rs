//! Replicas that hang: their connections stay open, and nothing answers.

use std::time::Duration;
use std::{sync, thread};

use mizzle::{ErrorCode, Read, ServerState};
use test_support::SetAtEnd;
use test_support::ticks::Stopwatch;

use super::servers::{Cluster, eventually_is, served};
use super::*;

/// Waits until so many sessions of this server are in `slow()`.
fn eventually_in_slow(url: &str, count: i64) {
    let db = Db::connect(url).unwrap();
    let start = Stopwatch::start();
    let running = || {
        sql!(
            i64,
            "SELECT count(*) FROM pg_stat_activity \
             WHERE query LIKE '%slow()%' AND state = 'active' AND pid <> pg_backend_pid()"
        )
        .one(&db)
        .unwrap()
    };
    while running() < count {
        assert!(start.within(Duration::from_secs(60)), "nothing runs");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Creates a function that waits on a replica until it sees row 99, and returns whether it ran on one.
fn create_slow(cluster: &Cluster) {
    Db::connect(&cluster.primary.url())
        .unwrap()
        .execute_sql(
            "CREATE FUNCTION slow() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN \
             WHILE pg_is_in_recovery() AND NOT EXISTS (SELECT FROM notes WHERE id = 99) LOOP \
             PERFORM pg_sleep(0.02); END LOOP; RETURN pg_is_in_recovery(); END $$",
        )
        .unwrap();
}

/// Waits until the replica has replayed that a note is deleted.
fn eventually_lacks(cluster: &Cluster, replica: usize, id: i64) {
    let db = Db::connect(&cluster.replicas[replica].url()).unwrap();
    let start = Stopwatch::start();
    while db.find::<Note>(id).unwrap().is_some() {
        assert!(start.within(Duration::from_secs(60)), "the replica doesn't follow");
        thread::sleep(Duration::from_millis(5));
    }
}

/// All connections of the pool wait for a replica that hangs, so there is none left to ask it where it is.
#[test]
fn reads_that_wait_for_a_silent_replica_go_on_elsewhere() {
    const READERS: usize = 3;
    let Some(mut cluster) = Cluster::start() else { return };
    cluster.replicas.truncate(1);
    create_slow(&cluster);
    let builder = cluster.builder().pool_size(READERS as u32);
    let db = cluster.connect(builder.replica_timeout(Duration::from_secs(1)));
    db.insert(Note { id: 1, value: 1 }).unwrap();
    let session = db.session(Read::Any);
    session.catch_up().unwrap();
    let slow = || sql!(bool, "SELECT slow()").one(&session);
    // One that takes longer than the limit on a replica that answers stays there.
    let before = served(&db);
    thread::scope(|scope| {
        let reader = scope.spawn(slow);
        eventually_in_slow(&cluster.replicas[0].url(), 1);
        thread::sleep(Duration::from_secs(2));
        db.insert(Note { id: 99, value: 0 }).unwrap();
        assert!(reader.join().unwrap().unwrap(), "the replica runs it");
    });
    assert_eq!(served(&db).1, before.1 + 1);
    session.delete_by_key::<Note>(99).unwrap();
    assert!(session.find::<Note>(99).unwrap().is_none());
    thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(slow)).collect();
        eventually_in_slow(&cluster.replicas[0].url(), READERS as i64);
        let frozen = cluster.replicas[0].freeze().unwrap();
        // The primary goes on, and nobody waits for ever.
        session.update(&Note { id: 1, value: 2 }).unwrap();
        for reader in readers {
            assert!(!reader.join().unwrap().unwrap(), "the primary runs it");
        }
        let status = eventually_is(&db, 1, ServerState::Unreachable);
        assert!(status.lag_ms.is_none(), "{status:?}");
        // Those that come later don't wait at all.
        let before = served(&db);
        for _ in 0..20 {
            assert_eq!(session.get::<Note>(1).unwrap().value, 2);
        }
        assert_eq!(served(&db), (before.0 + 20, before.1));
        // Nor does one that begins while it hangs.
        assert_eq!(db.session(Read::Any).get::<Note>(1).unwrap().value, 2);
        drop(frozen);
    });
    // It has slept through the update, and comes back when it can serve. Nobody waits for what it still runs.
    db.insert(Note { id: 99, value: 0 }).unwrap();
    eventually_is(&db, 1, ServerState::Serving);
    let start = Stopwatch::start();
    let before = served(&db).1;
    while served(&db).1 == before {
        assert!(start.within(Duration::from_secs(60)), "{:?}", db.servers());
        assert_eq!(session.get::<Note>(1).unwrap().value, 2);
    }
}

/// All replicas hang at once: a reader that has waited for one finds out about the others at the same time.
#[test]
fn reads_go_on_while_all_replicas_are_silent() {
    const READERS: usize = 6;
    let Some(cluster) = Cluster::start() else { return };
    create_slow(&cluster);
    let builder = cluster.builder().pool_size(READERS as u32);
    let db = cluster.connect(builder.replica_timeout(Duration::from_secs(1)));
    let writer = db.session(Read::Any);
    writer.insert(Note { id: 1, value: 1 }).unwrap();
    let bookmark = writer.bookmark().unwrap();
    for _ in 0..2 {
        let sessions: Vec<_> = (0..READERS).map(|_| db.session(Read::Any)).collect();
        let value = thread::scope(|scope| {
            let readers: Vec<_> = sessions
                .iter()
                .map(|session| scope.spawn(move || sql!(bool, "SELECT slow()").one(session)))
                .collect();
            // Sessions begin at one replica after the other.
            for replica in &cluster.replicas {
                eventually_in_slow(&replica.url(), READERS as i64 / 2);
            }
            let frozen: Vec<_> =
                cluster.replicas.iter().map(|replica| replica.freeze().unwrap()).collect();
            // These find connections that are open, and nobody knows yet.
            let reads = || db.session(Read::After(bookmark)).get::<Note>(1).unwrap();
            let others: Vec<_> = (0..READERS).map(|_| scope.spawn(reads)).collect();
            let value = reads().value + 1;
            writer.update(&Note { id: 1, value }).unwrap();
            for reader in readers {
                assert!(!reader.join().unwrap().unwrap(), "the primary runs it");
            }
            others.into_iter().for_each(|other| assert!(other.join().unwrap().value >= value - 1));
            for place in 1..=2 {
                eventually_is(&db, place, ServerState::Unreachable);
            }
            let before = served(&db);
            for session in sessions.iter().chain([&writer]) {
                assert_eq!(session.get::<Note>(1).unwrap().value, value);
            }
            assert_eq!(served(&db), (before.0 + sessions.len() as u64 + 1, before.1));
            drop(frozen);
            value
        });
        // What they still run ends when they see the row.
        db.insert(Note { id: 99, value: 0 }).unwrap();
        for place in 1..=2 {
            eventually_is(&db, place, ServerState::Serving);
        }
        let (start, before) = (Stopwatch::start(), served(&db).1);
        while served(&db).1 == before {
            assert!(start.within(Duration::from_secs(60)), "{:?}", db.servers());
            assert_eq!(writer.get::<Note>(1).unwrap().value, value);
        }
        assert!(writer.delete_by_key::<Note>(99).unwrap());
        assert!(writer.find::<Note>(99).unwrap().is_none());
        for replica in 0..2 {
            eventually_lacks(&cluster, replica, 99);
        }
    }
}

/// What it has read can't be read again elsewhere, so it fails rather than waits for ever.
#[test]
fn a_stream_from_a_silent_replica_fails() {
    let Some(mut cluster) = Cluster::start() else { return };
    cluster.replicas.truncate(1);
    let builder = cluster.builder().pool_size(1).replica_timeout(Duration::ZERO);
    let db = cluster.connect(builder);
    let session = db.session(Read::Any);
    session.catch_up().unwrap();
    let before = served(&db).1;
    // More than the buffers on the way hold.
    let numbers =
        sql!(String, "SELECT repeat(CAST(n AS text), 1000) FROM generate_series(1, 200000) n");
    let mut rows = numbers.stream(&session).unwrap();
    rows.next().unwrap().unwrap();
    assert_eq!(served(&db).1, before + 1);
    let frozen = cluster.replicas[0].freeze().unwrap();
    let error = rows.find_map(Result::err).expect("an end");
    assert_eq!(error.code(), ErrorCode::NetworkError, "{error:?}");
    drop(rows);
    assert_eq!(session.count(notes::table).unwrap(), 0);
    drop(frozen);
    eventually_is(&db, 1, ServerState::Serving);
}

/// One of two hangs, with a new write to be seen: the other has it, whatever the first one would say.
#[test]
fn readers_see_their_writes_while_a_replica_hangs_again_and_again() {
    let Some(cluster) = Cluster::start() else { return };
    let builder = cluster.builder().pool_size(4).replica_wait(Duration::from_millis(50));
    let db = cluster.connect(builder.replica_timeout(Duration::from_millis(200)));
    for id in 0..4 {
        db.insert(Note { id, value: 0 }).unwrap();
    }
    let ends = sync::atomic::AtomicBool::new(false);
    let reads: i64 = thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|id| {
                let (db, ends) = (&db, &ends);
                scope.spawn(move || {
                    let (mut value, mut bookmark) = (0, None);
                    while !ends.load(sync::atomic::Ordering::Relaxed) {
                        value += 1;
                        let session = db.session(bookmark.map_or(Read::Any, Read::After));
                        session.update(&Note { id, value }).unwrap();
                        bookmark = Some(session.bookmark().unwrap());
                        let reader = db.session(Read::After(bookmark.unwrap()));
                        assert_eq!(reader.get::<Note>(id).unwrap().value, value, "a stale read");
                        assert_eq!(session.get::<Note>(id).unwrap().value, value, "a stale read");
                    }
                    value
                })
            })
            .collect();
        let end = SetAtEnd(&ends);
        for round in 0..4 {
            let frozen = cluster.replicas[round % 2].freeze().unwrap();
            eventually_is(&db, 1 + round % 2, ServerState::Unreachable);
            drop(frozen);
            eventually_is(&db, 1 + round % 2, ServerState::Serving);
        }
        drop(end);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum()
    });
    println!("{reads} writes, each read twice: {:?}", served(&db));
    assert!(reads > 4);
}
