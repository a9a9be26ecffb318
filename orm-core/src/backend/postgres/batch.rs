//! Batches: statements with the BEGIN and the COMMIT around them, in one exchange.

use super::joined::Place;
use super::pipeline::Pipeline;
use super::session::{Postgres, with_sql};
use super::text::c_string;
use crate::backend::{Around, Backend, BatchFailure, Flow, Step};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind};

impl Postgres {
    /// Runs a batch, and returns how many rows each statement changed. `None` if its statements can only run one after
    /// another; nothing has run then.
    pub(super) fn run_steps(
        &mut self,
        steps: &[&dyn Step],
        around: Around,
    ) -> std::result::Result<Option<Vec<u64>>, BatchFailure> {
        if self.epoch.is_over() {
            self.forget_all();
        }
        let failure = match self.attempt_steps(steps, around) {
            Err(failure) if !failure.has_run => failure,
            run => return run,
        };
        if let Around::Open { .. } = around {
            // The transaction of all of them is undone.
            let BatchFailure { place, error, has_run } = failure;
            return match self.forgive(error) {
                Ok(()) => self.attempt_steps(steps, around),
                Err(error) => Err(BatchFailure { place, error, has_run }),
            }
            .map_err(|failure| self.name_too_long_in(failure, steps));
        }
        // None of it is done, so it can run again.
        let Some(staleness) = self.statements.staleness(&failure.error) else {
            return Err(self.name_too_long_in(failure, steps));
        };
        self.forget(staleness);
        self.attempt_steps(steps, around).map_err(|failure| self.name_too_long_in(failure, steps))
    }

    fn attempt_steps(
        &mut self,
        steps: &[&dyn Step],
        around: Around,
    ) -> std::result::Result<Option<Vec<u64>>, BatchFailure> {
        let Some(mode) = Pipeline::find() else { return Ok(None) };
        let queue =
            self.queue_all(steps.len(), &|place, f| steps[place].with_source(Dialect::Postgres, f));
        let queue = match queue {
            Ok(Some(queue)) => queue,
            Ok(None) => return Ok(None),
            Err((place, error)) => {
                return Err(BatchFailure { place: Some(place), error, has_run: false });
            }
        };
        let ends = around.ends().then_some(around.end());
        let answers = match self.execute_queue(mode, around.begin(), queue, ends) {
            Ok(answers) => answers,
            Err((place, error)) => {
                if let Some(undo) = around.undo()
                    && self.in_transaction()
                    && !self.is_broken()
                {
                    self.untouched = None;
                    // If it fails, nobody uses the connection again.
                    if let Ok(undo) = c_string(undo) {
                        let _ = self.execute_text(&undo, self.limit);
                    }
                }
                let place = match place {
                    Place::Statement(place) => Some(place),
                    Place::Around => None,
                };
                return Err(BatchFailure { place, error, has_run: false });
            }
        };
        self.untouched = None;
        let mut changed = vec![0; steps.len()];
        for (place, answer) in answers {
            let step = steps[place];
            let read = answer.each_row(&mut |row| step.row(row).map(|()| Flow::Continue));
            read.map_err(|error| {
                let error = step_with_sql(step, error);
                BatchFailure { place: Some(place), error, has_run: true }
            })?;
            changed[place] = answer.changed();
        }
        Ok(Some(changed))
    }
}

#[cold]
fn step_with_sql(step: &dyn Step, error: Error) -> Error {
    let mut error = Some(error);
    let _ = step.with_source(Dialect::Postgres, &mut |source| {
        error = error.take().map(|error| with_sql(source, error));
        Ok(())
    });
    error.unwrap_or_else(|| Error::new(ErrorKind::Unknown, "a row could not be read"))
}

/// Returns the query whether an INSERT into one of these tables may leave out rows: of a plain table only a trigger does, a
/// BEFORE trigger for each row. A rule may do it too, and a part of a partitioned table.
pub(super) fn skips_sql(tables: &[&str]) -> String {
    let names: Vec<String> =
        tables.iter().map(|table| Dialect::Postgres.quote_literal(table)).collect();
    format!(
        "SELECT true FROM unnest(ARRAY[{}]) AS t(name) \
         LEFT JOIN pg_class c ON c.oid = to_regclass(quote_ident(t.name)) \
         WHERE c.oid IS NULL OR c.relkind <> 'r' \
         OR EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '3') \
         OR EXISTS (SELECT 1 FROM pg_trigger g \
         WHERE g.tgrelid = c.oid AND g.tgtype & 7 = 7 AND g.tgenabled <> 'D') LIMIT 1",
        names.join(", ")
    )
}
