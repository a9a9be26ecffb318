//! Batches: statements that run together, all or none.

use std::time::Instant;

use super::any::TooMuch;
use super::source::controls_transaction;
use super::which::{Inner, each};
use super::{
    AnyConnection, Around, Backend, BatchFailure, Effect, Flow, Statement, Step, TooFew,
    more_than_one,
};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// A statement that makes its result after its last row.
pub(crate) trait Part: Step {
    /// Also gets the number of rows that it changed.
    fn finish(&self, changed: u64, connection: &mut AnyConnection) -> Result<()>;
}

/// Makes the result of the statement at a place, after its last row; also gets the number of changed rows.
pub(crate) type Finish<'f> = dyn FnMut(usize, u64, &mut AnyConnection) -> Result<()> + 'f;

impl AnyConnection {
    /// Runs statements, all or none: in one exchange with the server, if that is possible.
    pub(crate) fn run_batch(
        &mut self,
        steps: &[&dyn Step],
        finish: &mut Finish<'_>,
    ) -> Result<(), BatchFailure> {
        self.end_abandoned();
        refuse_ends(steps, self.dialect())?;
        steps.iter().for_each(|step| step.restart());
        let ends = !self.has_transactions() || !steps.iter().any(|step| step.decides());
        let around = match self.in_transaction() {
            true => Around::Savepoint { ends },
            false => Around::Transaction { ends },
        };
        if self.joins() && self.run_joined_batch(steps, around, finish)? {
            return Ok(());
        }
        self.run_batch_atomically(steps, |connection| connection.run_in_order(steps, finish))
    }

    /// Runs a batch that takes several exchanges, all or none: `run` does, by [`run_within`](Self::run_within).
    pub(crate) fn run_batch_by(
        &mut self,
        steps: &[&dyn Step],
        run: impl FnOnce(&mut Self) -> Result<(), BatchFailure>,
    ) -> Result<(), BatchFailure> {
        self.end_abandoned();
        refuse_ends(steps, self.dialect())?;
        self.run_batch_atomically(steps, run)
    }

    fn run_batch_atomically(
        &mut self,
        steps: &[&dyn Step],
        run: impl FnOnce(&mut Self) -> Result<(), BatchFailure>,
    ) -> Result<(), BatchFailure> {
        let only_reads = steps.iter().all(|step| step.effect() == Effect::Reads);
        if only_reads && !self.has_transactions() {
            return run(self);
        }
        let read_only = only_reads && self.dialect().capabilities().one_writer;
        let (mut place, mut has_run) = (None, false);
        let result = self.atomically_as(read_only, |connection| {
            run(connection).map_err(|failure| {
                (place, has_run) = (failure.place, failure.has_run);
                failure.error
            })
        });
        result.map_err(|error| BatchFailure { place, error, has_run })
    }

    /// Whether the open transaction was committed along with its statements.
    pub(crate) fn has_committed(&self) -> bool {
        self.committed
    }

    /// Runs statements of an open transaction, which is rolled back if one of them fails: in one exchange with the server, if
    /// that is possible and they are at `most` so many, and then with its COMMIT if it `ends`, unless it is a savepoint.
    pub(crate) fn run_within(
        &mut self,
        steps: &[&dyn Step],
        most: usize,
        ends: bool,
        finish: &mut Finish<'_>,
    ) -> Result<(), BatchFailure> {
        self.end_abandoned();
        steps.iter().for_each(|step| step.restart());
        let around = Around::Open { ends: ends && self.depth() == 1 };
        let together = steps.len() > 1 || around.ends() || !self.has_transactions();
        if together
            && steps.len() <= most
            && self.joins()
            && self.run_joined_batch(steps, around, finish)?
        {
            return Ok(());
        }
        self.run_in_order(steps, finish)
    }

    /// Returns the query whether an INSERT into one of these tables may leave out rows without an error, if statements go
    /// together.
    pub(crate) fn skips_sql(&self, tables: &[&str]) -> Option<String> {
        if !self.joins() {
            return None;
        }
        each!(&self.inner, connection => connection.skips_sql(tables))
    }

    /// Whether statements go together, as far as the database can.
    fn joins(&self) -> bool {
        (!self.listener.listens() || !self.has_transactions()) && !self.begins_alone()
    }

    /// Whether several calls can be one transaction.
    pub(crate) fn has_transactions(&self) -> bool {
        self.dialect().capabilities().transactions
    }

    fn run_in_order(
        &mut self,
        steps: &[&dyn Step],
        finish: &mut Finish<'_>,
    ) -> Result<(), BatchFailure> {
        for (place, step) in steps.iter().enumerate() {
            let run = self.run_step(*step).and_then(|changed| {
                self.check_open()?;
                finish(place, changed, self)
            });
            run.map_err(|error| BatchFailure { place: Some(place), error, has_run: false })?;
        }
        Ok(())
    }

    fn run_step(&mut self, step: &dyn Step) -> Result<u64> {
        let (dialect, mut changed) = (self.dialect(), 0);
        step.with_source(dialect, &mut |source| {
            let run = self.run_one(source, &mut |row| step.row(row).map(|()| Flow::Continue));
            changed = run.map_err(not_split)?;
            Ok(())
        })?;
        Ok(changed)
    }

    /// Runs statements in one exchange, and a second one if a result decides how they end. Returns whether that is possible:
    /// otherwise nothing has run.
    fn run_joined_batch(
        &mut self,
        steps: &[&dyn Step],
        around: Around,
        finish: &mut Finish<'_>,
    ) -> Result<bool, BatchFailure> {
        let start = Instant::now();
        let run = each!(&mut self.inner, connection => connection.run_batch(steps, around));
        let mut is_open = !around.ends() && around.begin().is_some();
        let run = match run {
            Ok(None) => return Ok(false),
            Ok(Some(changed)) => Ok(changed),
            Err(failure) => {
                is_open &= failure.has_run;
                match failure.error.downcast_ref::<TooFew>().map(|few| few.changed) {
                    Some(changed) => {
                        let step = failure.place.and_then(|place| steps.get(place));
                        let needs = step.and_then(|step| step.needs());
                        match needs.is_some_and(|needs| changed > needs) {
                            true => Err(BatchFailure { error: more_than_one(), ..failure }),
                            false => Err(self.result_of(failure, changed, finish)),
                        }
                    }
                    None => Err(self.describe_failure(failure, steps, around)),
                }
            }
        };
        self.log_batch(steps, around, start, &run);
        self.committed = matches!(around, Around::Open { ends: true }) && run.is_ok();
        let finished = run.and_then(|changed| {
            for (place, changed) in changed.into_iter().enumerate() {
                finish(place, changed, self).map_err(|error| BatchFailure {
                    place: Some(place),
                    error,
                    has_run: around.commits(),
                })?;
            }
            Ok(())
        });
        if is_open {
            match finished {
                Ok(()) => self.batch(around.end()).map_err(|error| BatchFailure {
                    place: None,
                    error,
                    has_run: false,
                })?,
                // The first error says more than one of the rollback. If that fails, the connection is closed.
                Err(_) => drop(around.undo().map(|undo| self.batch(undo))),
            }
        }
        finished.map(|()| true)
    }

    /// Returns the error of a statement that decided the end of its batch by the number of its rows.
    #[cold]
    fn result_of(
        &mut self,
        failure: BatchFailure,
        changed: u64,
        finish: &mut Finish<'_>,
    ) -> BatchFailure {
        let result = failure.place.map(|place| finish(place, changed, self));
        match result {
            Some(Err(error)) => BatchFailure { error, ..failure },
            _ => failure,
        }
    }

    #[cold]
    fn describe_failure(
        &mut self,
        mut failure: BatchFailure,
        steps: &[&dyn Step],
        around: Around,
    ) -> BatchFailure {
        failure.has_run &= around.commits();
        failure.error = not_split(failure.error);
        let Some(place) = failure.place else {
            failure.error = self.describe(failure.error, None);
            return failure;
        };
        let (dialect, mut error) = (self.dialect(), Some(failure.error));
        // What fails here has failed before.
        let _ = steps[place].with_source(dialect, &mut |source| {
            error = error.take().map(|error| self.describe(error, Some(source)));
            Ok(())
        });
        failure.error = error.unwrap_or_else(|| Error::new(ErrorKind::Unknown, "the batch failed"));
        failure
    }

    fn log_batch(
        &self,
        steps: &[&dyn Step],
        around: Around,
        start: Instant,
        run: &std::result::Result<Vec<u64>, BatchFailure>,
    ) {
        if !self.is_logged() {
            return;
        }
        let micros = start.elapsed().as_micros() as u64;
        if let Some(begin) = around.begin() {
            self.log(begin, micros, None, Ok(0));
        }
        let failed = run.as_ref().err();
        for (place, step) in steps.iter().enumerate() {
            let rows = match (run, failed.and_then(|failure| failure.place)) {
                (Ok(changed), _) => Ok(changed[place]),
                (Err(failure), Some(at)) if at == place => Err(&failure.error),
                // The server skipped what comes after it.
                (Err(_), Some(at)) if at < place => break,
                (Err(_), _) => Ok(0),
            };
            let _ = step.with_source(self.dialect(), &mut |source| {
                self.log_source(source, micros, rows);
                Ok(())
            });
        }
        match failed {
            None if around.ends() => self.log(around.end(), micros, None, Ok(0)),
            Some(failure) if failure.place.is_none() => {
                self.log(around.end(), micros, None, Err(&failure.error));
            }
            _ => {}
        }
    }
}

/// Refuses SQL by hand that begins or ends a transaction: what is before it would be committed, and what is after it would
/// not be rolled back.
fn refuse_ends(steps: &[&dyn Step], dialect: Dialect) -> Result<(), BatchFailure> {
    for (place, step) in
        steps.iter().enumerate().filter(|(_, step)| step.effect() == Effect::Writes)
    {
        let mut ends = false;
        // Whatever else is wrong with it shows when it runs.
        let _ = step.with_source(dialect, &mut |source| {
            let is_by_hand = source.key(dialect)?.is_none_or(|key| key.statement == Statement::Sql);
            ends = is_by_hand && controls_transaction(&source.sql(dialect)?, dialect);
            Ok(())
        });
        if ends {
            let error = Error::new(
                ErrorKind::Query,
                "a batch is a transaction, and this statement begins or ends one",
            )
            .with_hint(
                "leave the statement out; what belongs to another transaction goes into another call",
            );
            return Err(BatchFailure { place: Some(place), error, has_run: false });
        }
    }
    Ok(())
}

/// Returns the error for an INSERT that would be split.
fn not_split(error: Error) -> Error {
    match error.downcast_ref::<TooMuch>() {
        Some(too_much) => Error::new(ErrorKind::Query, too_much.to_string())
            .with_hint("a batch splits no statement: pass the rows in several ones"),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_or_ends_a_transaction_is_known() {
        for (sql, expected) in [
            ("COMMIT", true),
            (" -- words\n; commit work", true),
            ("END", true),
            ("begin immediate", true),
            ("START TRANSACTION READ ONLY", true),
            ("ROLLBACK", true),
            ("ROLLBACK AND CHAIN", true),
            ("ABORT", true),
            ("PREPARE TRANSACTION 'a'", true),
            ("ROLLBACK TO a", false),
            ("ROLLBACK TRANSACTION TO SAVEPOINT a", false),
            ("SAVEPOINT a", false),
            ("RELEASE a", false),
            ("PREPARE a AS SELECT 1", false),
            ("UPDATE t SET commit = 1", false),
            ("", false),
        ] {
            for dialect in Dialect::ALL {
                assert_eq!(controls_transaction(sql, dialect), expected, "{sql}");
            }
        }
    }
}
