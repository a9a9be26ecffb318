//! Runtimes: of either kind, several after each other, none, and one that shuts down.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use mizzle::ErrorCode;
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::schema::*;
use crate::{runtime, wait_until};

on_each_database! {
    fn connections_move_from_runtime_to_runtime(db: &Db) {
        db.create_all::<App>().unwrap();
        let adb = AsyncDb::from(db.clone());
        for (round, threads) in [2, 0, 1, 0, 2].into_iter().enumerate() {
            let runtime = runtime(threads);
            runtime.block_on(async {
                adb.insert(new("a")).await.unwrap();
                assert_eq!(adb.count(authors::table).await.unwrap(), round as u64 * 2 + 1);
            });
            drop(runtime);
            // And to a program that waits.
            db.insert(new("b")).unwrap();
        }
        // Two runtimes that take turns, and neither ends.
        let (one, two) = (runtime(0), runtime(0));
        for _ in 0..5 {
            assert_eq!(one.block_on(async { adb.count(authors::table).await }).unwrap(), 10);
            assert_eq!(two.block_on(async { adb.count(authors::table).await }).unwrap(), 10);
        }
    }

    fn outside_a_runtime_a_call_is_an_error(db: &Db) {
        let adb = AsyncDb::from(db.clone());
        let mut context = Context::from_waker(Waker::noop());
        let mut call = pin!(adb.execute_sql("SELECT 1"));
        match call.as_mut().poll(&mut context) {
            std::task::Poll::Ready(Err(error)) => {
                assert_eq!(error.code(), ErrorCode::ConfigError);
                assert!(error.to_string().contains("outside a tokio runtime"), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }

    fn a_runtime_may_shut_down_in_the_middle(db: &Db) {
        db.create_all::<App>().unwrap();
        for round in 0..6 {
            let adb = AsyncDb::from(db.clone());
            let runtime = runtime(if round % 2 == 0 { 2 } else { 0 });
            runtime.block_on(async {
                for _ in 0..8 {
                    let adb = adb.clone();
                    tokio::spawn(async move {
                        loop {
                            let _ = adb
                                .transaction(async |tx| {
                                    tx.insert(new("x")).await?;
                                    tx.insert(new("y")).await
                                })
                                .await;
                        }
                    });
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            });
            match round {
                0 | 1 => drop(runtime),
                2 | 3 => runtime.shutdown_timeout(Duration::from_millis(1)),
                _ => runtime.shutdown_background(),
            }
        }
        wait_until("the pool is idle", || db.pool_status().in_use == 0);
        // Nothing holds a lock, and nothing is half done.
        db.insert(new("last")).unwrap();
        let count = |name| db.count(authors::table.filter(authors::name.eq(name))).unwrap();
        assert_eq!(count("x"), count("y"));
    }

    /// While calls wait for the database, the runtime's only thread does something else.
    fn no_call_blocks_the_thread(db: &Db) {
        db.create_all::<App>().unwrap();
        let adb = AsyncDb::from(db.clone());
        // A lock that another connection holds for as long as the other task needs for its turns.
        const TURNS: u64 = 200;
        let turns = Arc::new(AtomicU64::new(0));
        let (holder, dialect) = (db.clone(), db.dialect());
        let (locked, held) = (Arc::new(AtomicBool::new(false)), Arc::clone(&turns));
        let is_locked = Arc::clone(&locked);
        let thread = std::thread::spawn(move || {
            holder
                .transaction(|tx| {
                    let sql = match dialect {
                        mizzle::Dialect::Postgres => "LOCK TABLE authors IN ACCESS EXCLUSIVE MODE",
                        _ => "DELETE FROM books",
                    };
                    tx.execute_sql(sql)?;
                    is_locked.store(true, Ordering::SeqCst);
                    let start = Instant::now();
                    while held.load(Ordering::SeqCst) < TURNS && start.elapsed().as_secs() < 60 {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    Ok(())
                })
                .unwrap();
        });
        wait_until("the lock is held", || locked.load(Ordering::SeqCst));
        runtime(0).block_on(async {
            let waits = tokio::spawn({
                let adb = adb.clone();
                async move { adb.insert(new("waits")).await }
            });
            for _ in 0..TURNS {
                tokio::time::sleep(Duration::from_millis(1)).await;
                turns.fetch_add(1, Ordering::SeqCst);
            }
            waits.await.unwrap().unwrap();
        });
        thread.join().unwrap();
    }
}
