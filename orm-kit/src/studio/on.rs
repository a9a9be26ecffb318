//! Statements on a connection: with a limit of time, and a switch that ends them.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use orm_core::backend::{AnyConnection, Plain, PlainColumn, TakesPlain, Untyped};
use orm_core::{Db, Dialect, Error, Isolation, TransactionBuilder};

use super::failure::{Failure, Result};
use super::statement::Statement;
use super::value::Value;

/// The form in which PostgreSQL writes values, whatever the settings of the server and the role.
const FORMS: &str = "SELECT set_config('DateStyle', 'ISO, YMD', true), set_config('TimeZone', 'UTC', true), \
     set_config('IntervalStyle', 'postgres', true), set_config('extra_float_digits', '1', true), \
     set_config('bytea_output', 'hex', true)";

/// How long the studio's own statements may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// What ends statements early.
#[derive(Debug, Clone, Default)]
pub(super) struct Limit {
    pub(super) stop: Arc<AtomicBool>,
    pub(super) end: Option<Instant>,
}

impl Limit {
    /// Returns the limit, but at most so long from now.
    pub(super) fn within(&self, time: Duration) -> Self {
        let end = Instant::now().checked_add(time);
        Self { stop: Arc::clone(&self.stop), end: end.min(self.end.or(end)) }
    }
}

/// A connection on which statements run.
pub(super) struct On<'c> {
    connection: &'c mut AnyConnection,
    dialect: Dialect,
    limit: Limit,
    only_reads: bool,
}

/// Runs `f` in a transaction that only reads. If the connection turns out to be lost, it runs again on another one.
pub(super) fn reading<T>(
    db: &Db,
    limit: &Limit,
    mut f: impl FnMut(&mut On<'_>) -> Result<T>,
) -> Result<T> {
    match in_transaction(db, limit, true, &mut f) {
        Err(failure) if failure.is_lost => in_transaction(db, limit, true, &mut f),
        other => other,
    }
}

/// Runs `f` in a transaction that only reads, and sees one state of the database throughout. It doesn't run again, because what
/// it has read may have been sent.
pub(super) fn reading_once<T>(
    db: &Db,
    limit: &Limit,
    f: impl FnOnce(&mut On<'_>) -> Result<T>,
) -> Result<T> {
    let builder = db.transaction_builder().read_only().isolation(Isolation::RepeatableRead);
    within(builder, limit, f)
}

/// Runs `f` in a transaction: all of it or nothing.
pub(super) fn writing<T>(
    db: &Db,
    limit: &Limit,
    f: impl FnOnce(&mut On<'_>) -> Result<T>,
) -> Result<T> {
    in_transaction(db, limit, false, f)
}

fn in_transaction<T>(
    db: &Db,
    limit: &Limit,
    read_only: bool,
    f: impl FnOnce(&mut On<'_>) -> Result<T>,
) -> Result<T> {
    let builder = db.transaction_builder();
    within(if read_only { builder.read_only() } else { builder }, limit, f)
}

fn within<T>(
    builder: TransactionBuilder<'_>,
    limit: &Limit,
    f: impl FnOnce(&mut On<'_>) -> Result<T>,
) -> Result<T> {
    builder.try_run(|tx| {
        tx.with_connection(|connection| {
            let mut on = On::new(connection, limit.clone());
            Ok(on.set_forms().and_then(|()| f(&mut on)))
        })?
    })
}

impl<'c> On<'c> {
    pub(super) fn new(connection: &'c mut AnyConnection, limit: Limit) -> Self {
        let dialect = connection.dialect();
        Self { connection, dialect, limit, only_reads: false }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        self.connection
    }

    /// Makes SQLite refuse everything that could change something from now on, or not.
    pub(super) fn only_read(&mut self, only: bool) {
        self.only_reads = only;
    }

    /// Runs `f` without what ends statements early: for short ones that have to run.
    pub(super) fn unlimited<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let limit = std::mem::replace(&mut self.limit, Limit::default().within(PATIENCE));
        let result = f(self);
        self.limit = limit;
        result
    }

    pub(super) fn limit(&self) -> &Limit {
        &self.limit
    }

    /// Fixes the form in which values are written, for the open transaction.
    pub(super) fn set_forms(&mut self) -> Result<()> {
        if self.dialect.is_sqlite() {
            return Ok(());
        }
        self.run(FORMS, &[], &mut Nothing).map(drop)
    }

    /// Runs a statement and returns its rows.
    pub(super) fn rows(&mut self, statement: &Statement) -> Result<Vec<Vec<Value>>> {
        let mut rows = Vec::new();
        self.each(statement, |row| {
            rows.push(row.iter().map(Value::from).collect());
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// Runs SQL without values and returns its rows.
    pub(super) fn ask(&mut self, sql: &str) -> Result<Vec<Vec<Value>>> {
        self.rows(&Statement::new(self.dialect, sql))
    }

    /// Runs a statement and passes each row to `f`.
    pub(super) fn each(
        &mut self,
        statement: &Statement,
        f: impl FnMut(&[Plain<'_>]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut each = Each { f, failure: None };
        let run = self.run(statement.text(), &statement.values(), &mut each);
        match each.failure {
            Some(failure) => Err(failure),
            None => run.map(drop),
        }
    }

    /// Runs one statement of somebody else.
    pub(super) fn run(
        &mut self,
        sql: &str,
        values: &[Plain<'_>],
        rows: &mut dyn TakesPlain,
    ) -> Result<Option<u64>> {
        let run = Untyped {
            sql,
            values,
            stop: &self.limit.stop,
            end: self.limit.end,
            only_reads: self.only_reads,
        };
        Ok(self.connection.run_untyped(&run, rows)?)
    }
}

/// Takes rows that nobody needs.
pub(super) struct Nothing;

impl TakesPlain for Nothing {
    fn columns(&mut self, _: Vec<PlainColumn>) -> Result<(), Error> {
        Ok(())
    }

    fn row(&mut self, _: &[Plain<'_>]) -> Result<ControlFlow<()>, Error> {
        Ok(ControlFlow::Continue(()))
    }
}

/// Passes rows to a function, and keeps its failure.
struct Each<F> {
    f: F,
    failure: Option<Failure>,
}

impl<F: FnMut(&[Plain<'_>]) -> Result<ControlFlow<()>>> TakesPlain for Each<F> {
    fn columns(&mut self, _: Vec<PlainColumn>) -> Result<(), Error> {
        Ok(())
    }

    fn row(&mut self, row: &[Plain<'_>]) -> Result<ControlFlow<()>, Error> {
        match (self.f)(row) {
            Ok(flow) => Ok(flow),
            Err(failure) => {
                self.failure = Some(failure);
                Ok(ControlFlow::Break(()))
            }
        }
    }
}
