//! The manager in async programs: futures that are dropped, tasks that race, and a signal.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use mizzle::manager::{ConnectionState, HealthStatus, ManagerConfig};
use mizzle::prelude::*;
use mizzle::{AsyncConnectionManager, Backoff, ConnectionManager, DbBuilder, ErrorCode};
use test_support::random::Random;
use tokio::runtime::{Builder, Runtime};

use crate::world::{VirtualClock, answers, each_database, eventually};

fn runtime(threads: usize) -> Runtime {
    let mut builder = match threads {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads.max(1)).enable_all().build().unwrap()
}

fn builder(url: &str) -> DbBuilder {
    Db::builder(url).pool_size(2).busy_timeout(Duration::from_millis(1))
}

fn config(url: &str) -> ManagerConfig {
    ManagerConfig::new(builder(url)).backoff(Backoff::new(Duration::from_millis(1)))
}

async fn query(db: &AsyncDb) -> mizzle::Result<i64> {
    let table = match db.dialect() {
        mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => "sqlite_schema",
        _ => "pg_class",
    };
    let count = format!("SELECT count(*) FROM {table}");
    db.one(diesel::dsl::sql::<diesel::sql_types::BigInt>(&count)).await
}

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

/// Checks that the manager is as a new one.
async fn check_new(manager: &AsyncConnectionManager) {
    let status = manager.status();
    assert_eq!(status.state, ConnectionState::Disconnected);
    assert!(!status.connected && status.last_error.is_none() && status.retry_count == 0);
    let error = manager.db().unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigError);
    assert!(error.to_string().contains("not initialized"), "{error}");
    assert_eq!(manager.health().await.status, HealthStatus::Unhealthy);
}

#[test]
fn calls_return_what_those_that_wait_return() {
    each_database(|world| {
        let manager = AsyncConnectionManager::with_config(config(&world.url()));
        runtime(0).block_on(async {
            check_new(&manager).await;
            let db = manager.initialize().await.unwrap();
            query(&db).await.unwrap();
            assert!(manager.is_connected() && manager.blocking().is_connected());
            assert!(manager.is_same(&manager.blocking().clone().into()));
            query(&manager.db().unwrap()).await.unwrap();
            manager.test_connection().await.unwrap();
            let health = manager.health().await;
            assert_eq!(health.status, HealthStatus::Healthy, "{health:?}");
            assert!(health.database.latency_ms.is_some() && health.database.connection.connected);
            // The database stays usable.
            manager.reconnect().await.unwrap();
            query(&db).await.unwrap();
            let error = manager.initialize_with(config(&world.url())).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::ConfigError);
            assert_eq!(manager.disconnect().await, 0);
            let error = query(&db).await.unwrap_err();
            assert!(error.to_string().contains("closed"), "{error}");
            assert_eq!(manager.disconnect().await, 0);
            let db = manager.initialize_with(config(&world.url())).await.unwrap();
            query(&db).await.unwrap();
            assert_eq!(manager.disconnect().await, 0);
        });
    });
    assert!(AsyncConnectionManager::global().is_same(&ConnectionManager::global().clone().into()));
    assert!(!AsyncConnectionManager::new().is_same(&AsyncConnectionManager::default()));
}

#[test]
fn outside_a_runtime() {
    each_database(|world| {
        let manager = AsyncConnectionManager::with_config(config(&world.url()));
        fn ends<T>(future: impl Future<Output = T>) -> T {
            match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(output) => output,
                Poll::Pending => panic!("it waits"),
            }
        }
        let error = ends(manager.initialize()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigError);
        assert!(error.to_string().contains("outside a tokio runtime"), "{error}");
        answers(&manager.blocking().initialize().unwrap());
        let error = ends(manager.test_connection()).unwrap_err();
        assert!(error.to_string().contains("outside a tokio runtime"), "{error}");
        assert_eq!(ends(manager.health()).status, HealthStatus::Unhealthy);
        assert_eq!(ends(manager.disconnect()), 0);
    });
}

/// Of a manager that connects, one that connects again, and one that waits for the end of an outage.
#[test]
fn calls_may_be_dropped_at_every_poll() {
    each_database(|world| {
        for runtime in [runtime(2), runtime(0)] {
            let url = world.url();
            let mut dropped = 0;
            for times in 0.. {
                let manager = AsyncConnectionManager::with_config(config(&url));
                let done = runtime.block_on(async {
                    let done = polled(manager.initialize(), times).await;
                    if done.is_none() {
                        check_new(&manager).await;
                        if times % 2 == 0 {
                            // Nothing is in its way.
                            query(&manager.initialize().await.unwrap()).await.unwrap();
                        }
                    }
                    assert_eq!(manager.disconnect().await, 0);
                    done
                });
                match done {
                    Some(db) => {
                        db.unwrap();
                        break;
                    }
                    None => dropped += 1,
                }
            }
            // A thread may have opened SQLite's file before the first poll returns.
            assert!(dropped > 1 || url.starts_with("sqlite:"), "{dropped}");

            let manager = AsyncConnectionManager::with_config(config(&url));
            let db = runtime.block_on(manager.initialize()).unwrap();
            for times in 0.. {
                let done = runtime.block_on(async {
                    let done = polled(manager.reconnect(), times).await;
                    // It is the same database all the time.
                    query(&db).await.unwrap();
                    done
                });
                // It finds out in the background.
                eventually("connected", || manager.is_connected());
                if let Some(done) = done {
                    done.unwrap();
                    break;
                }
            }
            assert_eq!(runtime.block_on(manager.disconnect()), 0);
        }
    });
}

#[test]
fn an_outage_goes_on_after_a_dropped_call() {
    each_database(|world| {
        let runtime = runtime(0);
        for times in [0, 1, 2, 3, 5, 8, 13, 21] {
            let outage = world.outage();
            let settings = || config(&outage.url).reconnect_interval(Duration::from_millis(20));
            // Nobody has called it before.
            let manager = AsyncConnectionManager::with_config(settings().max_retries(1_000_000));
            let done = runtime.block_on(polled(manager.initialize(), times));
            assert!(done.is_none(), "{done:?}");
            runtime.block_on(check_new(&manager));
            // It tries in the background already, and goes on to do so.
            let manager = AsyncConnectionManager::with_config(settings().max_retries(0));
            let error = runtime.block_on(manager.initialize()).unwrap_err();
            assert!(error.is_temporary(), "{error}");
            // It may come to an end, which is another error.
            drop(runtime.block_on(polled(manager.initialize(), times)));
            assert_eq!(manager.status().state, ConnectionState::Reconnecting);
            assert!(manager.db().unwrap_err().is_temporary());
            outage.end();
            eventually("connected", || manager.is_connected());
            answers(manager.db().unwrap().blocking());
            assert_eq!(runtime.block_on(manager.disconnect()), 0);
        }
    });
}

/// The delays are those of property 2, and a clock of the program blocks no task.
#[test]
fn the_manager_waits_between_its_attempts() {
    each_database(|world| {
        let outage = Arc::new(world.outage());
        let (turned, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (turn, sees, ends) = (Arc::clone(&turned), Arc::clone(&seen), Arc::clone(&outage));
        let clock = VirtualClock::new(move |count| {
            if count == 1 {
                sees.store(true, Ordering::SeqCst);
                eventually("a turn", || turn.load(Ordering::SeqCst));
            }
            if count == 4 {
                ends.end();
            }
        });
        let base = Duration::from_secs(60);
        let settings = config(&outage.url).backoff(Backoff::new(base)).clock(clock.clone());
        let manager = AsyncConnectionManager::with_config(settings.max_retries(10));
        runtime(0).block_on(async {
            tokio::spawn(async move {
                while !seen.load(Ordering::SeqCst) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                turned.store(true, Ordering::SeqCst);
            });
            query(&manager.initialize().await.unwrap()).await.unwrap();
            manager.disconnect().await;
        });
        assert_eq!(clock.waits(), [base, base * 2, base * 4, base * 8]);
    });
}

/// Tasks and threads initialize, reconnect and disconnect at once, some of them dropped.
#[test]
fn tasks_and_threads_at_once() {
    type Call<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
    fn call(manager: &AsyncConnectionManager, kind: usize) -> Call<'_> {
        fn known(error: &mizzle::Error) {
            // Disconnected in the meantime, or before.
            assert_eq!(error.code(), ErrorCode::ConfigError, "{error:?}");
        }
        Box::pin(async move {
            match kind {
                0..4 => match manager.initialize().await {
                    Ok(db) => drop(query(&db).await.map_err(|error| known(&error))),
                    Err(error) => known(&error),
                },
                4 => drop(manager.reconnect().await.map_err(|error| known(&error))),
                5 => drop(manager.health().await),
                _ => {
                    manager.disconnect().await;
                }
            }
        })
    }
    each_database(|world| {
        let url = world.url();
        for seed in 0..6 {
            let manager = AsyncConnectionManager::with_config(config(&url));
            let runtime = runtime(if seed % 2 == 0 { 2 } else { 0 });
            thread::scope(|scope| {
                // A thread that waits for the tasks' turn, as they wait for its.
                let waits = manager.blocking().clone();
                scope.spawn(move || {
                    for _ in 0..10 {
                        drop(waits.initialize());
                    }
                });
                runtime.block_on(async {
                    let tasks: Vec<_> = (0..8)
                        .map(|task| {
                            let manager = manager.clone();
                            tokio::spawn(async move {
                                let mut random = Random::new(seed * 100 + task);
                                for _ in 0..15 {
                                    let kind = random.below(8);
                                    let call = call(&manager, kind);
                                    if random.below(2) == 0 {
                                        call.await;
                                    } else {
                                        polled(call, random.below(12)).await;
                                    }
                                }
                            })
                        })
                        .collect();
                    for task in tasks {
                        task.await.unwrap();
                    }
                });
            });
            runtime.block_on(async {
                let db = manager.initialize().await.unwrap();
                query(&db).await.unwrap();
                assert_eq!(manager.disconnect().await, 0);
                assert_eq!(manager.status().state, ConnectionState::Disconnected);
            });
            assert_eq!(db_of(&manager), ErrorCode::ConfigError);
        }
    });
}

fn db_of(manager: &AsyncConnectionManager) -> ErrorCode {
    manager.db().unwrap_err().code()
}

/// A program that is ended by SIGTERM, in a process of its own: this test program, started again.
#[cfg(unix)]
mod signalled {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::*;

    /// What the started program runs.
    const TEST: &str = "tasks::signalled::serves";

    /// Killed if the test fails.
    struct Program(Child);

    impl Drop for Program {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Starts the program, sends it the signal when it is ready, and returns what it has said.
    fn run(url: &str) -> Vec<String> {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
            .env("MIZZLE_CHILD_URL", url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut program = Program(child);
        let output = BufReader::new(program.0.stdout.take().unwrap());
        let mut said = Vec::new();
        for line in output.lines().map_while(Result::ok) {
            if line.contains("ready") {
                // SAFETY: the process is there until it was waited for.
                unsafe { libc::kill(program.0.id().try_into().unwrap(), libc::SIGTERM) };
            }
            said.push(line);
        }
        assert!(program.0.wait().unwrap().success(), "{said:?}");
        said
    }

    #[test]
    fn a_signal_ends_the_program() {
        each_database(|world| {
            let said = run(&world.url());
            assert!(said.iter().any(|line| line == "left 0, served, threads 0"), "{said:?}");
            // While it waits for its database.
            let outage = world.outage();
            let said = run(&outage.url);
            assert!(said.iter().any(|line| line == "left 0, stopped, threads 0"), "{said:?}");
        });
    }

    /// Does nothing unless it was started by [`run`].
    #[test]
    fn serves() {
        let Ok(url) = std::env::var("MIZZLE_CHILD_URL") else { return };
        let settings = config(&url).max_retries(1_000_000).backoff(
            // It waits most of the time.
            Backoff::new(Duration::from_millis(20)).cap(Duration::from_secs(60)),
        );
        let manager = AsyncConnectionManager::with_config(settings);
        let (left, end) = runtime(2).block_on(async {
            let mut signal = signal(SignalKind::terminate()).unwrap();
            tokio::spawn({
                let manager = manager.clone();
                async move {
                    while manager.status().retry_count < 3 {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    println!("ready");
                }
            });
            let started = tokio::select! {
                db = manager.initialize() => Some(db.unwrap()),
                _ = signal.recv() => None,
            };
            let end = match started {
                Some(db) => serve(&db, signal).await,
                None => "stopped",
            };
            (manager.disconnect().await, end)
        });
        let threads = if cfg!(target_os = "linux") { own_threads() } else { 0 };
        println!("left {left}, {end}, threads {threads}");
    }

    /// Serves until the signal: its transaction is committed after it.
    async fn serve(db: &AsyncDb, mut signal: Signal) -> &'static str {
        let tx = db.begin().await.unwrap();
        tx.execute_sql("CREATE TABLE served_until (id INTEGER)").await.unwrap();
        println!("ready");
        signal.recv().await;
        tx.execute_sql("DROP TABLE served_until").await.unwrap();
        tx.commit().await.unwrap();
        "served"
    }

    /// Returns the number of mizzle's threads that go on, except those that open connections for a pool that is gone.
    fn own_threads() -> usize {
        let count = || {
            let tasks = std::fs::read_dir("/proc/self/task").unwrap().map_while(Result::ok);
            let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm"));
            tasks
                .filter_map(|task| name(task).ok())
                .filter(|name| name.starts_with("mizzle-") && !name.starts_with("mizzle-pool"))
                .count()
        };
        eventually("no thread goes on", || count() == 0);
        count()
    }
}
