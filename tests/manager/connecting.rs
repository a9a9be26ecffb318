//! Connecting, and connecting again.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

#[cfg(feature = "sqlite")]
use diesel::connection::SimpleConnection as _;
use mizzle::manager::{ConnectionState, HealthStatus, ManagerConfig};
use mizzle::{Backoff, ConnectionManager, Db, DbBuilder, ErrorCode, Repository};
use proptest::prelude::*;

use crate::world::{Outage, VirtualClock, World, answers, each_database, eventually, query};

const CASES: u32 = 100;

fn config(url: &str) -> ManagerConfig {
    ManagerConfig::new(builder(url))
}

fn builder(url: &str) -> DbBuilder {
    Db::builder(url)
        .pool_size(2)
        .checkout_timeout(Duration::from_millis(200))
        .busy_timeout(Duration::from_millis(1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    /// Property 1: Everybody gets the same global manager, also when threads race for it.
    #[test]
    fn the_global_manager_is_one(threads in 2_usize..12) {
        let barrier = Barrier::new(threads);
        let seen: Vec<&'static ConnectionManager> = thread::scope(|scope| {
            let racers: Vec<_> = (0..threads)
                .map(|_| scope.spawn(|| {
                    barrier.wait();
                    ConnectionManager::global()
                }))
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        for manager in &seen {
            prop_assert!(std::ptr::eq(*manager, seen[0]) && manager.is_same(seen[0]));
        }
        prop_assert!(!ConnectionManager::new().is_same(seen[0]));
    }

    /// Property 2: The delay before attempt `i` is `base × 2^(i−1)`; cap and jitter only if they are asked for.
    #[test]
    fn delays_double(base in 0_u64..5_000, attempt in 1_u32..20, cap in 1_u64..60_000, jitter in 0.0..1.0) {
        let base = Duration::from_millis(base);
        let expected = base * 2_u32.pow(attempt - 1);
        let backoff = Backoff::new(base);
        prop_assert_eq!(backoff.delay(attempt), expected);
        prop_assert_eq!(backoff.delay(0), Duration::ZERO);
        let cap = Duration::from_millis(cap);
        prop_assert_eq!(backoff.cap(cap).delay(attempt), expected.min(cap));
        let shortened = backoff.jitter(jitter).delay(attempt);
        let slack = Duration::from_nanos(1_000);
        prop_assert!(shortened <= expected + slack && shortened + slack >= expected.mul_f64(1.0 - jitter));
        // However late, no overflow.
        prop_assert!(backoff.delay(u32::MAX) >= expected || base.is_zero());
    }
}

/// Runs a property for each database, with its own cases.
fn holds<S: Strategy>(strategy: S, test: impl Fn(&World, S::Value) -> Result<(), TestCaseError>)
where
    S::Value: Clone,
{
    let strategy = strategy.no_shrink();
    each_database(|world| {
        let config =
            ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        if let Err(error) = runner.run(&strategy, |value| test(world, value)) {
            panic!("{error}");
        }
    });
}

/// Property 2 of the manager: it waits these delays and no others, then fails with the cause.
#[test]
fn the_manager_waits_between_its_attempts() {
    holds((0_u64..5_000, 0_u32..7), |world, (base, retries)| {
        let outage = world.outage();
        let base = Duration::from_millis(base);
        let stopped = Arc::new(std::sync::Mutex::new(None::<ConnectionManager>));
        // Nothing in the background, which would wait as well.
        let until = Arc::clone(&stopped);
        let clock = VirtualClock::new(move |count| {
            if count > retries as usize
                && let Some(manager) = &*until.lock().unwrap()
            {
                manager.disconnect();
            }
        });
        let manager = ConnectionManager::with_config(
            config(&outage.url)
                .max_retries(retries)
                .backoff(Backoff::new(base))
                .clock(clock.clone()),
        );
        *stopped.lock().unwrap() = Some(manager.clone());
        let error = manager.initialize().unwrap_err();
        prop_assert!(error.is_temporary() && !error.troubleshooting().is_empty(), "{error:?}");
        let expected: Vec<Duration> = (1..=retries).map(|i| base * 2_u32.pow(i - 1)).collect();
        prop_assert_eq!(&clock.waits()[..retries as usize], &expected[..]);
        manager.disconnect();
        stopped.lock().unwrap().take();
        Ok(())
    });
}

/// Property 6 and 7: After a failure it tries every 30 s until it is connected, and then all is as it should be.
#[test]
fn it_comes_back_by_itself() {
    holds(1_usize..20, |world, rounds| {
        let outage = Arc::new(world.outage());
        let ends = Arc::clone(&outage);
        let clock = VirtualClock::new(move |count| {
            if count == rounds {
                ends.end();
            }
        });
        let manager =
            ConnectionManager::with_config(config(&outage.url).max_retries(0).clock(clock.clone()));
        prop_assert!(manager.initialize().is_err());
        eventually("connecting", || manager.is_connected());
        prop_assert_eq!(clock.waits(), vec![Duration::from_secs(30); rounds]);
        let status = manager.status();
        prop_assert!(status.connected && status.state == ConnectionState::Connected);
        prop_assert_eq!(status.last_connected_at, Some(clock.time()));
        prop_assert_eq!((status.last_error, status.retry_count), (None, 0));
        answers(&manager.db().unwrap());
        // Once connected, it waits for nothing more.
        thread::sleep(Duration::from_millis(2));
        prop_assert_eq!(clock.waits().len(), rounds);
        manager.disconnect();
        Ok(())
    });
}

/// Property 7: After success at once, or after some attempts.
#[test]
fn success_is_seen() {
    holds(0_usize..5, |world, failures| {
        let outage: Arc<Outage> = Arc::new(world.outage());
        if failures == 0 {
            outage.end();
        }
        let ends = Arc::clone(&outage);
        let clock = VirtualClock::new(move |count| {
            if count == failures {
                ends.end();
            }
        });
        let manager = ConnectionManager::with_config(config(&outage.url).clock(clock.clone()));
        prop_assert!(!manager.is_connected());
        let db = manager.initialize().unwrap();
        prop_assert_eq!(clock.waits().len(), failures);
        let status = manager.status();
        prop_assert!(manager.is_connected() && status.connected);
        prop_assert_eq!(status.last_connected_at, Some(clock.time()));
        prop_assert_eq!((status.last_error, status.retry_count), (None, 0));
        prop_assert_eq!(status.pool.size, 2);
        answers(&db);
        prop_assert!(manager.status().pool.connections >= 1);
        manager.disconnect();
        Ok(())
    });
}

/// Property 8: A repository made after initialization has a usable database; one made before gets it then, and an error
/// until then.
#[test]
fn repositories_have_a_database() {
    holds((any::<bool>(), 1_usize..4), |world, (early, count)| {
        let manager = ConnectionManager::with_config(config(&world.url()));
        let repository = Repository::new(&manager);
        let error = repository.db().unwrap_err();
        prop_assert_eq!(error.code(), ErrorCode::ConfigError);
        prop_assert!(error.to_string().contains("not initialized"), "{}", error);
        prop_assert!(!error.troubleshooting().is_empty());
        let db = manager.initialize().unwrap();
        for _ in 0..count {
            let repository = if early { repository.clone() } else { Repository::new(&manager) };
            answers(&repository.db().unwrap());
        }
        answers(&Repository::with_db(db).db().unwrap());
        manager.disconnect();
        prop_assert!(repository.db().is_err());
        manager.reconnect().unwrap();
        answers(&repository.db().unwrap());
        manager.disconnect();
        Ok(())
    });
}

/// Property 11: The connection test succeeds exactly when a query would.
#[test]
fn the_connection_test_tells_the_truth() {
    #[derive(Debug, Clone, Copy)]
    enum Trouble {
        None,
        Busy,
        Gone,
        Disconnected,
    }
    let trouble = prop_oneof![
        Just(Trouble::None),
        Just(Trouble::Busy),
        Just(Trouble::Gone),
        Just(Trouble::Disconnected),
    ];
    holds(prop::collection::vec(trouble, 1..4), |world, troubles| {
        let reachable = Reachable::new(world);
        let builder = match world {
            // The write-ahead log would let readers go on, whatever others do.
            #[cfg(feature = "sqlite")]
            World::Sqlite(..) => builder(&reachable.url).on_connect(|connection| {
                Ok(connection.batch_execute("PRAGMA journal_mode = DELETE")?)
            }),
            #[cfg(feature = "postgres")]
            World::Postgres(_) => builder(&reachable.url),
        };
        let manager = ConnectionManager::with_config(
            ManagerConfig::new(builder)
                .clock(VirtualClock::new(|_| thread::sleep(Duration::from_millis(1)))),
        );
        let db = manager.initialize().unwrap();
        answers(&db);
        for trouble in troubles {
            let compare = || {
                let (query, test) = (query(&db), manager.test_connection());
                prop_assert_eq!(
                    query.is_ok(),
                    test.is_ok(),
                    "{:?}: {:?} {:?}",
                    trouble,
                    query,
                    test
                );
                let health = manager.health();
                prop_assert_eq!(
                    query.is_ok(),
                    health.status == HealthStatus::Healthy,
                    "{:?}",
                    health
                );
                prop_assert_eq!(query.is_ok(), health.database.latency_ms.is_some());
                if let (Err(query), Err(test)) = (query, test) {
                    prop_assert_eq!(query.category(), test.category());
                }
                Ok(())
            };
            match trouble {
                Trouble::None => compare()?,
                Trouble::Busy => {
                    // All connections are in use, by another thread.
                    let barrier = Barrier::new(3);
                    thread::scope(|scope| {
                        for _ in 0..2 {
                            scope.spawn(|| {
                                // Opening a connection may take longer than the checkout timeout.
                                eventually("holding a connection", || {
                                    let held = db.with_connection(|_| {
                                        barrier.wait();
                                        barrier.wait();
                                        Ok(())
                                    });
                                    held.is_ok()
                                });
                            });
                        }
                        barrier.wait();
                        let result = compare();
                        barrier.wait();
                        result
                    })?;
                }
                Trouble::Gone => {
                    let back = reachable.take_away();
                    compare()?;
                    back();
                    eventually("coming back", || query(&db).is_ok());
                    compare()?;
                }
                Trouble::Disconnected => {
                    manager.disconnect();
                    prop_assert!(query(&db).is_err() && manager.test_connection().is_err());
                    return Ok(());
                }
            }
        }
        manager.disconnect();
        Ok(())
    });
}

/// A database that can be taken away and given back.
struct Reachable {
    url: String,
    #[cfg(feature = "postgres")]
    proxy: Option<Arc<crate::proxy::Proxy>>,
}

impl Reachable {
    fn new(world: &World) -> Self {
        match world {
            #[cfg(feature = "sqlite")]
            World::Sqlite(..) => Self {
                url: world.url(),
                #[cfg(feature = "postgres")]
                proxy: None,
            },
            #[cfg(feature = "postgres")]
            World::Postgres(url) => {
                let (start, rest) = url.rsplit_once(':').unwrap();
                let (server, database) = rest.split_once('/').unwrap();
                let proxy = crate::proxy::Proxy::to(server.parse().unwrap());
                let url = format!("{start}:{}/{database}", proxy.port());
                Self { url, proxy: Some(Arc::new(proxy)) }
            }
        }
    }

    /// Makes it unusable, and returns what makes it usable again.
    fn take_away(&self) -> Box<dyn FnOnce()> {
        #[cfg(feature = "postgres")]
        if let Some(proxy) = &self.proxy {
            let proxy = Arc::clone(proxy);
            proxy.refuse(true);
            proxy.reset();
            return Box::new(move || proxy.refuse(false));
        }
        #[cfg(feature = "sqlite")]
        {
            let outage = Outage::locked(self.url.clone());
            return Box::new(move || outage.end());
        }
        #[allow(unreachable_code, reason = "without SQLite")]
        Box::new(|| {})
    }
}

/// Property 12: Everything that a manager reports works the same before and after a reconnect.
#[test]
fn a_reconnect_changes_nothing() {
    holds(prop::collection::vec(any::<bool>(), 1..5), |world, steps| {
        let url = world.url();
        let manager = ConnectionManager::with_config(config(&url));
        let first = manager.initialize().unwrap();
        let tells = |manager: &ConnectionManager, first: Option<&Db>| {
            let db = manager.db().unwrap();
            answers(&db);
            let status = manager.status();
            let health = manager.health();
            prop_assert!(manager.is_connected() && status.connected);
            prop_assert_eq!(status.state, ConnectionState::Connected);
            prop_assert_eq!((&status.last_error, status.retry_count), (&None, 0));
            prop_assert!(status.last_connected_at.is_some() && status.url.is_some());
            prop_assert_eq!((status.pool.size, status.pool.in_use), (2, 0));
            prop_assert_eq!(health.status, HealthStatus::Healthy);
            prop_assert_eq!(health.database.error, None);
            prop_assert!(health.database.connection.connected);
            manager.test_connection().unwrap();
            prop_assert_eq!(db.limits(), first.unwrap_or(&db).limits());
            prop_assert_eq!(db.dialect(), first.unwrap_or(&db).dialect());
            prop_assert!(manager.initialize().is_ok());
            prop_assert!(manager.initialize_with(config(&url)).is_err());
            Ok(())
        };
        tells(&manager, None)?;
        let mut kept = true;
        for disconnects in steps {
            if disconnects {
                prop_assert_eq!(manager.disconnect(), 0);
                kept = false;
            }
            let before = manager.status().last_connected_at;
            manager.reconnect().unwrap();
            prop_assert!(manager.status().last_connected_at >= before);
            tells(&manager, Some(&first))?;
            // A handle from before works on, unless somebody disconnected.
            prop_assert_eq!(query(&first).is_ok(), kept);
        }
        manager.disconnect();
        Ok(())
    });
}

/// A mistake in the settings is reported at once, and never tried again.
#[test]
fn wrong_settings_are_not_tried_again() {
    for url in ["", "postgres:x", "nonsense:x"] {
        let clock = VirtualClock::new(|_| panic!("nothing to wait for"));
        let manager = ConnectionManager::with_config(config(url).clock(clock));
        let error = manager.initialize().unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigError);
        let status = manager.status();
        assert!(!status.connected && !error.is_temporary());
        assert_eq!(status.state, ConnectionState::Failed);
        let report = status.last_error.unwrap();
        assert!(!report.temporary && report.message == error.to_string());
        assert_eq!(manager.db().unwrap_err().to_string(), error.to_string());
        // The right ones help.
        each_database(|world| {
            manager.initialize_with(config(&world.url())).unwrap();
            answers(&manager.db().unwrap());
            manager.disconnect();
        });
    }
}

/// What somebody else may fix, such as a missing folder, is also reported at once, but tried again every 30 s.
#[cfg(feature = "sqlite")]
#[test]
fn a_permanent_error_is_tried_again_only_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let (made, url) = (missing.clone(), format!("sqlite:{}", missing.join("x.db").display()));
    let clock = VirtualClock::new(move |count| {
        if count == 3 {
            std::fs::create_dir(&made).unwrap();
        }
    });
    let manager = ConnectionManager::with_config(config(&url).clock(clock.clone()));
    let error = manager.initialize().unwrap_err();
    assert_eq!(error.code(), ErrorCode::DatabaseNotFound);
    eventually("connecting", || manager.is_connected());
    assert_eq!(clock.waits(), [Duration::from_secs(30); 3]);
    manager.disconnect();
}
