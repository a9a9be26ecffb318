//! A run of migrations, under its lock.

use std::time::{Duration, Instant};

use super::history::{Applied, History};
use super::report::{Direction, Event, Ran, Report};
use super::script::{Context, Outcome, Script};
use super::session::Session;
use super::{Migration, lock};
use crate::backend::AnyConnection;
use crate::error::Result;
use crate::handle::Db;

use super::migrator::Migrator;
use super::plan::{Held, Planned};

impl<'m> Migrator<'m> {
    pub(super) fn tell(&mut self, event: &Event<'_>) {
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(event);
        }
    }

    /// Runs `f` as the only migrator. The tables of the history exist.
    pub(super) fn with_lock<R>(
        &mut self,
        f: impl FnOnce(&mut Self, &mut AnyConnection, &Held<'_>) -> Result<R>,
    ) -> Result<R> {
        self.db.with_connection(|connection| {
            let session = Session::begin(connection)?;
            let timeout = self.settings.lock_timeout;
            lock::acquire(connection, timeout, &mut |event| self.tell(event))?;
            let result = connection.with_own_session(|connection| {
                let history = History::new(connection)?;
                self.create_tables(connection, &history)?;
                f(self, connection, &Held { history: &history, session: &session })
            });
            tidy(connection, session, result.is_ok());
            result
        })
    }

    /// On SQLite, the file holds the lock, so another program may be writing.
    pub(super) fn create_tables(
        &mut self,
        connection: &mut AnyConnection,
        history: &History,
    ) -> Result<()> {
        if connection.is_pooled() {
            let timeout = self.settings.lock_timeout;
            let on_event = &mut |event: &Event<'_>| self.tell(event);
            return lock::in_transaction(connection, timeout, on_event, |connection| {
                history.create(connection)
            });
        }
        let mut wait = lock::Wait::new(self.settings.lock_timeout);
        loop {
            match history.create(connection) {
                Err(error) if error.is_busy() => wait.pause(&mut |event| self.tell(event))?,
                done => return done,
            }
        }
    }

    pub(super) fn run_all(
        mut self,
        direction: Direction,
        started: Instant,
        plan: impl FnOnce(&Self, &[Applied]) -> Result<Vec<Planned<'m>>>,
    ) -> Result<Report> {
        let ran = self.with_lock(|migrator, connection, held| {
            let planned = plan(migrator, &held.history.read(connection)?)?;
            migrator.tell(&Event::Planned { total: planned.len() });
            migrator.run_planned(connection, held, direction, &planned)
        })?;
        Ok(Report { direction, migrations: ran, elapsed: started.elapsed() })
    }

    pub(super) fn run_planned(
        &mut self,
        connection: &mut AnyConnection,
        held: &Held<'_>,
        direction: Direction,
        planned: &[Planned<'m>],
    ) -> Result<Vec<Ran>> {
        let total = planned.len();
        let mut ran: Vec<Ran> = Vec::new();
        for (index, Planned { migration, newer }) in planned.iter().enumerate() {
            let number = index + 1;
            // After the last one it is part of tidying, which undoes nothing.
            if index > 0 {
                held.session.restore(connection)?;
            }
            if let Some(newest) = newer {
                tracing::warn!(
                    target: "mizzle::migration", migration = migration.directory(), newest,
                    "applying a migration that is older than an applied one"
                );
                self.tell(&Event::OutOfOrder { migration, newest });
            }
            self.tell(&Event::Started { migration, number, total });
            let listens = self.on_progress.is_some();
            let mut context = Context {
                connection: &mut *connection,
                history: Some(held.history),
                lock_timeout: self.settings.lock_timeout,
                direction,
                rehearsed: None,
                allow_data_loss: self.settings.allow_data_loss,
                applied: ran.iter().map(|ran| ran.directory.clone()).collect(),
                on_event: &mut |event| {
                    if let Some(on_progress) = &mut self.on_progress {
                        on_progress(event);
                    }
                },
                listens,
            };
            let outcome = match Script::new(&mut context, migration).run() {
                Err(error)
                    if direction == Direction::Up
                        && !error.is_connection_lost()
                        && held.history.had(connection, migration.version())? =>
                {
                    return Err(error.with_hint(
                        "the migration was applied before, and its version was removed from `__diesel_schema_migrations` without its \
                         down.sql: if the database has what it makes, put the version in again",
                    ));
                }
                outcome => outcome?,
            };
            match outcome {
                Outcome::Skipped => self.tell(&Event::Skipped { migration }),
                Outcome::Ran(elapsed) => {
                    let micros = elapsed.as_micros() as u64;
                    tracing::info!(
                        target: "mizzle::migration", migration = migration.directory(),
                        file = direction.file(), micros, "migration done"
                    );
                    self.tell(&Event::Finished { migration, number, total, elapsed });
                    ran.push(Ran {
                        version: migration.version().into(),
                        directory: migration.directory().into(),
                        elapsed,
                        out_of_order: newer.is_some(),
                    });
                }
            }
        }
        Ok(ran)
    }
}

/// Runs SQL text like the file of a migration: all of it or nothing, and with everything kept on SQLite. Records
/// nothing: for a change that isn't a migration.
///
/// `run_in_transaction` is `false` for a text that begins and commits its own transaction.
///
/// # Errors
/// As for [`Migrator::run`]; the errors name the file `script/up.sql`.
pub fn run_script(db: &Db, sql: &str, run_in_transaction: bool) -> Result<()> {
    script(db, sql, run_in_transaction, None).map(drop)
}

/// Runs SQL text as [`run_script`] does, and takes everything back. Returns the statements that ran, without
/// semicolons, each with the comments before it: the text's, as far as the database needs no other, and what restores what
/// goes with a table on SQLite.
///
/// # Errors
/// As for [`run_script`].
pub fn rehearse_script(db: &Db, sql: &str, run_in_transaction: bool) -> Result<Vec<String>> {
    Ok(script(db, sql, run_in_transaction, Some(Vec::new()))?.unwrap_or_default())
}

fn script(
    db: &Db,
    sql: &str,
    run_in_transaction: bool,
    rehearsed: Option<Vec<String>>,
) -> Result<Option<Vec<String>>> {
    let script = Migration::unrecorded(db.dialect(), "script", sql, run_in_transaction);
    let lock_timeout = Duration::from_secs(60);
    db.with_connection(|connection| {
        let session = Session::begin(connection)?;
        lock::acquire(connection, lock_timeout, &mut |_| {})?;
        let mut context = Context {
            connection: &mut *connection,
            history: None,
            lock_timeout,
            direction: Direction::Up,
            rehearsed,
            allow_data_loss: true,
            applied: Vec::new(),
            on_event: &mut |_| {},
            listens: false,
        };
        let ran = Script::new(&mut context, &script).run();
        let rehearsed = context.rehearsed.take();
        tidy(connection, session, ran.is_ok());
        ran.map(|_| rehearsed)
    })
}

/// Restores the connection. Returns the result of the run. If the connection can't be tidied, that is only logged, as
/// the connection is closed.
pub(super) fn tidy(connection: &mut AnyConnection, session: Session, succeeded: bool) {
    let tidied = lock::release(connection).and_then(|()| session.end(connection));
    if tidied.is_ok() {
        connection.retire(String::new());
    }
    if let (true, Err(error)) = (succeeded, &tidied) {
        tracing::warn!(target: "mizzle::migration", %error, "the connection could not be tidied");
    }
    crate::backend::schema_changed();
}
