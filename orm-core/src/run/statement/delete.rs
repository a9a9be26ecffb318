//! DELETE by key, or of a row that has not changed since it was read.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{KeyOf, OnTable, Own, bind_version, push_and_version, push_where_key};
use crate::backend::{Any, Statement};
use crate::table::{ColumnSet, TableFacts};

/// Deletes the row with a key.
pub(crate) struct Delete<'r> {
    table: &'static TableFacts,
    key: KeyOf<'r>,
}

impl<'r> Delete<'r> {
    pub(crate) fn new(table: &'static TableFacts, key: KeyOf<'r>) -> Own<Self> {
        let kind = match key {
            KeyOf::Value(_) => Statement::Delete,
            KeyOf::Row(_) => Statement::DeleteRow,
        };
        Own::new(table, Self { table, key }, kind, ColumnSet::EMPTY, 1)
    }
}

impl OnTable for Delete<'_> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.key.bind(self.table, out)?;
        match self.key {
            KeyOf::Value(_) => Ok(()),
            KeyOf::Row(row) => bind_version(self.table, row, out),
        }
    }
}

impl QueryFragment<Any> for Delete<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("DELETE FROM ");
        out.push_identifier(self.table.name)?;
        push_where_key(self.table, self.key, &mut out)?;
        match self.key {
            KeyOf::Value(_) => Ok(()),
            KeyOf::Row(row) => push_and_version(self.table, row, &mut out),
        }
    }
}
