//! Counting related rows without loading them.

use super::definition::Relation;
use super::load::{Columns, SelectRelated, unknown_key};
use super::related::Related;
use crate::backend::Flow;
use crate::error::Result;
use crate::query::{Joins, Query, RowOf, Shape};
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode, read_count};
use crate::table::key::{KeyColumns, Keys, Matching};

impl<M: Relation, N> Related<'_, M, N> {
    /// Returns the number of related rows of each of `rows`, in the order of `rows`, with one statement. Filters apply;
    /// a limit doesn't.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn counts<'a, R, X: Mode>(
        &self,
        on: &'a impl Executor<X>,
        rows: &'a [R],
    ) -> X::Output<'a, Vec<u64>>
    where
        Self: 'a,
        R: RowOf<M::From>,
    {
        on.call_of(&self.query, move |query, on| Self::counts_of(query, on, rows))
    }

    fn counts_of<R>(query: &Query<'_, M::To>, on: &impl Sealed, rows: &[R]) -> Result<Vec<u64>>
    where
        R: RowOf<M::From>,
    {
        let columns = KeyColumns::of(rows.iter().map(Shape::base), M::FROM);
        on.read_on(|connection| {
            let dialect = connection.dialect();
            let mut counts = vec![0; rows.len()];
            let keys = Keys::of(&columns, dialect)?;
            if keys.is_empty() {
                return Ok(counts);
            }
            let width = match keys.matching() {
                Matching::Values => M::FROM.len(),
                Matching::One => 0,
                Matching::Places => 1,
            };
            let key_columns: Vec<usize> = (0..width).collect();
            let select = SelectRelated::<M> {
                query,
                keys: &keys,
                columns: Columns::Counts,
                selected: None,
                joins: Joins::default(),
            };
            connection.run(&select, &mut |row| {
                let count = read_count(row, width)?;
                let mut is_owned = false;
                for place in keys.owners(row, &key_columns) {
                    is_owned = true;
                    counts[place] = count;
                }
                if is_owned { Ok(Flow::Continue) } else { Err(unknown_key::<M>(dialect)) }
            })?;
            Ok(counts)
        })
    }
}
