//! UPDATE by key.

use std::any::TypeId;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{Own, push_and_version, push_returning, push_where_key};
use crate::backend::{Any, Statement, push_separated};
use crate::table::{ColumnSet, Table, TableFacts, Values};

/// Writes all columns of a row except its key, if the row has not changed since it was read.
pub(crate) struct UpdateRow<'r, T: Table> {
    row: &'r T,
    /// The columns with `on_update`, whose values don't come from the row.
    touched: T::Changes,
    returning: bool,
}

impl<'r, T: Table> UpdateRow<'r, T> {
    pub(crate) fn new(row: &'r T, returning: bool) -> Own<Self> {
        let kind = if returning { Statement::UpdateReturning } else { Statement::Update };
        let statement = Self { row, touched: T::on_update(), returning };
        Own::new(TypeId::of::<T>(), statement, kind, ColumnSet::EMPTY, 1)
    }
}

impl<T: Table> QueryFragment<Any> for UpdateRow<'_, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let touched = self.touched.columns();
        let columns =
            ColumnSet::first(T::COLUMNS.len()).without(ColumnSet::of(T::KEY)).without(T::GENERATED);
        push_set::<T>(&mut out, columns, |index, out| {
            if touched.contains(index) {
                self.touched.bind_column(index, out)
            } else {
                self.row.bind_column(index, out)
            }
        })?;
        push_where_key::<T>(out.reborrow(), |part, out| self.row.bind_column(T::KEY[part], out))?;
        push_and_version(self.row, out.reborrow())?;
        if self.returning {
            push_returning(TableFacts::of::<T>(), &mut out)?;
        }
        Ok(())
    }
}

/// Writes some columns of the row with a key, and returns the row.
pub(crate) struct Update<'r, T: Table> {
    key: T::Key,
    changes: &'r T::Changes,
    touched: T::Changes,
    columns: ColumnSet,
}

impl<'r, T: Table> Update<'r, T> {
    /// Returns `None` if there is nothing to change.
    pub(crate) fn new(key: T::Key, changes: &'r T::Changes) -> Option<Own<Self>> {
        let given = changes.columns();
        if given.is_empty() {
            return None;
        }
        let touched = T::on_update();
        let columns = given.union(touched.columns());
        let statement = Self { key, changes, touched, columns };
        Some(Own::new(TypeId::of::<T>(), statement, Statement::Change, columns, 1))
    }
}

impl<T: Table> QueryFragment<Any> for Update<'_, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let given = self.changes.columns();
        let columns = match T::VERSION {
            Some(index) => self.columns.with(index),
            None => self.columns,
        };
        push_set::<T>(&mut out, columns, |index, out| {
            if given.contains(index) {
                self.changes.bind_column(index, out)
            } else {
                self.touched.bind_column(index, out)
            }
        })?;
        push_where_key::<T>(out.reborrow(), |part, out| T::bind_key(&self.key, part, out))?;
        push_returning(TableFacts::of::<T>(), &mut out)
    }
}

/// Writes `UPDATE "t" SET "a" = …, "b" = …`; the version is counted up.
fn push_set<'b, T: Table>(
    out: &mut AstPass<'_, 'b, Any>,
    columns: ColumnSet,
    mut bind: impl FnMut(usize, AstPass<'_, 'b, Any>) -> QueryResult<()>,
) -> QueryResult<()> {
    out.push_sql("UPDATE ");
    out.push_identifier(T::NAME)?;
    out.push_sql(" SET ");
    // A table that consists only of its key sets the key to itself.
    if columns.is_empty() {
        return push_separated(out, ", ", T::KEY, |&index, out| {
            out.push_identifier(T::COLUMNS[index])?;
            out.push_sql(" = ");
            out.push_identifier(T::COLUMNS[index])
        });
    }
    push_separated(out, ", ", columns.iter(), |index, out| {
        out.push_identifier(T::COLUMNS[index])?;
        out.push_sql(" = ");
        if T::VERSION == Some(index) {
            out.push_identifier(T::COLUMNS[index])?;
            out.push_sql(" + 1");
            Ok(())
        } else {
            bind(index, out.reborrow())
        }
    })
}
