//! Runs one file of a migration.

use std::time::{Duration, Instant};

use super::Migration;
use super::error::{FailedStatement, MigrationError};
use super::history::{History, scalar};
use super::lock::{self, Wait};
use super::postgres::again::Again;
use super::report::{Direction, Event};
use super::session::Session;
use super::sqlite::inspect::{self, Names};
use super::sqlite::preserve::{Kept, check_drop};
use super::sqlite::rebuild::{Adapted, Rebuilds};
use super::statement::{Control, Statement};
use crate::backend::AnyConnection;
use crate::dialect::Migrating;
use crate::error::{Error, ErrorKind, Result};

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
    /// `None` for a script that is no migration.
    pub(super) history: Option<&'r History>,
    pub(super) lock_timeout: Duration,
    pub(super) direction: Direction,
    /// The folders of the migrations that were run before.
    pub(super) applied: Vec<String>,
    pub(super) on_event: &'r mut dyn FnMut(&Event<'_>),
    /// Whether anybody listens to events, for those that cost something.
    pub(super) listens: bool,
}

/// A file that runs.
pub(super) struct Script<'s, 'r> {
    context: &'s mut Context<'r>,
    migration: &'s Migration,
    statements: Vec<Statement<'s>>,
    names: Names,
    /// What the open transaction has to keep, on SQLite.
    kept: Option<Kept>,
    rebuilds: Rebuilds,
    /// What goes and comes again, on PostgreSQL.
    again: Again,
    started: Instant,
    /// Whether the history knows of it.
    recorded: bool,
    /// Whether something was done that can't be taken back any more.
    remains: bool,
}

impl<'s, 'r> Script<'s, 'r> {
    pub(super) fn new(context: &'s mut Context<'r>, migration: &'s Migration) -> Self {
        let statements = match context.direction {
            Direction::Up => migration.up_statements(),
            Direction::Down => migration.down_statements(),
        };
        Self {
            names: Names::of(&statements),
            context,
            migration,
            statements,
            kept: None,
            rebuilds: Rebuilds::default(),
            again: Again::default(),
            started: Instant::now(),
            recorded: false,
            remains: false,
        }
    }

    /// Runs it: all of it or, if it runs in a transaction, nothing.
    pub(super) fn run(mut self) -> Result<Outcome> {
        self.check_session()?;
        if let Some(what) = self.statements.iter().find_map(Statement::unusable) {
            return Err(self.unusable(what));
        }
        let result = if self.migration.runs_in_transaction() {
            self.run_in_transaction()
        } else {
            self.run_as_it_is()
        };
        if result.is_err() {
            self.roll_back();
        }
        result
    }

    /// What runs outside of a transaction needs a session that is the same from its beginning to its end.
    pub(super) fn check_session(&self) -> Result<()> {
        if self.migration.runs_in_transaction() || !self.context.connection.is_pooled() {
            return Ok(());
        }
        Err(self.unusable(
            "it has `run_in_transaction = false`, and a pooler such as PgBouncer, which may hand each statement to \
             another session, stands between this program and the server: run the migrations with the URL of the \
             server itself (its own host and port, most often 5432)"
                .into(),
        ))
    }

    /// How the database runs migrations.
    fn ways(&self) -> &'static Migrating {
        &self.migration.dialect().capabilities().migrations
    }

    fn run_in_transaction(&mut self) -> Result<Outcome> {
        let ends = self.statements.iter().find(|statement| statement.control().is_some());
        if let Some(statement) = ends {
            return Err(self.unusable(format!(
                "`{}` on line {} would end the transaction that the file runs in: remove it, or write \
                 `run_in_transaction = false` into metadata.toml",
                statement.short(),
                statement.line()
            )));
        }
        let begin = self.ways().begin;
        if !self.begin(begin, None)? {
            return Ok(Outcome::Skipped);
        }
        for index in 0..self.statements.len() {
            self.execute(index)?;
            if !self.context.connection.in_transaction() {
                return Err(self.unusable(format!(
                    "the transaction ended with the statement on line {}, so that nothing of the file remains",
                    self.statements[index].line()
                )));
            }
        }
        self.finish()?;
        self.commit("COMMIT", None)?;
        Ok(Outcome::Ran(self.started.elapsed()))
    }

    /// The file begins and commits transactions itself, or has none.
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
                }
                Some(Control::Commit) if open => {
                    if Some(index) == last_commit {
                        self.finish()?;
                    } else {
                        self.restore()?;
                    }
                    self.announce(index);
                    self.commit(statement.sql(), Some(index))?;
                    self.remains = true;
                }
                _ => {
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

    /// Begins a transaction, and looks whether there is still something to do in it. `index` is the statement of
    /// the file's that begins it.
    fn begin(&mut self, sql: &str, index: Option<usize>) -> Result<bool> {
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
        if self.ways().rebuilds {
            self.kept = Some(Kept::new(self.context.connection, &self.names)?);
        }
        Ok(true)
    }

    fn try_begin(&mut self, sql: &str) -> Result<()> {
        let session_lock = self.ways().session_lock;
        let history = self.context.history;
        let connection = &mut *self.context.connection;
        if session_lock {
            connection.batch_one(sql)?;
            return lock::enter(connection);
        }
        connection.batch("PRAGMA busy_timeout = 250")?;
        connection.batch_one(sql)?;
        if history.is_some() {
            // Takes the lock for writing, if the transaction began without it, while nothing has been read yet.
            connection
                .batch("UPDATE main.\"__mizzle_migrations\" SET version = version WHERE 0")?;
        }
        connection.batch(&format!("PRAGMA busy_timeout = {}", IN_TRANSACTION.as_millis()))
    }

    fn is_done(&mut self) -> Result<bool> {
        let Some(history) = self.context.history else { return Ok(false) };
        let has = history.has(self.context.connection, self.migration.version())?;
        Ok(has == (self.context.direction == Direction::Up))
    }

    /// Tells that a statement begins.
    fn announce(&mut self, index: usize) {
        let (number, total) = (index + 1, self.statements.len());
        let text = self.statements[index].short();
        let migration = self.migration;
        (self.context.on_event)(&Event::Statement { migration, number, total, text: &text });
    }

    fn execute(&mut self, index: usize) -> Result<()> {
        self.announce(index);
        if self.ways().rebuilds { self.execute_keeping(index) } else { self.execute_again(index) }
    }

    fn execute_keeping(&mut self, index: usize) -> Result<()> {
        let statement = self.statements[index];
        let loss = check_drop(self.context.connection, &statement, &self.names)?;
        self.refuse(loss)?;
        if let Some(kept) = &mut self.kept {
            kept.look(self.context.connection, &statement)?;
        }
        let adapted;
        let connection = &mut *self.context.connection;
        // A statement may not know all of a table.
        let sql = match self.rebuilds.adapt(connection, &statement, self.kept.as_ref())? {
            Adapted::AsItIs => statement.sql(),
            Adapted::Instead(sql) => {
                adapted = sql;
                &adapted
            }
            Adapted::Table(table, sql) => return self.make_table(&table, &sql),
            Adapted::Nothing => return Ok(()),
            Adapted::Refused(loss) => return self.refuse([loss]),
        };
        let tells = self.context.listens && statement.guard().is_none();
        let copy = inspect::copies(&statement).filter(|_| tells);
        let done = match copy {
            Some(copy) => self.copy(sql, &copy),
            None => self.context.connection.batch_one(sql),
        };
        done.map_err(|error| self.failed(sql, Some(index), &error))
    }

    fn execute_again(&mut self, index: usize) -> Result<()> {
        let statement = self.statements[index];
        self.again.look(self.context.connection, &self.statements)?;
        let losses = Again::goes(self.context.connection, &statement)?;
        self.refuse(losses)?;
        let marked = match self.again.marked(&statement) {
            Ok(marked) => marked,
            Err(loss) => return self.refuse([loss]),
        };
        let sql = match &marked {
            Some(marked) => marked.sql(self.context.connection, &statement)?,
            None => statement.sql().into(),
        };
        if let Err(error) = self.context.connection.batch_one(&sql) {
            return Err(self.failed(&sql, Some(index), &error));
        }
        let Some(marked) = marked else { return Ok(()) };
        for sql in marked.statements() {
            if let Err(error) = self.context.connection.batch_one(&sql) {
                return Err(self.failed(&sql, Some(index), &error));
            }
        }
        let lost = marked.lost(self.context.connection)?;
        self.refuse(lost)
    }

    /// Makes the new table from the statement of the old one, which says more than the file knows.
    fn make_table(&mut self, table: &str, sql: &str) -> Result<()> {
        let Err(error) = self.context.connection.batch(sql) else { return Ok(()) };
        if error.to_string().contains("no such collation sequence") {
            return self.refuse([format!(
                "\"{table}\" needs a collation of the program that made it ({error}): run the migrations in a program that gives \
                 it to each connection, by `create_collation` in `on_connect`"
            )]);
        }
        self.refuse([format!(
            "\"{table}\" has more than the migration knows, which does not fit what the migration makes of it ({error}): \
             change the table by hand so that it does, or build it again in a migration of your own"
        )])
    }

    /// Runs a statement that copies rows, and tells how far it is.
    fn copy(&mut self, sql: &str, copy: &inspect::Copy<'_>) -> Result<()> {
        let dialect = self.migration.dialect();
        let Context { connection, on_event, .. } = &mut *self.context;
        let total = copy.from.as_ref().and_then(|from| {
            let sql = format!("SELECT count(*) FROM {}", dialect.quote_ident(from));
            // Whatever is wrong with the table, the statement itself will tell.
            scalar(connection, &sql, &[]).ok()??.parse().ok()
        });
        let (migration, table) = (self.migration, &*copy.into);
        let changed = connection.batch_one_counting(sql, table, &mut |copied| {
            on_event(&Event::Rows { migration, table, copied, total });
        })?;
        on_event(&Event::Rows { migration, table, copied: changed, total });
        Ok(())
    }

    /// Restores what the script took along.
    fn restore(&mut self) -> Result<()> {
        let Some(kept) = self.kept.take() else {
            return Ok(());
        };
        let losses = kept.restore(self.context.connection, &self.names)?;
        self.refuse(losses)
    }

    /// What comes before the COMMIT: afterwards the migration is there as a whole, and recorded.
    fn finish(&mut self) -> Result<()> {
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

    /// Records what ran without a transaction.
    fn record_alone(&mut self) -> Result<()> {
        if self.context.history.is_none() {
            return Ok(());
        }
        let begin = self.ways().begin;
        // Where another program ran it at the same time, its record is the one.
        if self.begin(begin, None)? {
            self.kept = None;
            self.record()?;
            self.commit("COMMIT", None)?;
        }
        Ok(())
    }

    fn commit(&mut self, sql: &str, index: Option<usize>) -> Result<()> {
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
        if self.context.connection.in_transaction()
            && let Err(error) = self.context.connection.batch("ROLLBACK")
        {
            tracing::warn!(target: "mizzle::migration", %error, "a migration could not be rolled back");
        }
        self.kept = None;
    }

    fn unusable(&self, what: String) -> Error {
        MigrationError::Unusable {
            migration: self.migration.directory().into(),
            file: self.context.direction.file(),
            what,
        }
        .into()
    }

    /// Fails if something would be lost.
    fn refuse(&self, losses: impl IntoIterator<Item = String>) -> Result<()> {
        let losses: Vec<String> = losses.into_iter().collect();
        if losses.is_empty() {
            return Ok(());
        }
        Err(MigrationError::WouldLose {
            migration: self.migration.directory().into(),
            file: self.context.direction.file(),
            what: losses.join("; "),
            applied: self.context.applied.clone(),
        }
        .into())
    }

    /// The error for a statement of the file's, or for what the runner does around them.
    fn failed(&mut self, sql: &str, index: Option<usize>, error: &Error) -> Error {
        let statement = index.map(|index| self.statements[index]);
        let guard = statement.and_then(|statement| self.refusal(&statement, error));
        let (refused, rows, reason) = match guard {
            Some((reason, rows)) => (true, rows, reason),
            None => (false, None, error.to_string()),
        };
        let failed = FailedStatement {
            migration: self.migration.directory().into(),
            file: self.context.direction.file(),
            number: index.map_or(self.statements.len(), |index| index) + 1,
            total: self.statements.len(),
            line: statement.map_or(0, |statement| statement.line()),
            statement: statement.map_or_else(|| sql.into(), |statement| statement.short()),
            rows,
            refused,
            reason,
            rolled_back: !self.remains,
            applied: self.context.applied.clone(),
        };
        let made = Error::from(MigrationError::Failed(Box::new(failed))).with_sql(sql);
        // What to do about the machine, not about the statement.
        let of_machine =
            matches!(error.kind(), ErrorKind::DiskFull | ErrorKind::ReadOnly | ErrorKind::Corrupt);
        let made = match error.troubleshooting().first() {
            Some(hint) if of_machine => made.with_hint(*hint),
            _ => made,
        };
        match error.database_code() {
            Some(code) => made.with_database_code(code),
            None => made,
        }
    }

    /// The message of a guard that refuses, and how many rows it found.
    fn refusal(
        &mut self,
        statement: &Statement<'_>,
        error: &Error,
    ) -> Option<(String, Option<u64>)> {
        let message = statement.guard()?;
        if self.ways().guards_raise {
            return (error.database_code() == Some("P0001")).then(|| (error.to_string(), None));
        }
        if !error.is_check_violation() {
            return None;
        }
        // The transaction is still open, so that the rows are those that the guard has seen.
        let rows = scalar(self.context.connection, statement.guard_query()?, &[]).ok()??;
        Some((message.replace("{rows}", &rows), rows.parse().ok()))
    }
}

/// How long a statement waits for readers once the transaction has the lock for writing.
const IN_TRANSACTION: Duration = Duration::from_secs(60);

/// Whether nothing of a statement outlasts the connection.
fn leaves_no_trace(statement: &Statement<'_>) -> bool {
    ["pragma", "select", "set", "begin", "start", "rollback"]
        .iter()
        .any(|word| statement.begins_with(&[word]))
        || statement.begins_with(&["create", "temp"])
        || statement.begins_with(&["create", "temporary"])
}
