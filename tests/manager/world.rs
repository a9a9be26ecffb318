//! Databases that can be out of reach, and time that passes at once.

use std::fmt;
#[cfg(feature = "sqlite")]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use mizzle::manager::{Clock, Stop};
use mizzle::prelude::*;

use test_support::ticks::Stopwatch;

/// Runs `body` for each database that is compiled in.
pub fn each_database(mut body: impl FnMut(&World)) {
    #[cfg(feature = "sqlite")]
    body(&World::Sqlite(tempfile::tempdir().unwrap(), AtomicUsize::new(0)));
    #[cfg(feature = "postgres")]
    body(&World::Postgres(test_support::postgres_url()));
}

/// Where databases come from.
pub enum World {
    #[cfg(feature = "sqlite")]
    Sqlite(tempfile::TempDir, AtomicUsize),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl World {
    /// The URL of a database that is there.
    pub fn url(&self) -> String {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(folder, count) => {
                let number = count.fetch_add(1, Ordering::Relaxed);
                format!("sqlite:{}", folder.path().join(format!("{number}.db")).display())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => url.clone(),
        }
    }

    /// A database that is out of reach: a locked file, a port where nobody listens.
    pub fn outage(&self) -> Outage {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(..) => Outage::locked(self.url()),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Outage::unreachable(url),
        }
    }
}

/// A database that is out of reach until [`end`](Outage::end).
pub struct Outage {
    pub url: String,
    end: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Outage {
    #[cfg(feature = "sqlite")]
    pub fn locked(url: String) -> Self {
        use diesel::connection::SimpleConnection;

        let (locks, locked) = std::sync::mpsc::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let path = url.clone();
        let holder = std::thread::spawn(move || {
            let db = Db::builder(&path).pool_size(1).connect().unwrap();
            // Without the write-ahead log, which would let readers go on. Connecting has made one.
            db.execute_sql("PRAGMA journal_mode = DELETE").unwrap();
            db.with_connection(|connection| {
                connection.batch_execute("BEGIN EXCLUSIVE")?;
                locks.send(()).unwrap();
                let _ = released.recv();
                connection.batch_execute("ROLLBACK")?;
                Ok(())
            })
            .unwrap();
        });
        locked.recv().unwrap();
        let end = move || {
            drop(release);
            holder.join().unwrap();
        };
        Self { url, end: Mutex::new(Some(Box::new(end))) }
    }

    #[cfg(feature = "postgres")]
    fn unreachable(url: &str) -> Self {
        let (start, rest) = url.rsplit_once(':').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let server: u16 = server.parse().unwrap();
        let port = free_port();
        let end = move || drop(crate::proxy::Proxy::from_to(port, server));
        Self { url: format!("{start}:{port}/{database}"), end: Mutex::new(Some(Box::new(end))) }
    }

    /// The database is there from now on.
    pub fn end(&self) {
        if let Some(end) = self.end.lock().unwrap().take() {
            end();
        }
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port where nobody listens. It is below those that systems choose for a program that asks for any, so that nobody
/// gets it meanwhile.
#[cfg(feature = "postgres")]
pub fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU32, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number =
            std::process::id().wrapping_mul(251).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(10_000 + number % 20_000).unwrap();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A clock whose time passes when somebody waits.
pub struct VirtualClock {
    now: Mutex<DateTime<Utc>>,
    waits: Mutex<Vec<Duration>>,
    /// Called with the number of waits so far.
    on_wait: Box<dyn Fn(usize) + Send + Sync>,
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualClock").finish_non_exhaustive()
    }
}

impl VirtualClock {
    pub fn new(on_wait: impl Fn(usize) + Send + Sync + 'static) -> Arc<Self> {
        let now = Utc.with_ymd_and_hms(2030, 1, 1, 0, 0, 0).unwrap();
        Arc::new(Self { now: Mutex::new(now), waits: Mutex::default(), on_wait: Box::new(on_wait) })
    }

    pub fn waits(&self) -> Vec<Duration> {
        self.waits.lock().unwrap().clone()
    }

    pub fn time(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        self.time()
    }

    fn wait(&self, delay: Duration, stop: &Stop) {
        if stop.is_stopped() {
            return;
        }
        let count = {
            let mut waits = self.waits.lock().unwrap();
            waits.push(delay);
            waits.len()
        };
        *self.now.lock().unwrap() += delay;
        (self.on_wait)(count);
    }
}

/// Waits, in real time, until `condition` holds. The limit is only for what never happens: on a busy machine, opening a
/// connection alone may take the 20 s of these tests' `connect_timeout`.
#[track_caller]
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Stopwatch::start();
    while !condition() {
        assert!(start.within(Duration::from_secs(120)), "{what} takes too long");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until a query succeeds: on a busy machine, opening a connection may take longer than these pools wait.
#[track_caller]
pub fn answers(db: &Db) {
    eventually("an answer", || query(db).is_ok());
}

/// Runs a query as an application would.
pub fn query(db: &Db) -> mizzle::Result<i64> {
    use diesel::sql_types::BigInt;
    // A table of the catalog: on SQLite, a query without a table doesn't touch the file.
    let table = match db.dialect() {
        mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => "sqlite_schema",
        _ => "pg_class",
    };
    db.one(diesel::dsl::sql::<BigInt>(&format!("SELECT count(*) FROM {table}")))
}
