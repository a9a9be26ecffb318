//! One migrator at a time.
//!
//! PostgreSQL: an advisory lock of the session, held over the whole run. Not of a transaction: a migration may run
//! outside of one (`CREATE INDEX CONCURRENTLY`). It is asked for again and again instead of waited for in the server,
//! because a statement that waits keeps a snapshot, for whose end `CREATE INDEX CONCURRENTLY` would wait in turn. The
//! server gives it up by itself when the session ends.
//!
//! SQLite: each migration's transaction takes the file's only write lock when it begins.

use std::thread;
use std::time::{Duration, Instant};

use super::error::MigrationError;
use super::history::scalar;
use super::report::Event;
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;

/// The first half of the lock's number; the second is that of the schema. The letters "mzzl".
const KEY: i32 = 0x6d7a_7a6c;

/// How long to wait until the next try.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits for another migrator, and tells that it does.
#[derive(Debug)]
pub(super) struct Wait {
    since: Instant,
    timeout: Duration,
    told: Option<Instant>,
}

impl Wait {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { since: Instant::now(), timeout, told: None }
    }

    /// Waits a little.
    ///
    /// # Errors
    /// That the time is over.
    pub(super) fn pause(&mut self, on_event: &mut dyn FnMut(&Event<'_>)) -> Result<()> {
        let elapsed = self.since.elapsed();
        if elapsed >= self.timeout {
            return Err(MigrationError::Locked(self.timeout).into());
        }
        if self.told.is_none_or(|told| told.elapsed() >= Duration::from_secs(1)) {
            if self.told.is_none() {
                tracing::info!(target: "mizzle::migration", "waiting for another program's migrations");
            }
            on_event(&Event::Waiting { elapsed });
            self.told = Some(Instant::now());
        }
        thread::sleep(PAUSE.min(self.timeout.saturating_sub(elapsed)));
        Ok(())
    }
}

/// Takes the lock of the run.
pub(super) fn acquire(
    connection: &mut AnyConnection,
    timeout: Duration,
    on_event: &mut dyn FnMut(&Event<'_>),
) -> Result<()> {
    match connection.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => {
            let mut wait = Wait::new(timeout);
            while !call(connection, "pg_try_advisory_lock")? {
                wait.pause(on_event)?;
            }
            Ok(())
        }
    }
}

/// Gives the lock of the run back.
pub(super) fn release(connection: &mut AnyConnection) -> Result<()> {
    match connection.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => call(connection, "pg_advisory_unlock").map(drop),
    }
}

fn call(connection: &mut AnyConnection, function: &str) -> Result<bool> {
    let sql = format!("SELECT {function}({KEY}, hashtext(coalesce(current_schema(), '')))");
    Ok(scalar(connection, &sql, &[])?.as_deref() == Some("t"))
}
