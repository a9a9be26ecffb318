//! SELECT by key.

use std::any::TypeId;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{Own, push_where_key};
use crate::backend::{Any, Statement};
use crate::table::{ColumnSet, Table};

/// Reads the row with a key.
pub(crate) struct Find<T: Table> {
    key: T::Key,
}

impl<T: Table> Find<T> {
    pub(crate) fn new(key: T::Key) -> Own<Self> {
        Own::new(TypeId::of::<T>(), Self { key }, Statement::Find, ColumnSet::EMPTY, 1)
    }
}

impl<T: Table> QueryFragment<Any> for Find<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(T::SELECT);
        push_where_key::<T>(out, |part, out| T::bind_key(&self.key, part, out))
    }
}

/// Checks whether a row with the key of the given row exists.
pub(crate) struct FindRow<'r, T: Table> {
    row: &'r T,
}

impl<'r, T: Table> FindRow<'r, T> {
    pub(crate) fn new(row: &'r T) -> Own<Self> {
        Own::new(TypeId::of::<T>(), Self { row }, Statement::FindRow, ColumnSet::EMPTY, 1)
    }
}

impl<T: Table> QueryFragment<Any> for FindRow<'_, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("SELECT 1 FROM ");
        out.push_identifier(T::NAME)?;
        push_where_key::<T>(out, |part, out| self.row.bind_column(T::KEY[part], out))
    }
}
