//! INSERT of rows that set the same columns.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{Own, push_columns, push_returning};
use crate::backend::{Any, Statement, push_separated};
use crate::table::{ColumnSet, Table, Values};

/// What to do if there is already a row with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// Report an error.
    Fail,
    /// Leave the existing row alone, and the new one out.
    Ignore,
    /// Update the existing row with the new values. The given columns must be unique together.
    Update(ColumnSet),
}

/// Inserts rows that set the same columns.
pub(crate) struct Insert<'r, N: Values> {
    rows: &'r [&'r N],
    columns: ColumnSet,
    on_conflict: OnConflict,
    /// The columns with `on_update`, for an existing row.
    touched: <N::Row as Table>::Changes,
    returning: bool,
}

impl<'r, N: Values> Insert<'r, N> {
    /// Inserts at least one row. `columns` are the columns that each of `rows` sets.
    pub(crate) fn new(
        rows: &'r [&'r N],
        columns: ColumnSet,
        on_conflict: OnConflict,
        returning: bool,
    ) -> Own<Self> {
        let (kind, target) = match (on_conflict, returning) {
            (OnConflict::Update(key), true) => (Statement::UpsertReturning, key),
            (OnConflict::Update(key), false) => (Statement::Upsert, key),
            (OnConflict::Ignore, _) => (Statement::InsertOrIgnore, ColumnSet::EMPTY),
            (OnConflict::Fail, true) => (Statement::InsertReturning, ColumnSet::EMPTY),
            (OnConflict::Fail, false) => (Statement::Insert, ColumnSet::EMPTY),
        };
        let touched = match on_conflict {
            OnConflict::Update(_) => N::Row::on_update(),
            OnConflict::Fail | OnConflict::Ignore => Default::default(),
        };
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let mut own = Own::new::<N::Row>(
            Self { rows, columns, on_conflict, touched, returning },
            kind,
            columns,
            count,
        );
        own.key.target = target.bits();
        own
    }
}

impl<N: Values> QueryFragment<Any> for Insert<'_, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_identifier(N::Row::NAME)?;
        if self.columns.is_empty() {
            // Rows without any value are inserted one by one: see `insert_all`.
            out.push_sql(" DEFAULT VALUES");
        } else {
            out.push_sql(" (");
            push_columns::<N::Row>(&mut out, self.columns.iter())?;
            out.push_sql(") VALUES ");
            push_separated(&mut out, ", ", self.rows, |row, out| {
                out.push_sql("(");
                push_separated(out, ", ", self.columns.iter(), |index, out| {
                    row.bind_column(index, out.reborrow())
                })?;
                out.push_sql(")");
                Ok(())
            })?;
        }
        match self.on_conflict {
            OnConflict::Fail => {}
            OnConflict::Ignore => out.push_sql(" ON CONFLICT DO NOTHING"),
            OnConflict::Update(key) => self.push_update(&mut out, key)?,
        }
        if self.returning {
            push_returning::<N::Row>(&mut out)?;
        }
        Ok(())
    }
}

impl<N: Values> Insert<'_, N> {
    /// Writes the update of an existing row. If there is nothing else to set, sets the key itself, so that the row is
    /// returned.
    fn push_update<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Any>,
        key: ColumnSet,
    ) -> QueryResult<()> {
        out.push_sql(" ON CONFLICT (");
        push_columns::<N::Row>(out, key.iter())?;
        out.push_sql(") DO UPDATE SET ");
        let primary = ColumnSet::of(N::Row::KEY);
        let touched = self.touched.columns();
        let changed = self.columns.union(touched).without(key).without(primary);
        let changed = N::Row::VERSION.map_or(changed, |index| changed.with(index));
        let changed = if changed.is_empty() { key } else { changed };
        push_separated(out, ", ", changed.iter(), |index, out| {
            out.push_identifier(N::Row::COLUMNS[index])?;
            if N::Row::VERSION == Some(index) {
                out.push_sql(" = ");
                push_column_of_row::<N::Row>(out, index)?;
                out.push_sql(" + 1");
                Ok(())
            } else if touched.contains(index) {
                out.push_sql(" = ");
                self.touched.bind_column(index, out.reborrow())
            } else {
                out.push_sql(" = excluded.");
                out.push_identifier(N::Row::COLUMNS[index])
            }
        })
    }
}

/// Writes the column of the existing row, to tell it from that of the given row.
fn push_column_of_row<T: Table>(out: &mut AstPass<'_, '_, Any>, index: usize) -> QueryResult<()> {
    out.push_identifier(T::NAME)?;
    out.push_sql(".");
    out.push_identifier(T::COLUMNS[index])
}
