//! SELECT by key.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{KeyOf, OnTable, Own, bind_version, push_is_version, push_where_key};
use crate::backend::{Any, Statement};
use crate::table::{BindAt, ColumnSet, TableFacts};

/// Reads the row with a key.
pub(crate) struct Find<'k> {
    table: &'static TableFacts,
    key: KeyOf<'k>,
}

impl<'k> Find<'k> {
    pub(crate) fn new(table: &'static TableFacts, key: KeyOf<'k>) -> Own<Self> {
        Own::new(table, Self { table, key }, Statement::Find, ColumnSet::EMPTY, 1)
    }
}

impl OnTable for Find<'_> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.key.bind(self.table, out)
    }
}

impl QueryFragment<Any> for Find<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(self.table.select);
        push_where_key(self.table, self.key, &mut out)
    }
}

/// Looks for the row with the key of the given row, and returns whether it has the version of the given row. Rows of a table
/// without a version have the same.
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
        if self.table.version.is_none() {
            out.push_sql("1 = 1");
        }
        push_is_version(self.table, self.row, &mut out)?;
        out.push_sql(" FROM ");
        out.push_identifier(self.table.name)?;
        push_where_key(self.table, KeyOf::Row(self.row), &mut out)
    }
}
