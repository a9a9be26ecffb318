//! What statements on one table need of it, as data and trait objects, so that their code exists once for all tables.

use std::any::TypeId;

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use super::{ColumnSet, Table, Values};
use crate::backend::{Any, AnyType};

/// The constants of a [`Table`].
pub(crate) struct TableFacts {
    /// Returns the type of the struct.
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) name: &'static str,
    /// See [`Table::SELECT`].
    pub(crate) select: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) key: &'static [usize],
    pub(crate) version: Option<usize>,
    /// See [`Table::column_type`].
    pub(crate) column_type: fn(usize) -> AnyType,
    /// The columns that an update of a whole row writes.
    pub(crate) written: ColumnSet,
}

impl TableFacts {
    pub(crate) const fn of<T: Table>() -> &'static Self {
        const {
            &Self {
                type_id: TypeId::of::<T>,
                name: T::NAME,
                select: T::SELECT,
                columns: T::COLUMNS,
                key: T::KEY,
                version: T::VERSION,
                column_type: T::column_type,
                written: ColumnSet::first(T::COLUMNS.len())
                    .without(ColumnSet::of(T::KEY))
                    .without(T::GENERATED),
            }
        }
    }

    /// Returns [`Table::SELECT`] up to the last column.
    pub(crate) fn select_columns(&self) -> &'static str {
        let quotes = self.name.matches('"').count();
        let from = " FROM \"\"".len() + self.name.len() + quotes;
        &self.select[..self.select.len() - from]
    }
}

/// Values of a row that are bound by the positions of their columns.
pub(crate) trait BindAt {
    fn bind_at<'b>(&'b self, place: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()>;
}

impl<V: Values> BindAt for V {
    fn bind_at<'b>(&'b self, place: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.bind_column(place, out)
    }
}

/// A value of a table's primary key. Its columns are bound by their positions in the key.
pub(crate) struct KeyValue<T: Table>(pub(crate) T::Key);

impl<T: Table> BindAt for KeyValue<T> {
    fn bind_at<'b>(&'b self, part: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        T::bind_key(&self.0, part, out)
    }
}

/// Values of some columns.
#[derive(Clone, Copy)]
pub(crate) struct Given<'r> {
    pub(crate) columns: ColumnSet,
    pub(crate) values: &'r dyn BindAt,
}

impl<'r> Given<'r> {
    pub(crate) fn of(values: &'r impl Values) -> Self {
        Self { columns: values.columns(), values }
    }

    #[allow(clippy::manual_map, reason = "a program compiles `map` again for each table")]
    pub(crate) fn of_some(values: &'r Option<impl Values>) -> Option<Self> {
        match values {
            Some(values) => Some(Self::of(values)),
            None => None,
        }
    }
}
