//! Listeners of async programs.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use mizzle::prelude::*;
use mizzle::{AsyncListener, ErrorCode, Event};
use test_support::on_each_database;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::{LIMIT, next as next_waiting};

fn runtimes() -> [Runtime; 2] {
    let several = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    [several, Builder::new_current_thread().enable_all().build().unwrap()]
}

async fn next(listener: &mut AsyncListener) -> String {
    match timeout(LIMIT, listener.next()).await.unwrap() {
        Some(Event::Notification { payload, .. }) => payload,
        other => panic!("{other:?} instead of a notification"),
    }
}

on_each_database! {
    fn both_ways_hear_each_other(db: &Db) {
        let mut waiting = db.listen("c").unwrap();
        for runtime in runtimes() {
            let adb = AsyncDb::from(db.clone());
            runtime.block_on(async {
                let mut listener = adb.listen(["c", "d"]).await.unwrap();
                db.notify("c", "1").unwrap();
                adb.notify("c", "2").await.unwrap();
                let tx = adb.begin().await.unwrap();
                tx.notify("c", "never").await.unwrap();
                drop(tx);
                adb.transaction(async |tx| {
                    tx.notify("c", "3").await?;
                    let undone: mizzle::Result<()> = tx
                        .transaction(async |tx| {
                            tx.notify("c", "never").await?;
                            Err(mizzle::Error::application("no"))
                        })
                        .await;
                    undone.unwrap_err();
                    tx.notify("d", "4").await
                })
                .await
                .unwrap();
                for number in 1..=4 {
                    assert_eq!(next(&mut listener).await, number.to_string());
                }
                let mut stream = pin!(listener);
                let mut context = Context::from_waker(Waker::noop());
                assert_eq!(stream.as_mut().poll_next(&mut context), Poll::Pending);
            });
            for number in 1..=3 {
                assert_eq!(next_waiting(&mut waiting).1, number.to_string());
            }
        }
    }

    fn ten_thousand_of_several_tasks_arrive(db: &Db) {
        const TASKS: usize = 8;
        const EACH: usize = 1250;
        let [runtime, _] = runtimes();
        let adb = AsyncDb::from(db.clone());
        runtime.block_on(async {
            let mut listeners = [adb.listen("c").await.unwrap(), adb.listen("c").await.unwrap()];
            let tasks: Vec<_> = (0..TASKS)
                .map(|task| {
                    let adb = adb.clone();
                    tokio::spawn(async move {
                        for number in 0..EACH {
                            adb.notify("c", &format!("{task} {number}")).await.unwrap();
                        }
                    })
                })
                .collect();
            for listener in &mut listeners {
                let mut next_of = [0; TASKS];
                for _ in 0..TASKS * EACH {
                    let payload = next(listener).await;
                    let (task, number) = payload.split_once(' ').unwrap();
                    let place = &mut next_of[task.parse::<usize>().unwrap()];
                    assert_eq!(number, place.to_string());
                    *place += 1;
                }
            }
            for task in tasks {
                task.await.unwrap();
            }
        });
    }

    /// What a cancelled commit has notified is told if it was committed, and not otherwise.
    fn cancelled_commits_are_told_or_not_as_they_happened(db: &Db) {
        db.execute_sql("CREATE TABLE done (name text NOT NULL)").unwrap();
        let [runtime, _] = runtimes();
        let adb = AsyncDb::from(db.clone());
        let mut listener = db.listen("c").unwrap();
        runtime.block_on(async {
            for polls in 0..60 {
                let name = polls.to_string();
                let mut work = pin!(adb.transaction(async |tx| {
                    sql!("INSERT INTO done (name) VALUES ({&name})").execute(tx).await?;
                    tx.notify("c", &name).await
                }));
                let mut left = polls;
                let polled = std::future::poll_fn(|context| {
                    if left == 0 {
                        return Poll::Ready(None);
                    }
                    left -= 1;
                    work.as_mut().poll(context).map(Some)
                });
                if let Some(done) = timeout(LIMIT, polled).await.unwrap() {
                    done.unwrap();
                }
            }
        });
        // All connections are idle again before the end is told.
        drop(runtime);
        db.execute_sql("DELETE FROM done WHERE name = 'x'").unwrap();
        db.notify("c", "end").unwrap();
        let told = crate::until(&mut listener, "end");
        let mut told: Vec<i64> = told.iter().map(|name| name.parse().unwrap()).collect();
        told.sort_unstable();
        let done: Vec<String> = sql!("SELECT name FROM done").all(db).unwrap();
        let mut done: Vec<i64> = done.iter().map(|name| name.parse().unwrap()).collect();
        done.sort_unstable();
        assert_eq!(told, done);
    }
}

#[test]
fn outside_a_runtime_it_is_an_error() {
    test_support::each_url!(|url| {
        let db = AsyncDb::from(Db::connect(url).unwrap());
        let mut listen = pin!(db.listen("c"));
        let Poll::Ready(Err(error)) = listen.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("it waits");
        };
        assert_eq!(error.code(), ErrorCode::ConfigError, "{error:?}");
    });
}
