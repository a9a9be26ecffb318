//! Replicas behind PgBouncer, which lends a session of the server for each transaction.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use mizzle::{Read, ServerState, batch};
use test_support::SetAtEnd;
use test_support::pgbouncer::PgBouncer;
use test_support::random::Random;

use super::servers::{Cluster, eventually_is, served};
use super::*;

#[test]
fn reads_behind_a_pooler_are_those_of_a_replica() {
    let Some(mut cluster) = Cluster::start() else { return };
    cluster.replicas.truncate(1);
    // Two sessions for all: what one client leaves behind, another one finds.
    let Some(pooler) = PgBouncer::start(&cluster.replicas[0].url(), 2) else { return };
    let builder = Db::builder(&cluster.primary.url()).replica(&pooler.url("postgres"));
    let db = builder.replica_wait(Duration::from_secs(30)).pool_size(4).connect().unwrap();
    eventually_is(&db, 1, ServerState::Serving);
    db.execute_sql(
        "CREATE FUNCTION writes() RETURNS bigint LANGUAGE sql AS \
         'INSERT INTO notes VALUES (100, 0) RETURNING id'",
    )
    .unwrap();
    let session = db.session(Read::Any);
    session.insert(Note { id: 1, value: 1 }).unwrap();
    let before = served(&db);
    for _ in 0..10 {
        assert!(session.find::<Note>(1).unwrap().is_some());
        assert_eq!(Note::query().page(&session, 1, 10).unwrap().total, 1);
        assert_eq!(session.stream::<Note, _>(notes::table).unwrap().count(), 1);
        assert_eq!(
            session.batch((batch::count(notes::table), batch::find::<Note>(9))).unwrap(),
            (1, None)
        );
        assert!(sql!(bool, "SELECT pg_is_in_recovery()").one(&session).unwrap());
    }
    assert_eq!(served(&db), (before.0, before.1 + 50));
    // A function that writes runs on the primary, and so does what may.
    assert_eq!(sql!(i64, "SELECT writes()").one(&session).unwrap(), 100);
    assert!(session.find::<Note>(100).unwrap().is_some());
    session.delete_by_key::<Note>(100).unwrap();
    assert_eq!(session.count(notes::table).unwrap(), 1);
    // The pooler's sessions are as they were, for other programs that write through it after a failover.
    let beside = Db::builder(&pooler.url("postgres")).pool_size(1).connect().unwrap();
    let setting = sql!(String, "SELECT current_setting('default_transaction_read_only')");
    assert_eq!(setting.one(&beside).unwrap(), "off");
    // The pooler's connections are lost, and come back.
    drop(beside);
    cluster.replicas[0].stop().unwrap();
    let before = served(&db).0;
    assert!(session.find::<Note>(1).unwrap().is_some());
    assert_eq!(served(&db).0, before + 1);
    cluster.replicas[0].up().unwrap();
    eventually_is(&db, 1, ServerState::Serving);
    assert!(session.find::<Note>(1).unwrap().is_some());
    assert_eq!(served(&db).0, before + 1);
    // A server that took over behind the same pooler is none to read from.
    cluster.replicas[0].promote().unwrap();
    session.update(&Note { id: 1, value: 2 }).unwrap();
    for _ in 0..10 {
        assert_eq!(session.get::<Note>(1).unwrap().value, 2);
    }
    eventually_is(&db, 1, ServerState::Promoted);
    assert_eq!(session.get::<Note>(1).unwrap().value, 2);
}

/// Two replicas, each with a pooler, one of which lags all the time.
#[test]
fn no_read_behind_a_pooler_is_older_than_its_bookmark() {
    let Some(cluster) = Cluster::start() else { return };
    let poolers: Option<Vec<PgBouncer>> =
        cluster.replicas.iter().map(|replica| PgBouncer::start(&replica.url(), 2)).collect();
    let Some(poolers) = poolers else { return };
    let builder = Db::builder(&cluster.primary.url()).replica_wait(Duration::from_millis(20));
    let builder = poolers
        .iter()
        .fold(builder.pool_size(8), |builder, pooler| builder.replica(&pooler.url("postgres")));
    let db = cluster.connect(builder);
    for id in 0..8 {
        db.insert(Note { id, value: 0 }).unwrap();
    }
    let ends = AtomicBool::new(false);
    thread::scope(|scope| {
        let lagging = scope.spawn(|| {
            let mut random = Random::new(1);
            while !ends.load(Ordering::Relaxed) {
                cluster.on_replica(0, "SELECT pg_wal_replay_pause()");
                thread::sleep(Duration::from_millis(random.below(60) as u64));
                cluster.on_replica(0, "SELECT pg_wal_replay_resume()");
                thread::sleep(Duration::from_millis(random.below(60) as u64));
            }
        });
        let writers: Vec<_> = (0..8)
            .map(|id| {
                let db = &db;
                scope.spawn(move || {
                    for value in 1..=100 {
                        let session = db.session(Read::Any);
                        session.update(&Note { id, value }).unwrap();
                        let reader = db.session(Read::After(session.bookmark().unwrap()));
                        for _ in 0..3 {
                            assert_eq!(
                                reader.get::<Note>(id).unwrap().value,
                                value,
                                "a stale read"
                            );
                        }
                        let read = reader.stream::<Note, _>(notes::table.find(id)).unwrap();
                        let found: Vec<Note> = read.map(Result::unwrap).collect();
                        assert_eq!(found[0].value, value, "a stale stream");
                    }
                })
            })
            .collect();
        let end = SetAtEnd(&ends);
        for writer in writers {
            writer.join().unwrap();
        }
        drop(end);
        lagging.join().unwrap();
    });
    let (primary, replicas) = served(&db);
    println!("{replicas} of {} calls on replicas", primary + replicas);
    assert!(replicas > 0);
}
