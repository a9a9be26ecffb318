//! SELECT by key.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{KeyOf, OnTable, Own, bind_version, push_is_version, push_where_key};
use crate::backend::{Any, Statement};
use crate::table::{BindAt, ColumnSet, KeyValue, Table, TableFacts};

/// Reads the row with a key. This call is so short that its code is written for each table.
pub(crate) struct Find<T: Table> {
    key: KeyValue<T>,
}

impl<T: Table> Find<T> {
    pub(crate) fn new(key: T::Key) -> Own<Self> {
        let find = Self { key: KeyValue(key) };
        Own::new(TableFacts::of::<T>(), find, Statement::Find, ColumnSet::EMPTY, 1)
    }
}

impl<T: Table> OnTable for Find<T> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for part in 0..T::KEY.len() {
            self.key.bind_at(part, out.reborrow())?;
        }
        Ok(())
    }
}

impl<T: Table> QueryFragment<Any> for Find<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(T::SELECT);
        push_where_key(TableFacts::of::<T>(), KeyOf::Value(&self.key), &mut out)
    }
}

/// Looks for the row with the key of the given row, of a table with a version, and returns whether it has the version of the
/// given row.
pub(crate) struct FindRow<'r> {
    table: &'static TableFacts,
    row: &'r dyn BindAt,
}

impl<'r> FindRow<'r> {
    pub(crate) fn new(table: &'static TableFacts, row: &'r dyn BindAt) -> Own<Self> {
        Own::new(table, Self { table, row }, Statement::FindRow, ColumnSet::EMPTY, 1)
    }
}

impl OnTable for FindRow<'_> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        bind_version(self.table, self.row, out)?;
        KeyOf::Row(self.row).bind(self.table, out)
    }
}

impl QueryFragment<Any> for FindRow<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        push_is_version(self.table, self.row, &mut out)?;
        out.push_sql(" FROM ");
        out.push_identifier(self.table.name)?;
        push_where_key(self.table, KeyOf::Row(self.row), &mut out)
    }
}
