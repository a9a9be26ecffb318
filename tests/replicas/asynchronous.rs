//! Sessions of async programs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use mizzle::Read;
use test_support::random::Random;

use super::servers::{Cluster, served};
use super::*;

/// Tasks write their rows in transactions and in single calls, over replicas that lag, and read them at once.
#[test]
fn a_session_reads_what_it_has_written() {
    const TASKS: i64 = 16;
    const ROUNDS: i64 = 60;
    let Some(cluster) = Cluster::start() else { return };
    let db =
        cluster.connect(cluster.builder().pool_size(8).replica_wait(Duration::from_millis(20)));
    for id in 0..TASKS {
        db.insert(Note { id, value: 0 }).unwrap();
    }
    let before = served(&db);
    let ends = AtomicBool::new(false);
    thread::scope(|scope| {
        for place in 0..2 {
            let (cluster, ends) = (&cluster, &ends);
            scope.spawn(move || {
                let mut random = Random::new(place as u64);
                while !ends.load(Ordering::Relaxed) {
                    cluster.on_replica(place, "SELECT pg_wal_replay_pause()");
                    thread::sleep(Duration::from_millis(random.below(80) as u64));
                    cluster.on_replica(place, "SELECT pg_wal_replay_resume()");
                    thread::sleep(Duration::from_millis(random.below(80) as u64));
                }
            });
        }
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let results = runtime.unwrap().block_on(async {
            let adb = AsyncDb::from(db.clone());
            let tasks: Vec<_> = (0..TASKS)
                .map(|id| tokio::spawn(writes_and_reads(adb.clone(), id, ROUNDS)))
                .collect();
            let mut results = Vec::new();
            for task in tasks {
                results.push(task.await);
            }
            results
        });
        // Before anything fails: the scope waits for the other threads.
        ends.store(true, Ordering::Relaxed);
        for result in results {
            result.unwrap().unwrap();
        }
    });
    let after = served(&db);
    assert!(after.1 > before.1, "no replica has served a read: {after:?}");
}

async fn writes_and_reads(adb: AsyncDb, id: i64, rounds: i64) -> mizzle::Result<()> {
    for value in 1..=rounds {
        let session = adb.session(Read::Any);
        match value % 4 {
            0 => {
                let note = Note { id, value };
                session.update(&note).await?;
            }
            1 => {
                session
                    .transaction(async |tx| {
                        assert_eq!(tx.get::<Note>(id).await?.value, value - 1);
                        tx.update(&Note { id, value }).await.map(drop)
                    })
                    .await?;
            }
            // Undone, and then done.
            2 => {
                let undone: mizzle::Result<()> = session
                    .transaction(async |tx| {
                        tx.update(&Note { id, value: -value }).await?;
                        Err(mizzle::Error::application("undone"))
                    })
                    .await;
                assert!(undone.is_err());
                assert_eq!(session.get::<Note>(id).await?.value, value - 1);
                session.transaction(async |tx| tx.update(&Note { id, value }).await).await?;
            }
            // Another session follows its bookmark.
            _ => {
                session.transaction(async |tx| tx.update(&Note { id, value }).await).await?;
                let bookmark = session.bookmark().await?;
                let other = adb.session(Read::After(bookmark));
                assert_eq!(other.get::<Note>(id).await?.value, value);
            }
        }
        assert_eq!(session.get::<Note>(id).await?.value, value);
    }
    Ok(())
}
