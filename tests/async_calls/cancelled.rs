//! Futures that are dropped before their end, at every point and at random.

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use mizzle::prelude::*;
use mizzle::{Event, Read, batch};
use test_support::on_each_database;
use test_support::random::Random;

use crate::schema::*;
use crate::{runtime, wait_until};

/// Polls a future so many times, and then drops it. Returns its output if it ended before.
async fn polled<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The calls. Each writes authors with names that no other call writes.
pub(crate) const KINDS: usize = 20;

/// The calls that don't run beside others of the same kind come after them.
pub(crate) const ALL_KINDS: usize = KINDS + 2;
const MIGRATIONS: usize = KINDS;

/// The numbers of new names.
static NEXT: AtomicI64 = AtomicI64::new(0);

/// What calls have written, as far as they said so, and what they have certainly not written.
#[derive(Default)]
pub(crate) struct Books {
    written: Mutex<HashSet<String>>,
    rolled_back: Mutex<HashSet<String>>,
}

impl Books {
    fn wrote(&self, names: Vec<String>) {
        self.written.lock().unwrap().extend(names);
    }
}

fn name() -> String {
    format!("name {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) type Call<'a> = Pin<Box<dyn Future<Output = mizzle::Result<()>> + Send + 'a>>;

/// Makes a call, and checks its answer.
pub(crate) fn call<'a>(kind: usize, db: &'a AsyncDb, books: &'a Books) -> Call<'a> {
    match kind {
        0 => Box::pin(async move {
            let found: Option<Author> = db.find(1).await?;
            assert_eq!(found.map(|author| author.name), Some("first".into()));
            Ok(())
        }),
        1 => Box::pin(async move {
            let name = name();
            let author = db.insert(new(&name)).await?;
            assert_eq!(author.name, name);
            books.wrote(vec![name]);
            Ok(())
        }),
        2 => Box::pin(async move {
            let names: Vec<String> = (0..700).map(|_| name()).collect();
            let rows: Vec<NewAuthor> = names.iter().map(|name| new(name)).collect();
            assert_eq!(db.insert_all(&rows).await?, 700);
            books.wrote(names);
            Ok(())
        }),
        3 => Box::pin(async move {
            let query = Author::query().with(Author::books()).filter(authors::id.le(3));
            let found = query.order_by(authors::id).all(db).await?;
            assert_eq!(found.len(), 3);
            assert!(found.iter().all(|author| author.books.len() == 5), "{found:?}");
            Ok(())
        }),
        4 => Box::pin(async move {
            let page = Book::query().order_by(books::id).page(db, 1, 7).await?;
            assert_eq!((page.items.len(), page.total), (7, 15));
            Ok(())
        }),
        5 => Box::pin(async move {
            let mut stream = Book::query().order_by(books::id).stream(db);
            let mut seen = 0;
            while let Some(book) = stream.next().await {
                seen += 1;
                assert_eq!(book?.id, seen);
            }
            assert_eq!(seen, 15);
            Ok(())
        }),
        6 => Box::pin(async move {
            let names = [name(), name()];
            let (a, b, count) = db
                .batch((
                    batch::insert(new(&names[0])),
                    batch::insert(new(&names[1])),
                    batch::count(books::table),
                ))
                .await?;
            assert_eq!(([a.name, b.name], count), (names.clone(), 15));
            books.wrote(names.into());
            Ok(())
        }),
        7 => Box::pin(async move {
            let names = [name(), name()];
            let id = db
                .transaction(async |tx| {
                    let a = tx.insert(new(&names[0])).await?;
                    assert_eq!(tx.get::<Author>(a.id).await?.name, names[0]);
                    tx.insert(new(&names[1])).await.map(|b| b.id)
                })
                .await?;
            assert_eq!(db.get::<Author>(id).await?.name, names[1]);
            books.wrote(names.into());
            Ok(())
        }),
        8 => Box::pin(async move {
            let name = name();
            // Whether the future is dropped or not.
            books.rolled_back.lock().unwrap().insert(name.clone());
            let tx = db.begin().await?;
            tx.insert(new(&name)).await?;
            assert_eq!(tx.count(authors::table.filter(authors::name.eq(name))).await?, 1);
            drop(tx);
            Ok(())
        }),
        9 => Box::pin(async move {
            let (kept, lost) = (name(), name());
            books.rolled_back.lock().unwrap().insert(lost.clone());
            db.transaction(async |tx| {
                tx.insert(new(&kept)).await?;
                let inner = tx.begin().await?;
                inner.insert(new(&lost)).await?;
                drop(inner);
                tx.get::<Author>(1).await.map(drop)
            })
            .await?;
            books.wrote(vec![kept]);
            Ok(())
        }),
        10 => Box::pin(async move {
            let name = name();
            let row = sql!("INSERT INTO authors (name) VALUES ({name}) RETURNING name");
            assert_eq!(row.one::<String>(db).await?, name);
            books.wrote(vec![name]);
            Ok(())
        }),
        11 => Box::pin(async move {
            let names: Vec<String> = (0..1500).map(|_| name()).collect();
            let rows: Vec<NewAuthor> = names.iter().map(|name| new(name)).collect();
            assert_eq!(db.copy_in(rows).await?, 1500);
            books.wrote(names);
            Ok(())
        }),
        12 => Box::pin(async move {
            let found = db.update_by_key::<Author>(2, AuthorChanges::default().name("second"));
            assert_eq!(found.await?.name, "second");
            Ok(())
        }),
        13 => Box::pin(async move {
            let query = books::table.inner_join(authors::table).select((books::id, authors::name));
            let rows: Vec<(i64, String)> = db.load(query.order(books::id).limit(5)).await?;
            assert_eq!(rows.len(), 5);
            assert!(rows.iter().all(|(id, author)| *id <= 5 && author == "first"), "{rows:?}");
            Ok(())
        }),
        14 => Box::pin(async move {
            let (a, b) = (name(), name());
            let graph = [new(&a), new(&b)].map(|author| {
                author.with_new(Author::books(), |_: &Author| {
                    Vec::from([NewBook::builder().author_id(0).title("new").build()])
                })
            });
            let graph: Vec<_> = graph.into_iter().collect();
            let stored = db
                .transaction(async |tx| {
                    let stored = tx.insert_graph(graph).await?;
                    tx.execute(diesel::delete(books::table.filter(books::title.eq("new")))).await?;
                    Ok(stored)
                })
                .await?;
            assert_eq!(stored.len(), 2);
            books.wrote(vec![a, b]);
            Ok(())
        }),
        15 => Box::pin(async move {
            let tx = db.begin().await?;
            let (one, two) = tokio::join!(tx.get::<Author>(1), tx.count(books::table));
            assert_eq!((one?.name.as_str(), two?), ("first", 15));
            tx.commit().await
        }),
        16 => Box::pin(async move {
            let names = [name(), name(), name(), name()];
            let tx = db.begin().await?;
            let wrote = tokio::try_join!(
                tx.insert(new(&names[0])),
                async {
                    let stored = tx.insert(new(&names[1])).await?;
                    assert_eq!(tx.get::<Author>(stored.id).await?.name, names[1]);
                    // With a savepoint.
                    tx.insert_all_returning(&[new(&names[2]), new(&names[3])]).await
                },
                tx.count(books::table),
            );
            let (one, rest, count) = wrote?;
            assert_eq!((&one.name, rest.len(), count), (&names[0], 2, 15));
            tx.commit().await?;
            books.wrote(names.into());
            Ok(())
        }),
        17 => Box::pin(async move {
            // Some of the joined calls are dropped: what they did can't be committed.
            let (kept, lost) = (name(), name());
            let tx = db.begin().await?;
            let times = usize::try_from(NEXT.load(Ordering::Relaxed)).unwrap_or_default() % 6;
            let (wrote, ended) = {
                let mut dropped = Box::pin(polled(tx.insert(new(&lost)), times));
                let mut other = pin!(tx.insert(new(&kept)));
                let mut ended = None;
                let is_first = times % 2 == 0;
                let wrote = poll_fn(|context| {
                    let mut wrote = Poll::Pending;
                    if is_first {
                        wrote = other.as_mut().poll(context);
                    }
                    if ended.is_none() {
                        match dropped.as_mut().poll(context) {
                            Poll::Ready(end) => ended = Some(end),
                            Poll::Pending => {}
                        }
                    }
                    if is_first { wrote } else { other.as_mut().poll(context) }
                })
                .await;
                (wrote, ended.flatten())
            };
            let lost_one = ended.is_none_or(|stored| stored.is_err());
            let committed = wrote.is_ok() && tx.commit().await.is_ok();
            let is_written =
                |committed: bool| if committed { &books.written } else { &books.rolled_back };
            is_written(committed).lock().unwrap().insert(kept);
            is_written(committed && !lost_one).lock().unwrap().insert(lost);
            Ok(())
        }),
        18 => Box::pin(async move { db.ping(Duration::from_secs(60)).await.map(drop) }),
        19 => Box::pin(async move {
            let (channel, session) = (name(), db.session(Read::Any));
            let mut listener = db.listen(&channel).await?;
            session.notify(&channel, "told").await?;
            match listener.next().await {
                Some(Event::Notification { payload, .. }) => assert_eq!(payload, "told"),
                // The connection that listens was replaced.
                other => assert_eq!(other, Some(Event::Gap)),
            }
            session.bookmark().await.map(drop)
        }),
        MIGRATIONS => Box::pin(async move {
            let migrations = mizzle::migrations!("examples/web/migrations");
            let migrator = || db.migrator(migrations);
            db.migrate(migrations).await?;
            assert!(migrator().pending().await?.is_empty());
            let lost = migrator().rollback_losses(1).await?;
            assert!(lost.is_empty(), "{lost:?}");
            migrator().rollback(1).await?;
            assert_eq!(migrator().status().await?.len(), 1);
            assert_eq!(migrator().pending().await?.len(), 1);
            Ok(())
        }),
        _ => Box::pin(async move {
            // Its connection is closed afterwards.
            let db = db.clone();
            let work = move |db: &Db| db.transaction(|tx| tx.get::<Author>(1));
            assert_eq!(db.blocking().interact(work).await?.name, "first");
            Ok(())
        }),
    }
}

/// Checks that the next calls get their own answers.
async fn check_answers(db: &AsyncDb, token: i64) {
    let answers = (0..3).map(|more| async move {
        let wanted = token * 10 + more;
        let answer: i64 = sql!("SELECT CAST({wanted} AS BIGINT)").one(db).await.unwrap();
        assert_eq!(answer, wanted);
    });
    for answer in answers {
        answer.await;
    }
}

/// Checks that nothing is left of what a run of migrations sets on its connection.
async fn check_settings(db: &AsyncDb) {
    idle(db).await;
    if db.dialect() == mizzle::Dialect::Postgres {
        let locks: i64 = sql!(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
             WHERE locktype = 'advisory' AND datname = current_database()"
        )
        .one(db)
        .await
        .unwrap();
        assert_eq!(locks, 0, "a connection of the pool holds the lock of migrations");
        return;
    }
    // Each connection, at the same time.
    let size = db.pool_status().size as usize;
    let together = Arc::new(tokio::sync::Barrier::new(size));
    let looks = (0..size).map(|_| {
        let (db, together) = (db.clone(), Arc::clone(&together));
        tokio::spawn(async move {
            let look = db.transaction_builder().read_only();
            look.run(async |tx| {
                together.wait().await;
                let enforced = sql!("SELECT foreign_keys FROM pragma_foreign_keys");
                let left = sql!("SELECT name FROM sqlite_temp_schema WHERE name = 'mizzle_runner'");
                Ok((enforced.one::<i64>(tx).await?, left.first::<String>(tx).await?))
            })
            .await
        })
    });
    for look in looks.collect::<Vec<_>>() {
        let found = look.await.unwrap().unwrap();
        assert_eq!(found, (1, None), "a connection of the pool is as a migration has left it");
    }
}

pub(crate) fn seed(db: &Db) {
    db.create_all::<App>().unwrap();
    for name in ["first", "second", "third"] {
        let author = db.insert(new(name)).unwrap();
        let title = |n: i32| NewBook::builder().author_id(author.id).title(format!("{n}")).build();
        db.insert_all((0..5).map(title).collect::<Vec<_>>()).unwrap();
    }
}

/// Waits until no connection is in use.
async fn idle(db: &AsyncDb) {
    let start = Instant::now();
    while db.pool_status().in_use > 0 {
        assert!(start.elapsed() < Duration::from_secs(120), "{:?}", db.pool_status());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Checks what is stored, and that no connection is left in the middle of something.
fn check_end(db: &Db, books: &Books) {
    wait_until("the pool is idle", || db.pool_status().in_use == 0);
    let written = books.written.lock().unwrap();
    let rolled_back = books.rolled_back.lock().unwrap();
    let stored: Vec<String> = db.load(authors::table.select(authors::name)).unwrap();
    let set: HashSet<&String> = stored.iter().collect();
    assert_eq!(set.len(), stored.len(), "a row was written twice");
    let lost: Vec<_> = written.iter().filter(|name| !set.contains(name)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let ghosts: Vec<_> = rolled_back.iter().filter(|name| set.contains(name)).collect();
    assert!(ghosts.is_empty(), "ghosts: {ghosts:?}");
    assert_eq!(db.count(books::table).unwrap(), 15);
    if db.dialect() == mizzle::Dialect::Postgres {
        let others = || -> i64 {
            sql!(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
            )
            .one(db)
            .unwrap()
        };
        wait_until("all sessions are idle", || others() == 0);
    }
    // A writer that nobody ended would hold a lock.
    db.insert(new("last")).unwrap();
}

/// How many futures are dropped at random. A run by hand can ask for more.
fn how_many() -> usize {
    let asked = std::env::var("MIZZLE_TEST_CANCELLATIONS").ok();
    asked.and_then(|number| number.parse().ok()).unwrap_or(1_500)
}

/// It ends with its only connection, so that is not closed.
#[cfg(feature = "sqlite")]
#[test]
fn a_database_in_memory_outlives_calls_that_are_cancelled() {
    let db = Db::connect("sqlite::memory:").unwrap();
    seed(&db);
    let books = Books::default();
    let adb = AsyncDb::from(db);
    runtime(2).block_on(async {
        for kind in 0..ALL_KINDS {
            for times in 1..1000 {
                let done = polled(call(kind, &adb, &books), times).await;
                check_settings(&adb).await;
                assert_eq!(adb.count(books::table).await.unwrap(), 15, "call {kind}, poll {times}");
                if let Some(done) = done {
                    done.unwrap_or_else(|error| panic!("call {kind}: {error:?}"));
                    break;
                }
            }
        }
    });
}

on_each_database! {
    fn calls_may_be_dropped_at_every_poll(db: &Db) {
        seed(db);
        let books = Books::default();
        let adb = AsyncDb::from(db.clone());
        for runtime in [runtime(2), runtime(0)] {
            runtime.block_on(async {
                for kind in 0..ALL_KINDS {
                    let mut ended = 0;
                    // Migrations wait some hundred times.
                    let step = if kind == MIGRATIONS { 7 } else { 1 };
                    for times in (1..).step_by(step) {
                        if let Some(done) = polled(call(kind, &adb, &books), times).await {
                            done.unwrap_or_else(|error| panic!("call {kind}: {error:?}"));
                            ended += 1;
                        }
                        check_answers(&adb, times as i64).await;
                        if kind == MIGRATIONS {
                            check_settings(&adb).await;
                        }
                        if ended == 2 || times > 1000 {
                            break;
                        }
                    }
                    assert!(ended > 0, "call {kind} has not ended");
                }
            });
            // The rest is done by the runtime's tasks.
            runtime.block_on(idle(&adb));
            check_end(db, &books);
            db.execute(diesel::delete(authors::table.filter(authors::name.eq("last")))).unwrap();
        }
        assert_eq!(db.pool_status().size, 10);
    }

    fn calls_may_be_dropped_at_random_under_load(db: &Db) {
        const TASKS: usize = 24;
        seed(db);
        let books = Books::default();
        let books: &'static Books = Box::leak(Box::new(books));
        let adb = AsyncDb::from(db.clone());
        let each = how_many().div_ceil(TASKS);
        let runtime = runtime(2);
        let dropped: usize = runtime.block_on(async {
            let tasks: Vec<_> = (0..TASKS)
                .map(|task| {
                    let adb = adb.clone();
                    tokio::spawn(async move {
                        let mut random = Random::new(task as u64);
                        let (mut dropped, mut made) = (0, 0_i64);
                        while dropped < each {
                            made += 1;
                            let kind = random.below(KINDS);
                            let limit = Duration::from_micros(random.below(6_000) as u64);
                            match tokio::time::timeout(limit, call(kind, &adb, books)).await {
                                Ok(done) => done.unwrap_or_else(|error| panic!("call {kind}: {error:?}")),
                                Err(_) => dropped += 1,
                            }
                            if made % 16 == 0 {
                                check_answers(&adb, made).await;
                            }
                        }
                        dropped
                    })
                })
                .collect();
            let mut all = 0;
            for task in tasks {
                all += task.await.unwrap();
            }
            all
        });
        assert!(dropped >= how_many());
        check_end(db, books);
    }

    fn a_long_statement_ends_with_its_future(db: &Db) {
        let adb = AsyncDb::from(db.clone());
        let slow = match db.dialect() {
            mizzle::Dialect::Postgres => "SELECT count(*), pg_sleep(600)",
            _ => "SELECT count(*) FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n)",
        };
        runtime(2).block_on(async {
            for _ in 0..4 {
                let run = adb.execute_sql(slow);
                assert!(tokio::time::timeout(Duration::from_millis(60), run).await.is_err());
            }
            let tx = adb.begin().await.unwrap();
            assert!(tokio::time::timeout(Duration::from_millis(60), tx.execute_sql(slow)).await.is_err());
            let error = tx.execute_sql("SELECT 1").await.unwrap_err();
            assert!(error.to_string().contains("cancelled"), "{error}");
            assert!(tx.commit().await.is_err());
            // It would take ten minutes, or forever.
            idle(&adb).await;
            check_answers(&adb, 1).await;
        });
    }
}

/// A wait for a lock ends with its future, however long it may take, and a timeout that SQL text sets is the one that counts.
#[test]
fn a_wait_for_a_lock_ends_with_its_future() {
    /// Longer than the test waits for the pool.
    const LONG: Duration = Duration::from_secs(600);
    test_support::each_url!(|url| {
        let holder = Db::connect(url).unwrap();
        holder.create_all::<App>().unwrap();
        let builder = Db::builder(url).busy_timeout(LONG).statement_timeout(None);
        let db = AsyncDb::from(builder.connect().unwrap());
        let lock = match db.dialect() {
            mizzle::Dialect::Postgres => "LOCK TABLE authors IN ACCESS EXCLUSIVE MODE",
            _ => "DELETE FROM books",
        };
        holder
            .transaction(|tx| {
                tx.execute_sql(lock)?;
                runtime(2).block_on(async {
                    for _ in 0..3 {
                        let waits = db.insert(new("waits"));
                        assert!(
                            tokio::time::timeout(Duration::from_millis(60), waits).await.is_err()
                        );
                    }
                    // The lock is still held.
                    idle(&db).await;
                    if db.dialect() == mizzle::Dialect::Sqlite {
                        let read = async || -> Vec<i64> {
                            let read = mizzle::sql!("SELECT timeout FROM pragma_busy_timeout");
                            read.all(&db).await.unwrap()
                        };
                        assert_eq!(read().await, [600_000]);
                        let impatient =
                            Db::builder(url).pool_size(1).connect_async().await.unwrap();
                        impatient.execute_sql("PRAGMA busy_timeout = 1").await.unwrap();
                        let error = impatient.insert(new("waits")).await.unwrap_err();
                        assert!(error.is_busy(), "{error}");
                    }
                });
                Ok(())
            })
            .unwrap();
        runtime(0).block_on(async {
            db.insert(new("the lock is free")).await.unwrap();
            assert_eq!(db.count(authors::table).await.unwrap(), 1);
        });
    });
}
