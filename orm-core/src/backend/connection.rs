//! One connection to either database.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::AnsiTransactionManager;

#[cfg(feature = "test")]
use super::counter::Counter;
use super::hide;
use super::instrumentation::Listener;
use super::rows::OpenRows;
use super::which::{Inner, each};
use super::{AnyRow, Backend, ConnectOptions, Flow, Limits, Source, Target};
use crate::backend::any::TooMuch;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result, Words};

/// A connection to either database, for diesel. It runs whatever diesel's connections can run.
///
/// Programs use a [`Db`](crate::Db), which lends these from a pool; [`Db::with_connection`] lends one to code that is
/// written for diesel's own traits.
///
/// [`Db::with_connection`]: crate::Db::with_connection
#[derive(Debug)]
pub struct AnyConnection {
    /// The statement whose rows are read one by one. Before the connection that it runs on.
    pub(super) rows: Option<Box<OpenRows>>,
    pub(super) inner: Inner,
    pub(super) transactions: AnsiTransactionManager,
    pub(super) listener: Listener,
    /// The first failure of SQL text in an operation on transactions: see [`own_error`](AnyConnection::own_error).
    pub(super) batch_error: Option<Error>,
    /// Whether the outermost transaction was committed together with its last statements.
    pub(super) committed: bool,
    /// Whether the next SQL text is the one that begins a transaction.
    pub(super) begins: bool,
    /// Whether the log shows bound values.
    pub(super) log_values: bool,
    /// If a pool must close it: the SQL that undoes what was set on it.
    pub(super) retired: Option<String>,
    /// Whether a statement of the outermost transaction conflicted with another transaction.
    pub(super) met_conflict: bool,
    pub(super) met_stale_row: bool,
    /// How the session begins.
    pub(super) session: OwnSession,
    /// The last loss of a connection after which this one was checked: see
    /// [`ConnectionSource`](crate::handle::pool::ConnectionSource).
    pub(super) generation: u32,
    #[cfg(feature = "test")]
    pub(super) counter: Arc<Counter>,
}

/// The program's hook for each new connection.
pub(crate) type ConnectHook = Arc<dyn Fn(&mut AnyConnection) -> Result<()> + Send + Sync>;

/// What a connection does to have a session as the program wants it.
pub(super) struct OwnSession {
    pub(super) hook: Option<ConnectHook>,
    /// Whether each transaction behind a pooler begins as in a new session.
    pub(super) renews: bool,
}

impl fmt::Debug for OwnSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnSession").field("renews", &self.renews).finish_non_exhaustive()
    }
}

impl OwnSession {
    pub(super) fn new(renews: bool) -> Self {
        Self { hook: None, renews }
    }
}

impl AnyConnection {
    /// Opens a connection.
    pub(crate) fn open(target: &Target, options: &ConnectOptions) -> Result<Self> {
        let inner = Inner::open(target, options)?;
        let session = OwnSession::new(options.renew_sessions);
        let mut own = Self::new(inner, options.log_values, session);
        own.listener = Listener::of_program();
        #[cfg(feature = "test")]
        {
            own.counter = Arc::clone(&options.counter);
        }
        Ok(own)
    }

    /// Returns a connection that is in no transaction, and tells nobody what it does.
    pub(super) fn new(inner: Inner, log_values: bool, session: OwnSession) -> Self {
        Self {
            rows: None,
            inner,
            transactions: AnsiTransactionManager::default(),
            listener: Listener::default(),
            batch_error: None,
            committed: false,
            begins: false,
            log_values,
            retired: None,
            met_conflict: false,
            met_stale_row: false,
            session,
            generation: 0,
            #[cfg(feature = "test")]
            counter: Arc::default(),
        }
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    pub(crate) fn set_generation(&mut self, generation: u32) {
        self.generation = generation;
    }

    /// Returns whether the database answers, within about `limit`.
    pub(crate) fn ping(&mut self, limit: Duration) -> Result<()> {
        each!(&mut self.inner, connection => connection.ping(limit))
    }

    /// Returns whether the connection is lost.
    pub(crate) fn is_broken(&self) -> bool {
        each!(&self.inner, connection => connection.is_broken())
    }

    /// Returns the dialect of the database's SQL.
    pub fn dialect(&self) -> Dialect {
        each!(&self.inner, connection => connection.dialect())
    }

    /// Returns the limits of the database.
    pub fn limits(&self) -> Limits {
        Limits::of(self.dialect())
    }

    /// Runs a statement, passes each row to `on_row`, and returns the number of rows it changed.
    ///
    /// If the rows of an INSERT are [`TooMuch`] for one statement, it runs as several: all of them or none.
    pub(crate) fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        self.end_abandoned();
        if self.begins_alone() {
            return self.atomically(|connection| connection.run(source, on_row));
        }
        match self.run_one(source, on_row) {
            Err(error) if error.downcast_ref::<TooMuch>().is_some() => {
                self.run_parts(source, error, on_row)
            }
            done => done,
        }
    }

    #[cold]
    fn run_parts(
        &mut self,
        source: &dyn Source,
        error: Error,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        let dialect = self.dialect();
        let Some(too_much) = error.downcast_ref::<TooMuch>() else {
            return Err(error);
        };
        if !self.has_transactions() {
            return self.run_parts_together(source, too_much, on_row);
        }
        let mut flow = Flow::Continue;
        self.atomically(|connection| {
            let mut changed = 0;
            for rows in too_much.parts() {
                let Some(part) = source.for_rows(rows, dialect) else {
                    return Err(Error::new(ErrorKind::Query, too_much.to_string()));
                };
                // A caller that has read enough rows has still asked to insert all of them.
                changed += connection.run_one(&*part, &mut |row| {
                    if flow == Flow::Continue {
                        flow = on_row(row)?;
                    }
                    Ok(Flow::Continue)
                })?;
            }
            Ok(changed)
        })
    }

    pub(super) fn run_one(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        if self.listener.listens() {
            return self.run_heard(source, on_row);
        }
        self.run_unheard(source, on_row)
    }

    /// Tells a listener of the statement.
    #[cold]
    fn run_heard(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        match source.sql(self.dialect()) {
            Ok(sql) => self.heard(&sql, |connection| connection.run_unheard(source, on_row)),
            // It runs in parts, or not at all.
            Err(_) => self.run_unheard(source, on_row),
        }
    }

    /// Runs a statement, and calls its listener before and after.
    pub(super) fn heard<T>(
        &mut self,
        sql: &str,
        run: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.listener.start(sql);
        let result = run(self);
        self.listener.finish(sql, result.as_ref().err());
        result
    }

    fn run_unheard(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        if !self.is_logged() {
            let result = each!(&mut self.inner, connection => connection.run(source, on_row));
            return result.map_err(|error| self.describe(error, Some(source)));
        }
        let mut rows = 0_u64;
        let start = Instant::now();
        let result = each!(&mut self.inner, connection => connection.run(source, &mut |row| {
            rows += 1;
            on_row(row)
        }));
        let result = result.map_err(|error| self.describe(error, Some(source)));
        if let Err(error) = &result
            && error.downcast_ref::<TooMuch>().is_some()
        {
            return result;
        }
        let micros = start.elapsed().as_micros() as u64;
        let rows = result.as_ref().map(|changed| rows.max(*changed));
        self.log_source(source, micros, rows);
        result
    }

    #[cold]
    pub(super) fn describe(&mut self, mut error: Error, source: Option<&dyn Source>) -> Error {
        self.met_conflict |= error.is_conflict();
        // If the error was found before the database saw the values, everything is known.
        if error.constraint().is_some() && error.database_code().is_some() {
            each!(&mut self.inner, connection => connection.describe_violation(&mut error, source));
        }
        if let Some(source) = source.filter(|_| hide::is_needed(&error)) {
            let is_literal = error.words() == Words::Program
                && each!(&mut self.inner, connection => connection.are_literal(&error.to_string()));
            if !is_literal {
                hide::hide(&mut error, source, self.dialect());
            }
        }
        error
    }

    /// Runs SQL text of any number of statements without parameters.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.end_abandoned();
        let start = Instant::now();
        let begins = std::mem::take(&mut self.begins);
        let result = each!(&mut self.inner, connection => match begins {
            true => connection.begin(sql),
            false => connection.batch(sql),
        });
        self.ran(sql, start, result)
    }

    /// Runs SQL text of one statement without parameters. Runs nothing if the database finds a second one in it.
    pub(crate) fn batch_one(&mut self, sql: &str) -> Result<()> {
        self.end_abandoned();
        let start = Instant::now();
        let result = each!(&mut self.inner, connection => connection.batch_one(sql));
        self.ran(sql, start, result)
    }

    /// Runs a COPY with rows that [`write_copied`](super::write_copied) has written, and returns the number of rows that
    /// were stored. An error says what happened, but not to which row: its message contains no value. Calls
    /// `meanwhile`, which must not panic, while the server stores the rows, unless there is an error before.
    pub(crate) fn copy_in(
        &mut self,
        sql: &str,
        rows: &[u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<u64> {
        self.end_abandoned();
        if self.listener.listens() {
            return self.heard(sql, |connection| connection.copy_unheard(sql, rows, meanwhile));
        }
        self.copy_unheard(sql, rows, meanwhile)
    }

    fn copy_unheard(&mut self, sql: &str, rows: &[u8], meanwhile: &mut dyn FnMut()) -> Result<u64> {
        let start = Instant::now();
        let copied = each!(&mut self.inner, connection => connection.copy_in(sql, rows, meanwhile));
        let copied = copied.map_err(|mut error| {
            hide::hide_all(&mut error);
            self.describe(error, None)
        });
        if self.is_logged() {
            self.log(sql, start.elapsed().as_micros() as u64, None, copied.as_ref().copied());
        }
        copied
    }

    fn ran(&mut self, sql: &str, start: Instant, result: Result<()>) -> Result<()> {
        let result = result.map_err(|error| self.describe(error, None));
        if self.is_logged() {
            let micros = start.elapsed().as_micros() as u64;
            self.log(sql, micros, None, result.as_ref().map(|()| 0));
        }
        result
    }

    /// The same for a statement that writes rows to `table`: reports to `on_rows` how many there are so far, from time
    /// to time if the database can, and at the end.
    pub(crate) fn batch_one_counting(
        &mut self,
        sql: &str,
        table: &str,
        on_rows: &mut dyn FnMut(u64),
    ) -> Result<u64> {
        self.end_abandoned();
        each!(&mut self.inner, connection => connection.batch_one_counting(sql, table, on_rows))
            .map_err(|error| self.describe(error, None))
    }

    /// Runs a query whose parameters and results are texts, and doesn't keep the statement: for questions about the
    /// schema.
    pub(crate) fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        self.end_abandoned();
        if self.begins_alone() {
            return self.atomically(|connection| connection.ask(sql, values));
        }
        each!(&mut self.inner, connection => connection.ask(sql, values))
    }

    /// Returns what the database knows about a statement, without running it.
    #[cfg(feature = "registry")]
    pub(crate) fn describe_statement(
        &mut self,
        sql: &str,
        types: &[u32],
    ) -> Result<super::Described> {
        each!(&mut self.inner, connection => connection.describe_statement(sql, types))
    }

    /// Returns whether a transaction is open, even one that SQL text began.
    pub(crate) fn in_transaction(&self) -> bool {
        each!(&self.inner, connection => connection.in_transaction())
    }

    /// Returns whether there is a pooler between the program and the server. If so, two transactions, or two statements
    /// outside a transaction, may run in two sessions, and the settings of a session (`SET`, `LISTEN`, temporary
    /// tables, locks of the session) may affect other programs.
    pub fn is_pooled(&self) -> bool {
        each!(&self.inner, connection => connection.is_pooled())
    }

    /// Lets statements take as long as they need, until the connection is closed.
    pub(crate) fn lift_time_limit(&mut self) -> Result<()> {
        each!(&mut self.inner, connection => connection.lift_time_limit())
    }

    /// Makes the pool close it instead of lending it again, because its settings may have changed. `restore` is the SQL that
    /// undoes that, for a database that would end with it.
    pub(crate) fn retire(&mut self, restore: String) {
        self.retired = Some(restore);
    }

    /// Prepares a database for many connections, once, before there are any: SQLite's write-ahead log lets readers
    /// continue while one writes.
    pub(crate) fn prepare_database(&mut self, target: &Target) -> Result<()> {
        each!(&mut self.inner, connection => connection.prepare_database(target))
    }
}
