//! Many rows in several INSERTs, which run together.

use std::cell::{Cell, RefCell};

use super::rows::skipped;
use super::statement::{Conflict, Insert};
use crate::backend::{AnyConnection, AnyRow, Effect, Source, Step};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::table::{BindAt, ColumnSet, TableFacts, Values, Writable};

/// The function that gets the position of each row and the row that the database returns for it.
type OnRow<'f> = dyn FnMut(usize, &AnyRow<'_>) -> Result<()> + 'f;

/// Some of the rows, which set the same columns.
struct Chunk<'r, 'f, N> {
    rows: &'r [N],
    /// The positions of its rows in `rows`.
    places: &'r [usize],
    columns: ColumnSet,
    on_conflict: Conflict<'r>,
    returning: bool,
    on_row: &'r RefCell<&'f mut OnRow<'f>>,
    /// The number of rows that were returned.
    returned: Cell<usize>,
    /// The number of rows that were stored.
    stored: Cell<u64>,
}

impl<N: Values<Row: Writable>> Step for Chunk<'_, '_, N> {
    fn effect(&self) -> Effect {
        Effect::Writes
    }

    /// A missing row undoes all of them.
    fn decides(&self) -> bool {
        self.returning
    }

    fn with_source(&self, _: Dialect, f: &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> {
        let rows: Vec<&dyn BindAt> =
            self.places.iter().map(|&place| &self.rows[place] as &dyn BindAt).collect();
        let touched = self.on_conflict.touched::<N::Row>();
        f(&Insert::new::<N::Row>(
            &rows,
            self.columns,
            self.on_conflict,
            touched.as_ref(),
            self.returning,
        ))
    }

    fn restart(&self) {
        self.returned.set(0);
    }

    fn row(&self, row: &AnyRow<'_>) -> Result<()> {
        let returned = self.returned.replace(self.returned.get() + 1);
        match self.places.get(returned) {
            Some(&place) => (self.on_row.borrow_mut())(place, row),
            None => Ok(()),
        }
    }
}

impl<N: Values<Row: Writable>> Chunk<'_, '_, N> {
    fn finish(&self, changed: u64) -> Result<()> {
        if self.returning && self.returned.get() < self.places.len() {
            return Err(skipped(TableFacts::of::<N::Row>(), self.rows.len(), 0));
        }
        self.stored.set(changed);
        Ok(())
    }
}

/// Inserts the rows of all chunks, all or none: the columns of each, and the positions of its rows. Returns the number of
/// rows that were stored.
pub(super) fn insert_together<'r, 'f, N: Values<Row: Writable>>(
    connection: &mut AnyConnection,
    rows: &'r [N],
    chunks: impl Iterator<Item = (ColumnSet, &'r [usize])>,
    on_conflict: Conflict<'r>,
    returning: bool,
    on_row: &'f mut OnRow<'f>,
) -> Result<u64> {
    let on_row = RefCell::new(on_row);
    let chunks: Vec<_> = chunks
        .map(|(columns, places)| Chunk {
            rows,
            places,
            columns,
            on_conflict,
            returning,
            on_row: &on_row,
            returned: Cell::new(0),
            stored: Cell::new(0),
        })
        .collect();
    let steps: Vec<&dyn Step> = chunks.iter().map(|chunk| chunk as &dyn Step).collect();
    let mut finish = |place: usize, changed, _: &mut AnyConnection| chunks[place].finish(changed);
    connection.run_batch(&steps, &mut finish).map_err(|failure| failure.error)?;
    Ok(chunks.iter().map(|chunk| chunk.stored.get()).sum())
}
