//! Runs one file of a migration.

use std::time::{Duration, Instant};

use super::Migration;
use super::history::History;
use super::inspect::Names;
use super::lock::{self, Wait};
use super::losses::Losses;
use super::postgres::again::Again;
use super::postgres::views::Views;
use super::report::{Direction, Event};
use super::session::Session;
use super::sqlite::preserve::Kept;
use super::sqlite::rebuild::Rebuilds;
use super::statement::{Control, Statement};
use crate::backend::AnyConnection;
use crate::dialect::Migrating;
use crate::error::Result;

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It ran, and is recorded.
    Ran(Duration),
    /// Another program ran it while this one waited.
    Skipped,
}

/// What all files of a run share.
pub(super) struct Context<'r> {
    pub(super) connection: &'r mut AnyConnection,
    /// `None` for a script that isn't a migration.
    pub(super) history: Option<&'r History>,
    pub(super) lock_timeout: Duration,
    pub(super) direction: Direction,
    /// The statements that ran, each with the comments before it, if nothing of them is to stay.
    pub(super) rehearsed: Option<Vec<String>>,
    /// Whether a rollback may drop tables and columns that hold something.
    pub(super) allow_data_loss: bool,
    /// The folders of the migrations that ran before.
    pub(super) applied: Vec<String>,
    pub(super) on_event: &'r mut dyn FnMut(&Event<'_>),
    /// Whether anybody listens to events. Some events cost something.
    pub(super) listens: bool,
}

/// A file that runs.
pub(super) struct Script<'s, 'r> {
    pub(super) context: &'s mut Context<'r>,
    pub(super) migration: &'s Migration,
    pub(super) statements: Vec<Statement<'s>>,
    pub(super) names: Names,
    /// What the open transaction has to keep, on SQLite.
    pub(super) kept: Option<Kept>,
    pub(super) rebuilds: Rebuilds,
    /// What is dropped and created again, on PostgreSQL.
    pub(super) again: Again,
    /// The views that are dropped and created again, on PostgreSQL.
    pub(super) views: Views,
    /// What a rollback would drop; `None` if it may.
    pub(super) losses: Option<Losses>,
    pub(super) started: Instant,
    /// Whether the history contains it.
    pub(super) recorded: bool,
    /// Whether something was done that can't be undone.
    pub(super) remains: bool,
    /// Whether the running statement may take effect although its result never arrives: it is outside any transaction,
    /// or commits one.
    pub(super) lasts: bool,
}

impl<'s, 'r> Script<'s, 'r> {
    pub(super) fn new(context: &'s mut Context<'r>, migration: &'s Migration) -> Self {
        let statements = match context.direction {
            Direction::Up => migration.up_statements(),
            Direction::Down => migration.down_statements(),
        };
        let guards = context.direction == Direction::Down && !context.allow_data_loss;
        Self {
            losses: guards.then(Losses::default),
            names: Names::of(&statements),
            context,
            migration,
            statements,
            kept: None,
            rebuilds: Rebuilds::default(),
            again: Again::default(),
            views: Views::default(),
            started: Instant::now(),
            recorded: false,
            remains: false,
            lasts: false,
        }
    }

    /// Runs the file: all of it or, if it runs in a transaction, nothing.
    pub(super) fn run(mut self) -> Result<Outcome> {
        self.check()?;
        let result = if self.ways().by_file {
            self.run_whole()
        } else if self.migration.runs_in_transaction() {
            self.run_in_transaction()
        } else {
            self.run_as_it_is()
        };
        if result.is_err() {
            self.roll_back();
        }
        result
    }

    /// Fails if the file can't run, as far as its words show.
    pub(super) fn check(&self) -> Result<()> {
        self.check_session()?;
        if let Some(what) = self.statements.iter().find_map(Statement::unusable) {
            return Err(self.unusable(what));
        }
        let ends = self.statements.iter().find(|statement| statement.control().is_some());
        match ends.filter(|_| self.migration.runs_in_transaction()) {
            None => Ok(()),
            Some(statement) => Err(self.unusable(format!(
                "`{}` on line {} would end the transaction that the file runs in: remove it, or write \
                 `run_in_transaction = false` into metadata.toml",
                statement.short(),
                statement.line()
            ))),
        }
    }

    /// What runs outside a transaction needs the same session from its beginning to its end.
    pub(super) fn check_session(&self) -> Result<()> {
        if self.migration.runs_in_transaction() || !self.context.connection.is_pooled() {
            return Ok(());
        }
        Err(self.unusable(
            "it has `run_in_transaction = false`, but a pooler such as PgBouncer between this program and the server \
             may run each statement in another session: run the migrations with the URL of the server itself (its own \
             host and port, usually 5432)"
                .into(),
        ))
    }

    /// Returns how the database runs migrations.
    pub(super) fn ways(&self) -> &'static Migrating {
        &self.migration.dialect().capabilities().migrations
    }

    fn run_in_transaction(&mut self) -> Result<Outcome> {
        let begin = self.ways().begin;
        if !self.begin(begin, None)? {
            return Ok(Outcome::Skipped);
        }
        for index in 0..self.statements.len() {
            self.execute(index)?;
        }
        self.finish()?;
        self.commit("COMMIT", None)?;
        Ok(Outcome::Ran(self.started.elapsed()))
    }

    /// The file begins and commits its own transactions, or has none.
    fn run_as_it_is(&mut self) -> Result<Outcome> {
        if self.is_done()? {
            return Ok(Outcome::Skipped);
        }
        let is_commit = |statement: &Statement<'_>| statement.control() == Some(Control::Commit);
        let last_commit = self.statements.iter().rposition(is_commit);
        for index in 0..self.statements.len() {
            let statement = self.statements[index];
            let open = self.context.connection.in_transaction();
            match statement.control() {
                Some(Control::Begin) if !open => {
                    self.announce(index);
                    if !self.begin(statement.sql(), Some(index))? {
                        return Ok(Outcome::Skipped);
                    }
                    self.note_run(index, statement.sql());
                }
                Some(Control::Commit) if open => {
                    if Some(index) == last_commit {
                        self.finish()?;
                    } else {
                        self.refuse_losses()?;
                        self.restore()?;
                    }
                    self.announce(index);
                    self.commit(statement.sql(), Some(index))?;
                    self.remains = true;
                }
                _ => {
                    self.lasts = !open;
                    self.execute(index)?;
                    self.remains |= !open && !leaves_no_trace(&statement);
                }
            }
        }
        if self.context.connection.in_transaction() {
            return Err(self.unusable(
                "the transaction that it begins has no COMMIT: write one at its end".into(),
            ));
        }
        if !self.recorded {
            self.record_alone()?;
        }
        Ok(Outcome::Ran(self.started.elapsed()))
    }

    /// Begins a transaction, and checks in it whether there is still something to do. `index` is the statement of the
    /// file that begins it.
    pub(super) fn begin(&mut self, sql: &str, index: Option<usize>) -> Result<bool> {
        self.lasts = false;
        let mut wait = Wait::new(self.context.lock_timeout);
        loop {
            match self.try_begin(sql) {
                Ok(()) => break,
                Err(error) if error.is_busy() => {
                    self.roll_back();
                    wait.pause(self.context.on_event)?;
                }
                Err(error) => return Err(self.failed(sql, index, &error)),
            }
        }
        self.started = Instant::now();
        if self.is_done()? && !self.recorded {
            self.roll_back();
            return Ok(false);
        }
        self.keep()?;
        Ok(true)
    }

    /// Notes what the open transaction has to keep.
    pub(super) fn keep(&mut self) -> Result<()> {
        if self.ways().rebuilds {
            self.kept = Some(Kept::new(self.context.connection, &self.names)?);
        }
        Ok(())
    }

    fn try_begin(&mut self, sql: &str) -> Result<()> {
        let session_lock = self.ways().session_lock;
        let history = self.context.history;
        let connection = &mut *self.context.connection;
        if session_lock {
            connection.batch_one(sql)?;
            if connection.is_pooled() {
                connection.renew()?;
            }
            return lock::enter(connection);
        }
        connection.batch("PRAGMA busy_timeout = 250")?;
        connection.batch_one(sql)?;
        if history.is_some() {
            // Takes the write lock before anything is read, if the transaction began without it.
            connection
                .batch("UPDATE main.\"__mizzle_migrations\" SET version = version WHERE 0")?;
        }
        connection.batch(&format!("PRAGMA busy_timeout = {}", IN_TRANSACTION.as_millis()))
    }

    pub(super) fn is_done(&mut self) -> Result<bool> {
        let Some(history) = self.context.history else { return Ok(false) };
        let has = history.has(self.context.connection, self.migration.version())?;
        Ok(has == (self.context.direction == Direction::Up))
    }

    /// Restores what the script dropped along the way.
    pub(super) fn restore(&mut self) -> Result<()> {
        let Some(kept) = self.kept.take() else {
            return Ok(());
        };
        let losses =
            kept.restore(self.context.connection, &self.names, &mut self.context.rehearsed)?;
        self.refuse(losses)
    }

    /// Does what comes before the COMMIT: after it, the migration is complete and recorded.
    fn finish(&mut self) -> Result<()> {
        self.refuse_losses()?;
        self.restore()?;
        self.record()?;
        Session::leave(self.context.connection)
    }

    fn record(&mut self) -> Result<()> {
        let Context { connection, history, direction, .. } = &mut *self.context;
        let recorded = match (history, direction) {
            (None, _) => Ok(()),
            (Some(history), Direction::Up) => {
                history.add(connection, self.migration, Some(self.started.elapsed()))
            }
            (Some(history), Direction::Down) => {
                history.remove(connection, self.migration.version())
            }
        };
        recorded.map_err(|error| self.failed("recording it", None, &error))?;
        self.recorded = true;
        Ok(())
    }

    /// Records a file that ran without a transaction.
    fn record_alone(&mut self) -> Result<()> {
        if self.context.history.is_none() {
            return Ok(());
        }
        let begin = self.ways().begin;
        // If another program ran it at the same time, that program's record counts.
        if self.begin(begin, None)? {
            self.kept = None;
            self.record()?;
            self.commit("COMMIT", None)?;
        }
        Ok(())
    }

    fn commit(&mut self, sql: &str, index: Option<usize>) -> Result<()> {
        if self.context.rehearsed.is_some() {
            return self.end_rehearsal(index);
        }
        self.lasts = true;
        let mut wait = Wait::new(self.context.lock_timeout);
        loop {
            match self.context.connection.batch_one(sql) {
                Ok(()) => return Ok(()),
                // A reader keeps SQLite from writing to the file itself. The transaction stays open.
                Err(error) if error.is_busy() && self.context.connection.in_transaction() => {
                    wait.pause(self.context.on_event)?;
                }
                Err(error) => return Err(self.failed(sql, index, &error)),
            }
        }
    }

    fn roll_back(&mut self) {
        take_back(self.context.connection);
        self.kept = None;
    }
}

/// Rolls the open transaction back, if there is one.
pub(super) fn take_back(connection: &mut AnyConnection) {
    if connection.in_transaction()
        && let Err(error) = connection.batch("ROLLBACK")
    {
        tracing::warn!(target: "mizzle::migration", %error, "a migration could not be rolled back");
    }
}

/// How long a statement waits for readers once the transaction has the write lock.
const IN_TRANSACTION: Duration = Duration::from_secs(60);

/// Whether nothing of a statement outlasts the connection.
pub(super) fn leaves_no_trace(statement: &Statement<'_>) -> bool {
    ["pragma", "select", "set", "begin", "start", "rollback"]
        .iter()
        .any(|word| statement.begins_with(&[word]))
        || statement.begins_with(&["create", "temp"])
        || statement.begins_with(&["create", "temporary"])
}
