//! UPDATE by key.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{KeyOf, OnTable, Own, bind_version, push_and_version, push_returning, push_where_key};
use crate::backend::{Any, Statement, push_separated};
use crate::table::{BindAt, ColumnSet, Given, TableFacts, push_next_version};

/// Writes columns of a row, if the row has not changed since it was read.
pub(crate) struct UpdateRow<'r> {
    table: &'static TableFacts,
    row: &'r dyn BindAt,
    columns: ColumnSet,
    /// The columns with `on_update`, whose values don't come from the row.
    touched: Given<'r>,
    returning: bool,
}

impl<'r> UpdateRow<'r> {
    /// Writes all columns except the key.
    pub(crate) fn new(
        table: &'static TableFacts,
        row: &'r dyn BindAt,
        touched: Given<'r>,
        returning: bool,
    ) -> Own<Self> {
        let kind = if returning { Statement::UpdateReturning } else { Statement::Update };
        let columns = table.written;
        Own::new(table, Self { table, row, columns, touched, returning }, kind, ColumnSet::EMPTY, 1)
    }

    /// Writes only the columns that every update changes, and returns the row.
    pub(crate) fn touch(
        table: &'static TableFacts,
        row: &'r dyn BindAt,
        touched: Given<'r>,
    ) -> Own<Self> {
        let columns = table.version.map_or(touched.columns, |index| touched.columns.with(index));
        let touch = Self { table, row, columns, touched, returning: true };
        Own::new(table, touch, Statement::Touch, ColumnSet::EMPTY, 1)
    }
}

impl UpdateRow<'_> {
    fn set(&self) -> Set<'_> {
        Set { table: self.table, columns: self.columns, first: self.touched, second: self.row }
    }
}

impl OnTable for UpdateRow<'_> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.set().bind(out)?;
        KeyOf::Row(self.row).bind(self.table, out)?;
        bind_version(self.table, self.row, out)
    }
}

impl QueryFragment<Any> for UpdateRow<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.set().push(&mut out)?;
        push_where_key(self.table, KeyOf::Row(self.row), &mut out)?;
        push_and_version(self.table, self.row, &mut out)?;
        if self.returning {
            push_returning(self.table, &mut out)?;
        }
        Ok(())
    }
}

/// Writes some columns of the row with a key, and returns the row.
pub(crate) struct Update<'r> {
    table: &'static TableFacts,
    key: &'r dyn BindAt,
    changes: Given<'r>,
    /// The columns with `on_update`, unless the changes set them.
    touched: Given<'r>,
}

impl<'r> Update<'r> {
    /// Changes the row whose key is this [`KeyValue`](crate::table::KeyValue).
    pub(crate) fn new(
        table: &'static TableFacts,
        key: &'r dyn BindAt,
        changes: Given<'r>,
        touched: Given<'r>,
    ) -> Own<Self> {
        let columns = changes.columns.union(touched.columns);
        Own::new(table, Self { table, key, changes, touched }, Statement::Change, columns, 1)
    }
}

impl Update<'_> {
    fn set(&self) -> Set<'_> {
        let columns = self.changes.columns.union(self.touched.columns);
        let columns = self.table.version.map_or(columns, |index| columns.with(index));
        Set { table: self.table, columns, first: self.changes, second: self.touched.values }
    }
}

impl OnTable for Update<'_> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.set().bind(out)?;
        KeyOf::Value(self.key).bind(self.table, out)
    }
}

impl QueryFragment<Any> for Update<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.set().push(&mut out)?;
        push_where_key(self.table, KeyOf::Value(self.key), &mut out)?;
        push_returning(self.table, &mut out)
    }
}

/// The values that an UPDATE sets: those of `first`, and those of `second` for other columns.
struct Set<'r> {
    table: &'static TableFacts,
    columns: ColumnSet,
    first: Given<'r>,
    second: &'r dyn BindAt,
}

impl<'r> Set<'r> {
    fn bind_column(&self, index: usize, out: &mut AstPass<'_, 'r, Any>) -> QueryResult<()> {
        let values =
            if self.first.columns.contains(index) { self.first.values } else { self.second };
        values.bind_at(index, out.reborrow())
    }

    /// Binds the values of [`push`](Set::push).
    fn bind(&self, out: &mut AstPass<'_, 'r, Any>) -> QueryResult<()> {
        for index in self.columns.iter() {
            if self.table.version != Some(index) {
                self.bind_column(index, out)?;
            }
        }
        Ok(())
    }

    /// Writes `UPDATE "t" SET "a" = …, "b" = …`; the version is counted up.
    fn push(&self, out: &mut AstPass<'_, 'r, Any>) -> QueryResult<()> {
        let table = self.table;
        out.push_sql("UPDATE ");
        out.push_identifier(table.name)?;
        out.push_sql(" SET ");
        // A table that consists only of its key sets the key to itself.
        if self.columns.is_empty() {
            return push_separated(out, ", ", table.key, |&index, out| {
                out.push_identifier(table.columns[index])?;
                out.push_sql(" = ");
                out.push_identifier(table.columns[index])
            });
        }
        push_separated(out, ", ", self.columns.iter(), |index, out| {
            out.push_identifier(table.columns[index])?;
            out.push_sql(" = ");
            if table.version == Some(index) {
                return push_next_version(table, out);
            }
            self.bind_column(index, out)
        })
    }
}
