//! Many rows in several INSERTs, which run together.

use std::cell::{Cell, RefCell};

use super::rows::{from_row, skipped};
use super::statement::{Conflict, Insert};
use crate::backend::{AnyConnection, AnyRow, Effect, Limits, Part, Source, Step};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::table::{BindAt, ColumnSet, Given, TableFacts, Values, Writable};

/// The function that gets the position of each row and the row that the database returns for it.
type OnRow<'f> = dyn FnMut(usize, &AnyRow<'_>) -> Result<()> + 'f;

/// The positions of rows that set the same columns, and these columns.
pub(super) type Group = (ColumnSet, Vec<usize>);

/// Groups rows that set the same columns.
pub(super) fn groups<N: Values<Row: Writable>>(
    rows: &[N],
    on_conflict: Conflict<'_>,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let columns = row.columns();
        let known = match on_conflict {
            // Usually all rows set the same columns, or there are a few kinds.
            Conflict::Fail => groups.iter_mut().rev().find(|group| group.0 == columns),
            // The first or the last of several rows with the same key wins, so they stay in their order.
            Conflict::Ignore | Conflict::Update(_) => {
                groups.last_mut().filter(|group| group.0 == columns)
            }
        };
        match known {
            Some(group) => group.1.push(place),
            None => groups.push((columns, vec![place])),
        }
    }
    groups
}

/// Returns how many rows that set these columns a statement takes.
pub(super) fn rows_at_once(columns: ColumnSet, limits: Limits) -> usize {
    match columns.len() {
        0 => 1,
        count => (limits.parameters / count).clamp(1, limits.insert_rows),
    }
}

/// Takes the position of each row and the row that the database returns for it.
trait TakeRow {
    fn take_row(&self, place: usize, row: &AnyRow<'_>) -> Result<()>;
}

impl TakeRow for RefCell<&mut OnRow<'_>> {
    fn take_row(&self, place: usize, row: &AnyRow<'_>) -> Result<()> {
        (self.borrow_mut())(place, row)
    }
}

/// Some of the rows, which set the same columns.
struct Chunk<'r, N> {
    rows: &'r [N],
    /// The positions of its rows in `rows`.
    places: &'r [usize],
    columns: ColumnSet,
    on_conflict: Conflict<'r>,
    returning: bool,
    on_row: &'r dyn TakeRow,
    /// The number of rows that were returned.
    returned: Cell<usize>,
    /// The number of rows that were stored.
    stored: Cell<u64>,
}

impl<N: Values<Row: Writable>> Step for Chunk<'_, N> {
    fn effect(&self) -> Effect {
        Effect::Writes
    }

    /// A missing row undoes all of them.
    fn decides(&self) -> bool {
        self.returning
    }

    fn needs(&self) -> Option<u64> {
        self.returning.then_some(self.places.len() as u64)
    }

    fn with_source(&self, _: Dialect, f: &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> {
        let rows: Vec<&dyn BindAt> =
            self.places.iter().map(|&place| &self.rows[place] as &dyn BindAt).collect();
        let touched = self.on_conflict.touched::<N::Row>();
        f(&Insert::new(
            TableFacts::of::<N::Row>(),
            &rows,
            self.columns,
            self.on_conflict,
            Given::of_some(&touched),
            self.returning,
        ))
    }

    fn restart(&self) {
        self.returned.set(0);
    }

    fn row(&self, row: &AnyRow<'_>) -> Result<()> {
        let returned = self.returned.replace(self.returned.get() + 1);
        match self.places.get(returned) {
            Some(&place) => self.on_row.take_row(place, row),
            None => Ok(()),
        }
    }
}

impl<N: Values<Row: Writable>> Part for Chunk<'_, N> {
    fn finish(&self, changed: u64, _: &mut AnyConnection) -> Result<()> {
        if self.returning && self.returned.get() < self.places.len() {
            return Err(skipped(TableFacts::of::<N::Row>(), self.rows.len(), 0));
        }
        self.stored.set(changed);
        Ok(())
    }
}

/// Returns the INSERTs of rows in these groups.
fn chunks<'r, N>(
    (rows, groups): (&'r [N], &'r [Group]),
    limits: Limits,
    on_conflict: Conflict<'r>,
    returning: bool,
    on_row: &'r dyn TakeRow,
) -> impl Iterator<Item = Chunk<'r, N>> {
    groups.iter().flat_map(move |(columns, places)| {
        places.chunks(rows_at_once(*columns, limits)).map(move |places| Chunk {
            rows,
            places,
            columns: *columns,
            on_conflict,
            returning,
            on_row,
            returned: Cell::new(0),
            stored: Cell::new(0),
        })
    })
}

/// Inserts rows in these groups, all or none. Returns the number of rows that were stored.
pub(super) fn insert_together<N: Values<Row: Writable>>(
    connection: &mut AnyConnection,
    rows: (&[N], &[Group]),
    on_conflict: Conflict<'_>,
    returning: bool,
    on_row: &mut OnRow<'_>,
) -> Result<u64> {
    let on_row = RefCell::new(on_row);
    let chunks: Vec<_> =
        chunks(rows, connection.limits(), on_conflict, returning, &on_row).collect();
    let steps: Vec<&dyn Step> = chunks.iter().map(|chunk| chunk as &dyn Step).collect();
    let mut finish =
        |place: usize, changed, on: &mut AnyConnection| chunks[place].finish(changed, on);
    connection.run_batch(&steps, &mut finish).map_err(|failure| failure.error)?;
    Ok(chunks.iter().map(|chunk| chunk.stored.get()).sum())
}

/// Rows that are inserted with others, all or none, and the rows as stored.
pub(crate) struct NewRows<'r, N: Values> {
    rows: Vec<N>,
    groups: Vec<Group>,
    stored: RefCell<&'r mut Vec<Option<N::Row>>>,
}

impl<'r, N: Values<Row: Writable>> NewRows<'r, N> {
    /// `stored` gets the rows as stored, in their order.
    pub(crate) fn new(rows: Vec<N>, stored: &'r mut Vec<Option<N::Row>>) -> Self {
        stored.clear();
        stored.resize_with(rows.len(), || None);
        let groups = groups(&rows, Conflict::Fail);
        Self { rows, groups, stored: RefCell::new(stored) }
    }

    /// Returns the INSERTs.
    pub(crate) fn parts(&self, limits: Limits) -> impl Iterator<Item = Box<dyn Part + '_>> {
        chunks((&self.rows, &self.groups), limits, Conflict::Fail, true, self)
            .map(|chunk| Box::new(chunk) as Box<dyn Part + '_>)
    }
}

impl<N: Values<Row: Writable>> TakeRow for NewRows<'_, N> {
    fn take_row(&self, place: usize, row: &AnyRow<'_>) -> Result<()> {
        self.stored.borrow_mut()[place] = Some(from_row(row)?);
        Ok(())
    }
}
