//! A runtime has one worker, on which another task takes its turns while calls wait.
//!
//! What calls wait for comes only after that task has taken some turns. So a call that blocked the worker would wait forever.

use std::fmt::Debug;
use std::future::Future;
use std::io::Write as _;
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use mizzle::prelude::*;
use mizzle::{AsyncConnectionManager, manager::ManagerConfig};
use test_support::each_url;

use crate::cancelled::{ALL_KINDS, Books, call, seed};

/// How many turns the other task takes while a call waits.
const TURNS: u64 = 25;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);

/// The turns of a task.
#[derive(Debug, Clone, Default)]
struct Turns(Arc<AtomicU64>);

impl Turns {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Blocks a thread until some more turns were taken.
    fn block(&self, more: u64) {
        let end = self.now() + more;
        while self.now() < end {
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Waits until some more turns were taken.
    async fn taken(&self, more: u64) {
        let end = self.now() + more;
        while self.now() < end {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Polls a call that can't end while the other task takes turns, and drops it, whose rest doesn't block, either.
    async fn stays_pending<T: Debug>(&self, what: &str, future: impl Future<Output = T>) {
        {
            let mut future = pin!(future);
            tokio::select! {
                biased;
                output = &mut future => panic!("{what} has ended: {output:?}"),
                () = self.taken(TURNS) => {}
            }
        }
        self.taken(TURNS).await;
    }
}

/// Runs `body` on a runtime with one worker, beside a task that takes turns.
#[track_caller]
fn beside_a_task<F: Future<Output = ()>>(body: impl FnOnce(Turns) -> F + Send) {
    let turns = Turns::default();
    thread::scope(|scope| {
        let (ends, ended) = channel::<()>();
        let of_task = turns.clone();
        let worker = scope.spawn(move || {
            let _ends = ends;
            let runtime = crate::runtime(0);
            let of_body = of_task.clone();
            runtime.spawn(async move {
                loop {
                    of_task.0.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            });
            runtime.block_on(body(of_body));
            runtime.shutdown_background();
        });
        // A blocked worker would never end, and neither would this scope.
        let mut before = None;
        while ended.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            if before.replace(turns.now()) == Some(turns.now()) {
                // Without the capture of the output, which would be lost.
                let blocked = format!("the worker is blocked: {}\n", Location::caller());
                let _ = std::io::stderr().write_all(blocked.as_bytes());
                std::process::exit(101);
            }
        }
        if let Err(panic) = worker.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Opens a database whose calls wait as long as it takes.
fn open(url: &str, connections: u32) -> Db {
    let builder = Db::builder(url).pool_size(connections).busy_timeout(LONG);
    builder.connect_timeout(LONG).checkout_timeout(LONG).connect().unwrap()
}

#[test]
fn calls_wait_for_a_connection() {
    each_url!(|url| {
        let db = open(url, 1);
        seed(&db);
        let adb = AsyncDb::from(db.clone());
        beside_a_task(async |turns| {
            let books = Books::default();
            for kind in 0..ALL_KINDS {
                let what = format!("call {kind}");
                let tx = adb.begin().await.unwrap();
                turns.stays_pending(&what, call(kind, &adb, &books)).await;
                let mut waits = call(kind, &adb, &books);
                tokio::select! {
                    _ = &mut waits => panic!("{what} has ended"),
                    () = turns.taken(TURNS) => drop(tx),
                }
                waits.await.unwrap();
                // A thread that doesn't know of the tasks.
                let (has, had) = tokio::sync::oneshot::channel();
                let (holder, of_holder) = (db.clone(), turns.clone());
                let holds = thread::spawn(move || {
                    holder.with_connection(|_| {
                        has.send(()).unwrap();
                        of_holder.block(TURNS);
                        Ok(())
                    })
                });
                had.await.unwrap();
                call(kind, &adb, &books).await.unwrap();
                holds.join().unwrap().unwrap();
            }
        });
    });
}

#[test]
fn calls_wait_for_locks() {
    each_url!(|url| {
        let (db, other) = (open(url, 4), open(url, 1));
        seed(&db);
        let adb = AsyncDb::from(db);
        beside_a_task(async |turns| {
            let books = Books::default();
            for kind in 0..ALL_KINDS {
                let (has, had) = tokio::sync::oneshot::channel();
                let (holder, of_holder) = (other.clone(), turns.clone());
                let holds = thread::spawn(move || {
                    holder.transaction(|tx| {
                        tx.execute_sql(match holder.dialect() {
                            mizzle::Dialect::Postgres => {
                                "LOCK TABLE authors, books IN ACCESS EXCLUSIVE MODE"
                            }
                            _ => "DELETE FROM pages",
                        })?;
                        has.send(()).unwrap();
                        of_holder.block(TURNS);
                        Ok(())
                    })
                });
                had.await.unwrap();
                call(kind, &adb, &books).await.unwrap();
                // Not by waiting in this thread.
                tokio::task::spawn_blocking(|| holds.join()).await.unwrap().unwrap().unwrap();
            }
        });
    });
}

/// Few threads work for all calls on SQLite. What waits or takes long on them leaves the others a thread: these end before what
/// it waits for comes.
#[cfg(feature = "sqlite")]
#[test]
fn calls_that_wait_or_take_long_leave_others_a_thread() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let (db, other) = (open(&url, 40), open(&url, 1));
    seed(&db);
    let adb = AsyncDb::from(db);
    beside_a_task(async |turns| {
        for _ in 0..3 {
            let locks = AsyncDb::from(other.clone()).begin().await.unwrap();
            locks.execute_sql("DELETE FROM pages").await.unwrap();
            let writes: Vec<_> = (0..12).map(|_| tokio::spawn(add_one(adb.clone()))).collect();
            // They end when they are dropped.
            let forever: Vec<_> = (0..8)
                .map(|_| {
                    let adb = adb.clone();
                    tokio::spawn(async move {
                        let count = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
                        adb.one::<i64, _>(diesel::dsl::sql::<diesel::sql_types::BigInt>(count)).await
                    })
                })
                .collect();
            turns.taken(TURNS).await;
            let reads: Vec<_> = (0..200)
                .map(|_| {
                    let adb = adb.clone();
                    tokio::spawn(async move { adb.get::<crate::schema::Author>(1).await })
                })
                .collect();
            for read in reads {
                assert_eq!(read.await.unwrap().unwrap().id, 1);
            }
            locks.roll_back().await.unwrap();
            for write in writes {
                write.await.unwrap().unwrap();
            }
            for endless in forever {
                endless.abort();
                assert!(endless.await.unwrap_err().is_cancelled());
            }
        }
    });
}

#[cfg(feature = "sqlite")]
async fn add_one(adb: AsyncDb) -> mizzle::Result<()> {
    adb.insert(crate::schema::new("waits")).await.map(drop)
}

#[test]
fn connecting_waits_for_the_program() {
    each_url!(|url| {
        beside_a_task(async |turns| {
            let (hook, before) = (turns.clone(), turns.now());
            let builder = Db::builder(url).pool_size(2).on_connect(move |_| {
                hook.block(TURNS);
                Ok(())
            });
            let config = ManagerConfig::new(builder.clone().checkout_timeout(LONG));
            let db = builder.checkout_timeout(LONG).connect_async().await.unwrap();
            assert!(turns.now() >= before + TURNS);
            // Each connection has its own.
            let begin = || db.transaction_builder().read_only().begin();
            let (one, two) = (begin().await.unwrap(), begin().await.unwrap());
            assert!(turns.now() >= before + TURNS);
            one.commit().await.unwrap();
            two.commit().await.unwrap();
            let manager = AsyncConnectionManager::with_config(config);
            let before = turns.now();
            manager.initialize().await.unwrap();
            manager.reconnect().await.unwrap();
            assert!(turns.now() >= before + 2 * TURNS);
            assert_eq!(manager.disconnect().await, 0);
        });
    });
}

#[test]
fn disconnecting_waits_for_running_work() {
    each_url!(|url| {
        let config = ManagerConfig::new(Db::builder(url).pool_size(2));
        beside_a_task(async |turns| {
            let manager = AsyncConnectionManager::with_config(config);
            let db = manager.initialize().await.unwrap();
            let tx = db.begin().await.unwrap();
            tx.execute_sql("CREATE TABLE kept (id INTEGER)").await.unwrap();
            let mut ends = pin!(manager.disconnect());
            tokio::select! {
                biased;
                _ = &mut ends => panic!("it has ended"),
                () = turns.taken(TURNS) => {}
            }
            assert!(db.begin().await.is_err());
            let committed = tx.commit().await;
            let left = ends.await;
            // It is another one if all of that took longer than a disconnect waits.
            assert!(left <= 1);
            committed.unwrap();
            let db = manager.reconnect().await.unwrap();
            assert_eq!(sql!("SELECT count(*) FROM kept").one::<i64>(&db).await.unwrap(), 0);
        });
    });
}

/// A file that another program has locked, also for readers.
#[cfg(feature = "sqlite")]
#[test]
fn connecting_waits_for_a_locked_file() {
    use diesel::connection::SimpleConnection as _;

    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("locked.db").display());
    let holder = open(&url, 1);
    beside_a_task(async |turns| {
        for round in 0..3 {
            let (has, had) = tokio::sync::oneshot::channel();
            let (holder, of_holder) = (holder.clone(), turns.clone());
            let holds = thread::spawn(move || {
                // Without the write-ahead log, which would let readers go on. It stays until the last round's connections are
                // closed.
                crate::wait_until("no write-ahead log", || {
                    // Otherwise the connection doesn't know that there is one.
                    holder.execute_sql("SELECT count(*) FROM sqlite_schema").unwrap();
                    let mode = sql!("PRAGMA journal_mode = DELETE").one::<String>(&holder);
                    mode.is_ok_and(|mode| mode == "delete")
                });
                holder.with_connection(|connection| {
                    connection.batch_execute("BEGIN EXCLUSIVE")?;
                    has.send(()).unwrap();
                    of_holder.block(3 * TURNS);
                    Ok(connection.batch_execute("ROLLBACK")?)
                })
            });
            had.await.unwrap();
            let builder = Db::builder(&url).busy_timeout(LONG);
            turns
                .stays_pending(&format!("connecting {round}"), builder.clone().connect_async())
                .await;
            match round {
                0 => drop(builder.connect_async().await.unwrap()),
                _ => {
                    let manager = AsyncConnectionManager::with_config(ManagerConfig::new(builder));
                    manager.initialize().await.unwrap();
                    assert_eq!(manager.disconnect().await, 0);
                }
            }
            tokio::task::spawn_blocking(|| holds.join()).await.unwrap().unwrap().unwrap();
        }
    });
}

#[cfg(all(unix, feature = "postgres"))]
mod servers {
    use std::io::Read as _;
    use std::net::{Shutdown, TcpListener, TcpStream};

    use test_support::FreshPostgres;
    use test_support::proxy::{Mode, Proxy};

    use super::*;
    use crate::schema::*;

    /// Returns the URL's port, and the URL by another port.
    fn ports(url: &str) -> (u16, impl Fn(u16) -> String) {
        let (start, rest) = url.rsplit_once(':').unwrap();
        let (port, database) = rest.split_once('/').unwrap();
        let (port, start, database) =
            (port.parse().unwrap(), start.to_owned(), database.to_owned());
        let plain = if database.contains('?') { "&" } else { "?" };
        (port, move |port| {
            format!("{start}:{port}/{database}{plain}sslmode=disable&gssencmode=disable")
        })
    }

    #[test]
    fn connecting_waits_for_a_server_that_never_answers() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("postgres://app@127.0.0.1:{port}/blog?sslmode=disable");
        beside_a_task(async |turns| {
            turns.stays_pending("connecting", AsyncDb::connect(&url)).await;
            let several = url.replace("@", &format!("@127.0.0.1:{port},"));
            turns.stays_pending("connecting", AsyncDb::connect(&several)).await;
            let config = ManagerConfig::new(Db::builder(&url).connect_timeout(LONG));
            let manager = AsyncConnectionManager::with_config(config);
            turns.stays_pending("initialize", manager.initialize()).await;
            turns.stays_pending("reconnect", manager.reconnect()).await;
            assert_eq!(manager.disconnect().await, 0);
        });
    }

    #[test]
    fn calls_wait_for_a_server_that_falls_silent() {
        let fresh = FreshPostgres::new();
        seed(&open(&fresh.url, 1));
        let (port, url) = ports(&fresh.url);
        beside_a_task(async |turns| {
            let books = Books::default();
            for kind in 0..ALL_KINDS {
                let proxy = Proxy::to(port);
                let builder = Db::builder(&url(proxy.port())).pool_size(3).connect_timeout(LONG);
                let db = builder.checkout_timeout(LONG).connect_async().await.unwrap();
                db.get::<Author>(1).await.unwrap();
                let tx = db.begin().await.unwrap();
                tx.get::<Author>(1).await.unwrap();
                proxy.set(Mode::Drop);
                turns.stays_pending(&format!("call {kind}"), call(kind, &db, &books)).await;
                match kind % 4 {
                    0 => turns.stays_pending("commit", tx.commit()).await,
                    1 => turns.stays_pending("roll_back", tx.roll_back()).await,
                    2 => turns.stays_pending("begin", tx.begin()).await,
                    _ => {
                        turns.stays_pending("insert", tx.insert(new("never"))).await;
                        drop(tx);
                    }
                }
                turns.taken(TURNS).await;
                // A statement that is interrupted is one that the server is asked to end, too.
                proxy.reset();
            }
        });
    }

    /// The manager's reports, while the server is silent.
    #[test]
    fn checks_wait_for_a_server_that_falls_silent() {
        let fresh = FreshPostgres::new();
        let (port, url) = ports(&fresh.url);
        beside_a_task(async |turns| {
            let proxy = Proxy::to(port);
            let config = ManagerConfig::new(Db::builder(&url(proxy.port())).pool_size(2));
            let manager = AsyncConnectionManager::with_config(config);
            manager.initialize().await.unwrap();
            assert!(manager.health().await.database.error.is_none());
            proxy.set(Mode::Drop);
            turns.stays_pending("health", manager.health()).await;
            turns.stays_pending("test_connection", manager.test_connection()).await;
            turns.stays_pending("reconnect", manager.reconnect()).await;
            // By its own limit.
            assert!(manager.health().await.database.error.is_some());
            manager.disconnect().await;
            proxy.reset();
        });
    }

    /// Starts a server between a client and a port whose answers come byte by byte, each after a turn.
    fn slow(port: u16, turns: &Turns) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let own = listener.local_addr().unwrap().port();
        let turns = turns.clone();
        // Ends with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { return };
                for (from, to, single) in [(&client, &server, 0), (&server, &client, 20)] {
                    let _ = from.set_nodelay(true);
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let turns = turns.clone();
                    thread::spawn(move || dribble(from, to, single, &turns));
                }
            }
        });
        own
    }

    /// Copies pieces, after so many single bytes of each.
    fn dribble(mut from: TcpStream, mut to: TcpStream, single: usize, turns: &Turns) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let (bytes, rest) = buffer[..count].split_at(single.min(count));
            let pieces = bytes.chunks(1).chain(rest.chunks(rest.len().div_ceil(2).max(1)));
            for piece in pieces {
                turns.block(1);
                if to.write_all(piece).is_err() {
                    break;
                }
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    #[test]
    fn calls_wait_for_a_server_that_answers_byte_by_byte() {
        let fresh = FreshPostgres::new();
        seed(&open(&fresh.url, 1));
        let (port, url) = ports(&fresh.url);
        beside_a_task(async |turns| {
            let books = Books::default();
            let url = url(slow(port, &turns));
            let builder = Db::builder(&url).connect_timeout(LONG).checkout_timeout(LONG);
            let manager = AsyncConnectionManager::with_config(ManagerConfig::new(builder));
            let db = manager.initialize().await.unwrap();
            for kind in 0..ALL_KINDS {
                // It needs turns for each answer that it waits for.
                call(kind, &db, &books).await.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
            }
            manager.test_connection().await.unwrap();
            manager.disconnect().await;
        });
    }
}
