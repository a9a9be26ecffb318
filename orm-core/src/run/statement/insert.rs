//! INSERT of rows that set the same columns.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::conflict::{Conflict, Target, Upsert};
use super::{OnTable, Own, push_columns, push_returning};
use crate::backend::{Any, Statement, push_separated};
use crate::table::{BindAt, ColumnSet, Given, TableFacts, push_next_version};

/// Inserts rows that set the same columns.
pub(crate) struct Insert<'r> {
    table: &'static TableFacts,
    rows: &'r [&'r dyn BindAt],
    columns: ColumnSet,
    on_conflict: Conflict<'r>,
    /// The columns with `on_update`, for an existing row.
    touched: Option<Given<'r>>,
    returning: bool,
}

impl<'r> Insert<'r> {
    /// Inserts at least one row. `columns` are the columns that each of `rows` sets, and `touched` is what
    /// [`Conflict::touched`] returns.
    pub(crate) fn new(
        table: &'static TableFacts,
        rows: &'r [&'r dyn BindAt],
        columns: ColumnSet,
        on_conflict: Conflict<'r>,
        touched: Option<Given<'r>>,
        returning: bool,
    ) -> Own<Self> {
        let (kind, target) = match (on_conflict, returning) {
            (Conflict::Update(upsert), true) => (Statement::UpsertReturning, upsert.only_columns()),
            (Conflict::Update(upsert), false) => (Statement::Upsert, upsert.only_columns()),
            (Conflict::Ignore, _) => (Statement::InsertOrIgnore, Some(ColumnSet::EMPTY)),
            (Conflict::Fail, true) => (Statement::InsertReturning, Some(ColumnSet::EMPTY)),
            (Conflict::Fail, false) => (Statement::Insert, Some(ColumnSet::EMPTY)),
        };
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let insert = Self { table, rows, columns, on_conflict, touched, returning };
        Own::new(table, insert, kind, columns, count).with_target(target)
    }
}

impl OnTable for Insert<'_> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for row in self.rows {
            for index in self.columns.iter() {
                row.bind_at(index, out.reborrow())?;
            }
        }
        if let (Conflict::Update(upsert), Some(touched)) = (self.on_conflict, &self.touched) {
            for target in upsert.targets() {
                let changed = self.changed(target, upsert);
                for index in changed.iter().filter(|index| self.is_touched(*index)) {
                    touched.values.bind_at(index, out.reborrow())?;
                }
            }
        }
        Ok(())
    }
}

impl QueryFragment<Any> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_identifier(self.table.name)?;
        if self.columns.is_empty() {
            // Rows without any value are inserted one by one: see `insert_all`.
            out.push_sql(" DEFAULT VALUES");
        } else {
            out.push_sql(" (");
            push_columns(self.table, &mut out, self.columns.iter())?;
            out.push_sql(") VALUES ");
            push_separated(&mut out, ", ", self.rows, |row, out| {
                out.push_sql("(");
                push_separated(out, ", ", self.columns.iter(), |index, out| {
                    row.bind_at(index, out.reborrow())
                })?;
                out.push_sql(")");
                Ok(())
            })?;
        }
        match self.on_conflict {
            Conflict::Fail => {}
            Conflict::Ignore => out.push_sql(" ON CONFLICT DO NOTHING"),
            Conflict::Update(upsert) => {
                upsert.check(&out)?;
                for target in upsert.targets() {
                    self.push_update(&mut out, target, upsert)?;
                }
            }
        }
        if self.returning {
            push_returning(self.table, &mut out)?;
        }
        Ok(())
    }
}

impl<'r> Insert<'r> {
    /// Returns the columns that change in an existing row that the target finds.
    fn changed(&self, target: &Target, upsert: &Upsert) -> ColumnSet {
        let touched = self.touched.map_or(ColumnSet::EMPTY, |touched| touched.columns);
        let primary = ColumnSet::of(self.table.key);
        let changed = self.columns.union(touched).without(target.columns).without(primary);
        let changed = changed.without(upsert.except);
        self.table.version.map_or(changed, |index| changed.with(index))
    }

    /// Returns whether an existing row gets the value of `touched` in this column.
    fn is_touched(&self, index: usize) -> bool {
        self.table.version != Some(index)
            && self.touched.is_some_and(|touched| touched.columns.contains(index))
    }

    /// Writes the update of an existing row. If there is nothing else to set, sets the key itself, so that the row is
    /// returned.
    fn push_update<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Any>,
        target: &'r Target,
        upsert: &Upsert,
    ) -> QueryResult<()>
    where
        'r: 'b,
    {
        target.push(self.table, out)?;
        out.push_sql(" DO UPDATE SET ");
        let touched = self.touched.as_ref();
        let changed = self.changed(target, upsert);
        if changed.is_empty() {
            return push_separated(out, ", ", target.columns.iter(), |index, out| {
                out.push_identifier(self.table.columns[index])?;
                out.push_sql(" = ");
                out.push_identifier(self.table.name)?;
                out.push_sql(".");
                out.push_identifier(self.table.columns[index])
            });
        }
        push_separated(out, ", ", changed.iter(), |index, out| {
            out.push_identifier(self.table.columns[index])?;
            if self.table.version == Some(index) {
                out.push_sql(" = ");
                push_next_version(self.table, out)
            } else if let Some(touched) = touched.filter(|_| self.is_touched(index)) {
                out.push_sql(" = ");
                touched.values.bind_at(index, out.reborrow())
            } else {
                out.push_sql(" = excluded.");
                out.push_identifier(self.table.columns[index])
            }
        })
    }
}
