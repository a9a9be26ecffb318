//! Statements of several calls of one transaction, which go to the server in one exchange.

use super::pipeline::Pipeline;
use super::queue::Outcome;
use super::session::{Postgres, with_sql};
use crate::backend::source::controls_transaction;
use crate::backend::{AnyRow, Flow, Source, Statement};
use crate::dialect::Dialect;
use crate::error::Result;

impl Postgres {
    /// Posts a statement, and returns its ticket. `None` if it can only run alone.
    pub(super) fn post_statement(&mut self, source: &dyn Source) -> Result<Option<usize>> {
        if self.posted.queue.is_empty() && self.epoch.is_over() {
            self.forget_all();
        }
        let key = source.key(Dialect::Postgres)?;
        if key.is_none_or(|key| key.statement == Statement::Sql)
            && controls_transaction(&source.sql(Dialect::Postgres)?, Dialect::Postgres)
        {
            return Ok(None);
        }
        let ticket = self.posted.count;
        let mut queue = std::mem::take(&mut self.posted.queue);
        let added = self.add_to(&mut queue, ticket, source);
        self.posted.queue = queue;
        self.posted.count += 1;
        Ok(added?.then_some(ticket))
    }

    /// Sends what calls have posted.
    pub(super) fn send_posted(&mut self) {
        if self.posted.queue.is_empty() {
            return;
        }
        let queue = std::mem::take(&mut self.posted.queue);
        let tickets: Vec<usize> = queue.places().collect();
        let Some(mode) = Pipeline::find() else { return };
        let mut failure = None;
        match self.execute_each(mode, queue) {
            Ok(done) => {
                for (ticket, result) in done {
                    let outcome = match result {
                        Ok(Some(answer)) => Outcome::Answered(answer),
                        Ok(None) => Outcome::Skipped,
                        Err(error) if failure.is_none() => {
                            failure = Some((ticket, error));
                            continue;
                        }
                        Err(error) => Outcome::Failed(error),
                    };
                    self.posted.done.push((ticket, outcome));
                }
            }
            // The others find out themselves that the connection is lost.
            Err(error) => failure = tickets.first().map(|first| (*first, error)),
        }
        if let Some((ticket, error)) = failure {
            match self.forgive(error) {
                // Nothing of the transaction is done: it has begun again.
                Ok(()) => self.posted.done.retain(|(done, _)| !tickets.contains(done)),
                Err(error) => self.posted.done.push((ticket, Outcome::Failed(error))),
            }
        }
        self.untouched = None;
    }

    /// Passes the rows of a posted statement to `on_row`, and returns the number of rows it changed. `None` if it has not
    /// run: it has to run alone.
    pub(super) fn take_posted_rows(
        &mut self,
        ticket: usize,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<Option<u64>> {
        self.send_posted();
        let place = self.posted.done.iter().position(|(done, _)| *done == ticket);
        match place.map(|place| self.posted.done.swap_remove(place).1) {
            Some(Outcome::Answered(answer)) => {
                answer.each_row(on_row).map_err(|error| with_sql(source, error))?;
                Ok(Some(answer.changed()))
            }
            Some(Outcome::Failed(error)) => Err(self.name_too_long(error, source)),
            Some(Outcome::Skipped) | None => Ok(None),
        }
    }
}
