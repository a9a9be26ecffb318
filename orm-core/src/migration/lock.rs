//! One migrator at a time.
//!
//! PostgreSQL: an advisory lock of the session, held over the whole run. A lock of the transaction isn't enough: a
//! migration may run outside one (`CREATE INDEX CONCURRENTLY`). The runner polls for the lock instead of waiting for it
//! in the server: a waiting statement keeps a snapshot, and `CREATE INDEX CONCURRENTLY` would wait for that snapshot to
//! end. The server releases the lock when the session ends.
//!
//! Behind a pooler that may run each transaction in another session, nobody would own a lock of the session, and it
//! would stay forever. There, each transaction of a run takes the same lock for itself and then checks what is left to
//! do. The runner refuses migrations that run without a transaction.
//!
//! SQLite: the transaction of each migration takes the file's only write lock when it begins.

use std::time::{Duration, Instant};

use super::error::MigrationError;
use super::history::scalar;
use super::report::Event;
use crate::backend::AnyConnection;
use crate::error::{Error, ErrorKind, Result};
use crate::wait;

/// The first half of the lock's number; the second is that of the schema. The letters "mzzl".
const KEY: i32 = 0x6d7a_7a6c;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits for another migrator, and reports that it waits.
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
    /// The time is up.
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
        Ok(wait::sleep(PAUSE.min(self.timeout.saturating_sub(elapsed)))?)
    }
}

/// Takes the lock of the run.
pub(super) fn acquire(
    connection: &mut AnyConnection,
    timeout: Duration,
    on_event: &mut dyn FnMut(&Event<'_>),
) -> Result<()> {
    if is_by_session(connection) {
        let mut wait = Wait::new(timeout);
        while !call(connection, "pg_try_advisory_lock")? {
            wait.pause(on_event)?;
        }
    }
    Ok(())
}

/// Releases the lock of the run.
pub(super) fn release(connection: &mut AnyConnection) -> Result<()> {
    if is_by_session(connection) {
        call(connection, "pg_advisory_unlock")?;
    }
    Ok(())
}

/// Takes the lock for the transaction that has just begun, unless the run holds it.
///
/// # Errors
/// `is_busy` if another migrator holds it: roll back, wait and begin again. `MIGRATION_ERROR` if tables of another client
/// of the pooler hide those of the database.
pub(super) fn enter(connection: &mut AnyConnection) -> Result<()> {
    if !connection.is_pooled() {
        return Ok(());
    }
    if !call(connection, "pg_try_advisory_xact_lock")? {
        return Err(Error::new(ErrorKind::Busy, "another program runs migrations"));
    }
    let hiding = "SELECT relname FROM pg_catalog.pg_class \
                  WHERE relnamespace = pg_my_temp_schema() AND relkind <> 'i' LIMIT 1";
    match scalar(connection, hiding, &[])? {
        None => Ok(()),
        Some(name) => Err(Error::new(
            ErrorKind::Migration,
            format!("another client of the pooler has left the temporary table {name:?} in the session"),
        )
        .with_hint(
            "run the migrations with the URL of the server itself (its own host and port, usually 5432), or let the \
             pooler reset its sessions (PgBouncer: `server_reset_query_always = 1`)",
        )),
    }
}

/// Runs `f` in a transaction that holds the lock.
pub(super) fn in_transaction<R>(
    connection: &mut AnyConnection,
    timeout: Duration,
    on_event: &mut dyn FnMut(&Event<'_>),
    mut f: impl FnMut(&mut AnyConnection) -> Result<R>,
) -> Result<R> {
    let mut wait = Wait::new(timeout);
    loop {
        let done = connection.atomically(|connection| {
            enter(connection)?;
            f(connection)
        });
        match done {
            Err(error) if error.is_busy() => wait.pause(on_event)?,
            done => return done,
        }
    }
}

fn is_by_session(connection: &AnyConnection) -> bool {
    connection.dialect().capabilities().migrations.session_lock && !connection.is_pooled()
}

fn call(connection: &mut AnyConnection, function: &str) -> Result<bool> {
    let sql = format!("SELECT {function}({KEY}, hashtext(coalesce(current_schema(), '')))");
    Ok(scalar(connection, &sql, &[])?.as_deref() == Some("t"))
}
