//! What statements on one table need of it, as data and trait objects, so that their code exists once for all tables.

use std::any::TypeId;

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use super::{ColumnSet, Table, Values};
use crate::backend::Any;

/// The constants of a [`Table`].
pub(crate) struct TableFacts {
    /// Returns the type of the struct.
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) key: &'static [usize],
    pub(crate) version: Option<usize>,
}

impl TableFacts {
    pub(crate) const fn of<T: Table>() -> &'static Self {
        const {
            &Self {
                type_id: TypeId::of::<T>,
                name: T::NAME,
                columns: T::COLUMNS,
                key: T::KEY,
                version: T::VERSION,
            }
        }
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

/// Values of some columns.
#[derive(Clone, Copy)]
pub(crate) struct Given<'r> {
    pub(crate) columns: ColumnSet,
    values: &'r dyn BindAt,
}

impl<'r> Given<'r> {
    pub(crate) fn of(values: &'r impl Values) -> Self {
        Self { columns: values.columns(), values }
    }

    pub(crate) fn bind<'b>(&'b self, column: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.values.bind_at(column, out)
    }
}
