//! Which existing row an upsert finds, and what it leaves alone in it.

use std::marker::PhantomData;

use super::statement::Upsert;
use crate::backend::hide_from_debug;
use crate::table::{Columns, Table};

/// What [`upsert_on`](crate::Executor::upsert_on) finds existing rows by: a column or a tuple of columns that are unique
/// together, or [`on_conflict`].
pub trait ConflictTarget {
    /// The struct of the table.
    type Row: Table;

    /// Returns the same target, for the details that [`OnConflict`] can have.
    fn on_conflict(self) -> OnConflict<Self::Row>;
}

impl<C: Columns> ConflictTarget for C {
    type Row = C::Row;

    fn on_conflict(self) -> OnConflict<C::Row> {
        OnConflict { how: Upsert::on(C::SET), of: PhantomData }
    }
}

impl<T: Table> ConflictTarget for OnConflict<T> {
    type Row = T;

    fn on_conflict(self) -> Self {
        self
    }
}

/// An upsert in detail, from [`on_conflict`].
pub struct OnConflict<T> {
    pub(crate) how: Upsert,
    of: PhantomData<fn() -> T>,
}

hide_from_debug!([T] OnConflict[T]);

/// Says how [`upsert_on`](crate::Executor::upsert_on) and [`upsert_all_on`](crate::Executor::upsert_all_on) find the
/// existing row: by columns that are unique together.
pub fn on_conflict<C: Columns>(columns: C) -> OnConflict<C::Row> {
    columns.on_conflict()
}

impl<T: Table> OnConflict<T> {
    /// Leaves columns of an existing row alone. A new row still gets its values there.
    #[must_use]
    pub fn except(mut self, columns: impl Columns<Row = T>) -> Self {
        self.how.except(set_of(&columns));
        self
    }

    /// Also finds the existing row by other columns, if none was found by those before. The columns that find it
    /// keep their values.
    ///
    /// PostgreSQL has one target for an upsert: there the call fails with `QUERY_ERROR`.
    #[must_use]
    pub fn or_on(mut self, columns: impl Columns<Row = T>) -> Self {
        self.how.or_on(set_of(&columns));
        self
    }
}

/// Returns the columns that a column or a tuple of columns stands for.
fn set_of<C: Columns>(_: &C) -> crate::table::ColumnSet {
    C::SET
}
