//! DELETE by key, or of a row that has not changed since it was read.

use std::any::TypeId;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{Own, push_and_version, push_where_key};
use crate::backend::{Any, Statement};
use crate::table::{ColumnSet, Table};

/// Deletes the row with a key.
pub(crate) struct Delete<'r, T: Table> {
    key: KeyOf<'r, T>,
}

enum KeyOf<'r, T: Table> {
    Key(T::Key),
    Row(&'r T),
}

impl<'r, T: Table> Delete<'r, T> {
    pub(crate) fn by_key(key: T::Key) -> Own<Self> {
        Own::new(
            TypeId::of::<T>(),
            Self { key: KeyOf::Key(key) },
            Statement::Delete,
            ColumnSet::EMPTY,
            1,
        )
    }

    pub(crate) fn row(row: &'r T) -> Own<Self> {
        Own::new(
            TypeId::of::<T>(),
            Self { key: KeyOf::Row(row) },
            Statement::DeleteRow,
            ColumnSet::EMPTY,
            1,
        )
    }
}

impl<T: Table> QueryFragment<Any> for Delete<'_, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("DELETE FROM ");
        out.push_identifier(T::NAME)?;
        push_where_key::<T>(out.reborrow(), |part, out| match &self.key {
            KeyOf::Key(key) => T::bind_key(key, part, out),
            KeyOf::Row(row) => row.bind_column(T::KEY[part], out),
        })?;
        match &self.key {
            KeyOf::Key(_) => Ok(()),
            KeyOf::Row(row) => push_and_version(*row, out),
        }
    }
}
