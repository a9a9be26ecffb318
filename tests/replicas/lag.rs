//! Replicas that lag.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use mizzle::{Bookmark, Read, ServerState, batch};
use test_support::random::Random;

use super::servers::{Cluster, eventually_is, served};
use super::*;

#[test]
fn a_replica_that_is_behind_is_left_out_and_comes_back() {
    let Some(cluster) = Cluster::start() else { return };
    let db = cluster.connect(
        cluster
            .builder()
            .max_replica_lag(Duration::from_millis(300))
            .replica_wait(Duration::from_millis(50)),
    );
    for place in 0..2 {
        cluster.on_replica(place, "SELECT pg_wal_replay_pause()");
    }
    let session = db.session(Read::Any);
    session.insert(Note { id: 1, value: 1 }).unwrap();
    // Before anybody knows that they lag: the primary, after a while.
    let before = served(&db);
    assert_eq!(session.get::<Note>(1).unwrap().value, 1);
    assert_eq!(served(&db).1, before.1);
    for place in 1..=2 {
        let status = eventually_is(&db, place, ServerState::Behind);
        assert!(status.lag_bytes.unwrap() > 0 && status.lag_ms.unwrap() > 300, "{status:?}");
        assert!(status.problem.unwrap().contains("behind"));
    }
    // Not even a reader to whom that would be all the same.
    let before = served(&db);
    assert!(db.session(Read::Any).find::<Note>(1).unwrap().is_some());
    assert_eq!(served(&db).1, before.1);
    for place in 0..2 {
        cluster.on_replica(place, "SELECT pg_wal_replay_resume()");
        let status = eventually_is(&db, place + 1, ServerState::Serving);
        assert!(status.lag_ms.unwrap() <= 300, "{status:?}");
    }
    let start = test_support::ticks::Stopwatch::start();
    while db.servers()[1..].iter().any(|server| server.lag_bytes != Some(0)) {
        assert!(start.within(Duration::from_secs(60)), "{:?}", db.servers());
        thread::sleep(Duration::from_millis(5));
    }
    let before = served(&db);
    assert!(session.find::<Note>(1).unwrap().is_some());
    assert_eq!(served(&db).1, before.1 + 1);
}

/// The ids of the graphs of a thread are from a multiple of it.
const GRAPHS: i64 = 1_000_000;

fn remarks(note_id: i64) -> Vec<Remark> {
    (0..2).map(|number| Remark { id: 2 * note_id + number, note_id }).collect()
}

/// Each thread has a row: it writes it, hands its bookmark to another session, and reads it there.
#[test]
fn no_read_is_older_than_its_bookmark() {
    const THREADS: u64 = 16;
    let reads: u64 = std::env::var("MIZZLE_TEST_READS")
        .map_or(3_000, |reads| reads.parse().expect("MIZZLE_TEST_READS is a number"));
    let Some(cluster) = Cluster::start() else { return };
    let db =
        cluster.connect(cluster.builder().pool_size(16).replica_wait(Duration::from_millis(20)));
    for id in 0..THREADS {
        db.insert(Note { id: id.cast_signed(), value: 0 }).unwrap();
    }
    let (done, stale, ends) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let lagging: Vec<_> = (0..2)
            .map(|place| {
                let (cluster, ends) = (&cluster, &ends);
                scope.spawn(move || {
                    let mut random = Random::new(place as u64);
                    while !ends.load(Ordering::Relaxed) {
                        cluster.on_replica(place, "SELECT pg_wal_replay_pause()");
                        thread::sleep(Duration::from_millis(random.below(120) as u64));
                        cluster.on_replica(place, "SELECT pg_wal_replay_resume()");
                        thread::sleep(Duration::from_millis(random.below(120) as u64));
                    }
                })
            })
            .collect();
        let workers: Vec<_> = (0..THREADS)
            .map(|id| {
                let (db, done, stale) = (&db, &done, &stale);
                scope.spawn(move || {
                    let id = id.cast_signed();
                    let mut value = 0;
                    let mut random = Random::new(id.cast_unsigned());
                    while done.load(Ordering::Relaxed) < reads {
                        value += 1;
                        let writer = db.session(Read::Any);
                        let note = Note { id, value };
                        let graph = GRAPHS * (id + 1) + value;
                        match value % 7 {
                            5 => drop(
                                writer
                                    .insert_graph([Note { id: graph, value }
                                        .with_new(Note::remarks(), |note| remarks(note.id))])
                                    .unwrap(),
                            ),
                            // Its COMMIT goes with the related rows.
                            6 => {
                                let last = Note::query().filter(notes::id.eq(graph - 1));
                                let last = last.with(Note::remarks()).batched().all();
                                let ((), found) =
                                    writer.batch((batch::update(&note), last)).unwrap();
                                assert_eq!(found[0].remarks.len(), 2);
                            }
                            0 => writer.update(&note).unwrap(),
                            // The program commits, as it must see that the row was there.
                            2 => writer.batch((batch::update(&note),)).unwrap().0,
                            3 => drop(
                                writer
                                    .batch((batch::upsert(note), batch::get::<Note>(id)))
                                    .unwrap(),
                            ),
                            1 => writer.transaction(|tx| tx.update(&Note { id, value })).unwrap(),
                            _ => writer
                                .execute_sql(&format!(
                                    "UPDATE notes SET value = {value} WHERE id = {id}"
                                ))
                                .unwrap(),
                        }
                        let bookmark = writer.bookmark().unwrap().to_string();
                        let bookmark: Bookmark = bookmark.parse().unwrap();
                        for session in [writer, db.session(Read::After(bookmark))] {
                            for _ in 0..4 {
                                if value % 7 == 5 {
                                    let found = Note::query().find(graph).with(Note::remarks());
                                    let found = match random.chance(50) {
                                        true => found.first(&session).unwrap(),
                                        false => {
                                            session.batch((found.batched().first(),)).unwrap().0
                                        }
                                    };
                                    let is_whole =
                                        found.is_some_and(|note| note.remarks.len() == 2);
                                    stale.fetch_add(u64::from(!is_whole), Ordering::Relaxed);
                                    done.fetch_add(1, Ordering::Relaxed);
                                    continue;
                                }
                                let seen = match value % 2 {
                                    0 => session.get::<Note>(id).unwrap(),
                                    _ => session.batch((batch::get::<Note>(id),)).unwrap().0,
                                };
                                let seen = seen.value;
                                stale.fetch_add(u64::from(seen != value), Ordering::Relaxed);
                                done.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                })
            })
            .collect();
        let results: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        ends.store(true, Ordering::Relaxed);
        for result in lagging.into_iter().map(thread::ScopedJoinHandle::join).chain(results) {
            result.unwrap();
        }
    });
    let status = db.servers();
    let on_replicas: u64 = status[1..].iter().map(|server| server.served).sum();
    let done = done.load(Ordering::Relaxed);
    eprintln!("{done} reads, {on_replicas} of them on replicas");
    assert_eq!(stale.load(Ordering::Relaxed), 0);
    assert!(on_replicas > 0);
}
