//! Many rows in as many UPDATEs, which go to the database together.

use std::cell::RefCell;

use super::rows::{from_row, missing_or_stale};
use super::statement::UpdateRow;
use crate::backend::{AnyConnection, AnyRow, Effect, Source, Step};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::table::{Given, TableFacts, Writable, of_version};

/// The UPDATE of a row.
struct OneUpdate<'r, T> {
    row: &'r T,
    returning: bool,
    stored: RefCell<Option<T>>,
}

impl<T: Writable> Step for OneUpdate<'_, T> {
    fn effect(&self) -> Effect {
        Effect::Writes
    }

    fn decides(&self) -> bool {
        true
    }

    fn with_source(&self, _: Dialect, f: &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> {
        let touched = T::on_update();
        f(&UpdateRow::new(TableFacts::of::<T>(), self.row, Given::of(&touched), self.returning))
    }

    fn restart(&self) {
        self.stored.take();
    }

    fn row(&self, row: &AnyRow<'_>) -> Result<()> {
        *self.stored.borrow_mut() = Some(from_row(row)?);
        Ok(())
    }
}

/// Writes rows, all or none. Passes each as stored to `on_row`, with its place, if `returning`. `is_of_row` says which errors
/// are about a row.
pub(super) fn update_together<T: Writable>(
    connection: &mut AnyConnection,
    rows: &[T],
    returning: bool,
    is_of_row: impl Fn(&Error) -> bool,
    on_row: &mut dyn FnMut(usize, T),
) -> Result<()> {
    let table = TableFacts::of::<T>();
    let updates: Vec<OneUpdate<'_, T>> =
        rows.iter().map(|row| OneUpdate { row, returning, stored: RefCell::default() }).collect();
    let steps: Vec<&dyn Step> = updates.iter().map(|update| update as &dyn Step).collect();
    let mut is_missing = false;
    let mut finish = |place: usize, changed, connection: &mut AnyConnection| match changed {
        0 => {
            is_missing = true;
            Err(missing_or_stale(connection, table, &rows[place]))
        }
        _ => Ok(()),
    };
    let run = connection.run_batch(&steps, &mut finish);
    run.map_err(|failure| {
        let place = failure.place.filter(|_| is_missing || is_of_row(&failure.error));
        let error = of_version(failure.error, table);
        match place {
            Some(place) => error.of_row(place, rows.len()),
            None => error,
        }
    })?;
    for (place, update) in updates.into_iter().enumerate() {
        update.stored.into_inner().into_iter().for_each(|row| on_row(place, row));
    }
    Ok(())
}
