//! Batches of queries with relations. The related rows of a level are read in one exchange with the server, for all such
//! queries. Statements that may write wait until the queries before them have all related rows, and run along with the
//! last of these.

use super::item::AnyItem;
use crate::backend::{AnyConnection, BatchFailure, Effect, Step};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::run::level::Level;

/// Whether an item has related rows that its own statement may not read.
pub(super) fn are_below(items: &[&dyn AnyItem], dialect: Dialect) -> bool {
    items.iter().any(|item| is_below(*item, dialect))
}

fn is_below(item: &dyn AnyItem, dialect: Dialect) -> bool {
    item.below().is_some_and(|below| !below.is_joined(dialect))
}

/// Runs a batch.
pub(super) fn run(
    items: &[&dyn AnyItem],
    steps: &[&dyn Step],
    connection: &mut AnyConnection,
) -> Result<(), BatchFailure> {
    let run = |connection: &mut AnyConnection| {
        connection.run_batch_by(steps, |connection| {
            let dialect = connection.dialect();
            let mut run = Run { items, dialect, next: 0, again: Vec::new(), open: Vec::new() };
            while !run.is_done() {
                run.exchange(connection)?;
            }
            Ok(())
        })
    };
    match run(connection) {
        // All of it is undone, and the connection knows now.
        Err(failure) if failure.error.is_changed_session() => run(connection),
        result => result,
    }
}

/// A batch that runs.
struct Run<'r> {
    items: &'r [&'r dyn AnyItem],
    dialect: Dialect,
    /// The place of the first item whose statement has not run.
    next: usize,
    /// The places of those whose statement has to run again.
    again: Vec<usize>,
    /// The places of those that lack related rows.
    open: Vec<usize>,
}

/// A statement of an exchange, with the place of its item.
struct Sent<'s> {
    place: usize,
    step: &'s dyn Step,
    /// Whether it is the item's own statement, rather than one of related rows.
    is_own: bool,
}

impl Run<'_> {
    fn is_done(&self) -> bool {
        self.next == self.items.len() && self.again.is_empty() && self.open.is_empty()
    }

    /// Runs what can run now.
    fn exchange(&mut self, connection: &mut AnyConnection) -> Result<(), BatchFailure> {
        let (items, dialect) = (self.items, self.dialect);
        let (again, open) = (std::mem::take(&mut self.again), std::mem::take(&mut self.open));
        let mut below: Vec<_> =
            open.iter().filter_map(|&place| Some((place, items[place].below()?))).collect();
        let (mut level, mut places) = (Level::default(), Vec::new());
        for (place, below) in &mut below {
            below.add_level(&mut level);
            places.resize(level.len(), *place);
        }
        level.with_statements(dialect, |statements, are_last| {
            let own = |&place: &usize| Sent { place, step: items[place], is_own: true };
            let mut sent: Vec<Sent<'_>> = again.iter().map(own).collect();
            sent.extend(statements.iter().map(|statement| Sent {
                place: places[statement.place],
                step: statement,
                is_own: false,
            }));
            let completes = are_last && again.is_empty();
            let mut ends = completes && open.iter().all(|&place| !items[place].decides());
            if completes {
                let (start, has_all) = (self.next, self.advance());
                ends &= has_all && self.next == items.len();
                let added: Vec<usize> = (start..self.next).collect();
                ends &= added.iter().all(|&place| !items[place].decides());
                sent.extend(added.iter().map(own));
            }
            self.send(&sent, ends, connection)
        })?;
        drop(below);
        for place in open {
            self.after_rows(place, connection)?;
        }
        Ok(())
    }

    /// Goes to the place after the items that can run without further related rows of those before them. Returns whether
    /// they will have all related rows then.
    fn advance(&mut self) -> bool {
        let mut has_all = true;
        while let Some(item) = self.items.get(self.next) {
            if !has_all && item.effect() > Effect::Reads {
                break;
            }
            has_all &= !is_below(*item, self.dialect);
            self.next += 1;
        }
        has_all
    }

    fn send(
        &mut self,
        sent: &[Sent<'_>],
        ends: bool,
        connection: &mut AnyConnection,
    ) -> Result<(), BatchFailure> {
        let steps: Vec<&dyn Step> = sent.iter().map(|sent| sent.step).collect();
        let mut finish = |at: usize, changed, connection: &mut AnyConnection| {
            let Sent { place, is_own, .. } = sent[at];
            if !is_own {
                return Ok(());
            }
            match self.items[place].below().map(|mut below| below.must_run_again(self.dialect)) {
                Some(Ok(true)) => self.again.push(place),
                Some(Ok(false)) if self.lacks_rows(place) => self.open.push(place),
                Some(Err(error)) => return Err(error),
                _ => self.items[place].finish(changed, connection)?,
            }
            Ok(())
        };
        connection.run_within(&steps, usize::MAX, ends, &mut finish).map_err(|failure| {
            BatchFailure { place: failure.place.map(|at| sent[at].place), ..failure }
        })
    }

    fn lacks_rows(&self, place: usize) -> bool {
        self.items[place].below().is_some_and(|below| !below.is_complete())
    }

    /// Makes the result of an item whose related rows were read, unless there are more of them.
    fn after_rows(
        &mut self,
        place: usize,
        connection: &mut AnyConnection,
    ) -> Result<(), BatchFailure> {
        if self.lacks_rows(place) {
            self.open.push(place);
            return Ok(());
        }
        self.items[place].finish(0, connection).map_err(|error| BatchFailure {
            place: Some(place),
            error,
            has_run: connection.has_committed(),
        })
    }
}
