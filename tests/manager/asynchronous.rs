//! The database in async programs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mizzle::prelude::*;
use mizzle::{Error, ErrorCode};

use crate::world::{World, each_database, query};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "async_notes")]
struct AsyncNote {
    #[column(primary_key, auto)]
    id: i64,
    text: String,
}

mizzle::schema!(Notes = [AsyncNote]);

fn note(text: &str) -> NewAsyncNote {
    NewAsyncNote::builder().text(text).build()
}

/// Longer than a busy machine needs.
const LONG: Duration = Duration::from_secs(60);

/// `timeout` is how long a task waits for its turn.
fn each(pool: u32, timeout: Duration, body: impl AsyncFn(&Db)) {
    each_database(|world| {
        #[cfg(feature = "postgres")]
        let fresh = matches!(world, World::Postgres(_)).then(test_support::FreshPostgres::new);
        #[cfg(feature = "postgres")]
        let url = fresh.as_ref().map_or_else(|| world.url(), |fresh| fresh.url.clone());
        #[cfg(not(feature = "postgres"))]
        let url = World::url(world);
        let db = Db::builder(&url).pool_size(pool).checkout_timeout(timeout).connect().unwrap();
        db.create_all::<Notes>().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(body(&db));
    });
}

#[test]
fn work_runs_beside_the_tasks() {
    each(3, LONG, async |db| {
        let row = db.interact(|db| db.insert(note("first"))).await.unwrap();
        let found = db.interact(move |db| db.find::<AsyncNote>(row.id)).await.unwrap();
        assert_eq!(found, Some(row));
        // More tasks than connections: they take turns, and none fails.
        let tasks: Vec<_> = (0..40)
            .map(|number| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.interact(move |db| db.transaction(|tx| tx.insert(note(&number.to_string()))))
                        .await
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let count = db.interact(|db| AsyncNote::query().count(db)).await.unwrap();
        assert_eq!(count, 41);
    });
}

#[test]
fn no_more_threads_than_connections() {
    each(2, LONG, async |db| {
        let (running, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (db, running, most) = (db.clone(), Arc::clone(&running), Arc::clone(&most));
                tokio::spawn(async move {
                    db.interact(move |_| {
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(5));
                        running.fetch_sub(1, Ordering::SeqCst);
                        Ok(())
                    })
                    .await
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn waiting_for_a_turn_ends() {
    each(1, Duration::from_millis(500), async |db| {
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let holder = db.clone();
        let holder = tokio::spawn(async move {
            holder
                .interact(move |_| {
                    started.send(()).unwrap();
                    let _ = released.recv();
                    Ok(())
                })
                .await
        });
        has_started.await.unwrap();
        let start = Instant::now();
        let error = db.interact(query).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::PoolExhausted);
        assert!(error.is_temporary() && error.to_string().contains("500 ms"), "{error}");
        assert!(start.elapsed() >= Duration::from_millis(450));
        drop(release);
        holder.await.unwrap().unwrap();
        db.interact(query).await.unwrap();
    });
}

/// What waits for its turn is never run; what runs, runs to its end.
#[test]
fn cancellation() {
    each(1, LONG, async |db| {
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let running = {
            let db = db.clone();
            tokio::spawn(async move {
                db.interact(move |db| {
                    db.transaction(|tx| {
                        tx.insert(note("begun"))?;
                        started.send(()).unwrap();
                        let _ = released.recv();
                        tx.insert(note("ended"))
                    })
                })
                .await
            })
        };
        has_started.await.unwrap();
        let waiting = {
            let db = db.clone();
            tokio::spawn(async move { db.interact(|db| db.insert(note("never"))).await })
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
        waiting.abort();
        running.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert!(running.await.unwrap_err().is_cancelled());
        drop(release);
        let texts =
            db.interact(|db| AsyncNote::query().order_by(async_notes::id).all(db)).await.unwrap();
        let texts: Vec<&str> = texts.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(texts, ["begun", "ended"]);
    });
}

#[test]
fn errors_and_panics_reach_the_task() {
    #[derive(Debug)]
    enum Mine {
        Database(Error),
        Own,
    }
    impl From<Error> for Mine {
        fn from(error: Error) -> Self {
            Self::Database(error)
        }
    }
    each(1, LONG, async |db| {
        let own = db.try_interact(|_| Err::<(), _>(Mine::Own)).await.unwrap_err();
        assert!(matches!(own, Mine::Own));
        let error =
            db.try_interact(|db| Ok::<(), Mine>(db.execute_sql("nonsense")?)).await.unwrap_err();
        assert!(matches!(error, Mine::Database(error) if error.code() == ErrorCode::QueryError));
        let panicking = {
            let db = db.clone();
            tokio::spawn(async move {
                db.interact(|db| {
                    db.transaction(|tx| -> mizzle::Result<()> {
                        tx.insert(note("lost"))?;
                        panic!("at work")
                    })
                })
                .await
            })
        };
        assert!(panicking.await.unwrap_err().is_panic());
        // Neither its turn nor its transaction is left over.
        let count = db.interact(|db| AsyncNote::query().count(db)).await.unwrap();
        assert_eq!(count, 0);
    });
}

#[test]
fn outside_of_a_runtime() {
    each_database(|world| {
        let db = Db::connect(&world.url()).unwrap();
        let future = std::pin::pin!(db.interact(query));
        let waker = std::task::Waker::noop();
        let polled = future.poll(&mut std::task::Context::from_waker(waker));
        let std::task::Poll::Ready(Err(error)) = polled else { panic!("it can't wait") };
        assert_eq!(error.code(), ErrorCode::ConfigError);
        assert!(error.troubleshooting()[0].contains("tokio::main"), "{error:?}");
    });
}
