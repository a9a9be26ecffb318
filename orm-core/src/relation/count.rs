//! How many related rows there are, without loading them.

use diesel::sql_types::BigInt;

use super::attach::{RowOf, Shape};
use super::join::Joins;
use super::key::{KeyColumns, Keys};
use super::load::{Columns, SelectRelated};
use super::related::{Related, Relation};
use crate::backend::Flow;
use crate::error::Result;
use crate::executor::Executor;

impl<M: Relation, N> Related<'_, M, N> {
    /// How many related rows each of `rows` has, in the order of `rows`: one statement for all. The filters
    /// count, a limit doesn't.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn counts<R>(&self, on: &impl Executor, rows: &[R]) -> Result<Vec<u64>>
    where
        R: RowOf<M::From>,
    {
        let bases = rows.iter().map(Shape::base).collect();
        let columns = KeyColumns { rows: bases, columns: M::FROM };
        on.read_on(|connection| {
            let mut counts = vec![0; rows.len()];
            let keys = Keys::of(&columns, connection.dialect())?;
            if keys.is_empty() {
                return Ok(counts);
            }
            let width = M::FROM.len();
            let key_columns: Vec<usize> = (0..width).collect();
            let select = SelectRelated::<M> {
                query: &self.query,
                keys: &keys,
                columns: Columns::Counts,
                joins: Joins::default(),
            };
            connection.run(&select, &mut |row| {
                let count = diesel::row::Row::get_value::<BigInt, i64, _>(row, width)
                    .map_err(diesel::result::Error::DeserializationError)?;
                if let Some(key) = keys.key_of_row(row, &key_columns) {
                    for place in keys.rows_of(&key) {
                        counts[place] = u64::try_from(count).unwrap_or_default();
                    }
                }
                Ok(Flow::Continue)
            })?;
            Ok(counts)
        })
    }
}
