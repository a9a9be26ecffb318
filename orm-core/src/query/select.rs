//! The SQL of a query.

use std::fmt;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::build::Query;
use super::clauses::{Clauses, walk_range};
use super::join::Joins;
use super::picks::{Picks, Selected, Whole};
use crate::backend::{Any, push_separated, render};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::table::{ColumnSet, Table, TableFacts};

/// What a query reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    All,
    /// The primary key.
    Key,
    Count,
    One,
}

impl Columns {
    /// Returns whether the rows have an order and are locked. Rows that are only counted are not.
    fn are_read(self) -> bool {
        matches!(self, Self::All | Self::Key)
    }
}

/// A query as a statement.
pub(super) struct Select<'s> {
    pub(super) table: &'static TableFacts,
    pub(super) clauses: &'s Clauses<'s>,
    pub(super) columns: Columns,
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<i64>,
    pub(super) joins: Joins<'s>,
    /// What is selected instead of all columns.
    pub(super) selected: Option<Selected<'s>>,
}

impl<T: Table, L> fmt::Debug for Query<'_, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sql = render(&self.to_select(Columns::All), Dialect::EITHER).unwrap_or_default();
        f.debug_tuple("Query").field(&sql).finish()
    }
}

impl<T: Table, L> Query<'_, T, L> {
    /// Returns the SQL of the query in a dialect, with placeholders for the values.
    ///
    /// # Errors
    /// If a part of the query can't be written in the dialect.
    pub fn to_sql(&self, dialect: Dialect) -> Result<String> {
        Ok(render(&self.to_select(Columns::All), dialect)?)
    }

    pub(super) fn to_select(&self, columns: Columns) -> Select<'_> {
        Select::new(TableFacts::of::<T>(), &self.clauses, columns)
    }
}

impl<'s> Select<'s> {
    pub(super) fn new(
        table: &'static TableFacts,
        clauses: &'s Clauses<'s>,
        columns: Columns,
    ) -> Self {
        let (limit, offset) = clauses.range();
        Self { table, clauses, columns, limit, offset, joins: Joins::default(), selected: None }
    }
}

impl Select<'_> {
    fn walk_rows<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Any>,
        columns: Columns,
    ) -> QueryResult<()> {
        if let Some(selected) = self.selected.filter(|_| columns == Columns::All) {
            self.clauses.walk_selected(selected, out)?;
            self.joins.write_columns(&mut |part| out.push_sql(part));
            out.push_sql(" FROM ");
            out.push_identifier(self.table.name)?;
            self.joins.walk_ast(out.reborrow())?;
        } else if columns == Columns::All && !self.clauses.distinct && !self.joins.is_empty() {
            out.push_sql(self.table.select_columns());
            self.joins.write_columns(&mut |part| out.push_sql(part));
            out.push_sql(" FROM ");
            out.push_identifier(self.table.name)?;
            self.joins.walk_ast(out.reborrow())?;
        } else {
            self.clauses.walk_columns(self.table, columns, out)?;
        }
        self.clauses.walk_tail(out, (&self.limit, &self.offset), columns.are_read())
    }
}

impl Clauses<'_> {
    /// Writes `SELECT … FROM …`, without joined tables.
    fn walk_columns(
        &self,
        table: &TableFacts,
        columns: Columns,
        out: &mut AstPass<'_, '_, Any>,
    ) -> QueryResult<()> {
        match columns {
            Columns::All if self.distinct => {
                out.push_sql("SELECT DISTINCT ");
                out.push_sql(table.select.trim_start_matches("SELECT "));
                return Ok(());
            }
            Columns::All => {
                out.push_sql(table.select);
                return Ok(());
            }
            Columns::Key => {
                out.push_sql("SELECT ");
                push_key(table, out, table.name)?;
                out.push_sql(" FROM ");
            }
            Columns::Count => out.push_sql("SELECT count(*) FROM "),
            Columns::One => out.push_sql("SELECT 1 FROM "),
        }
        out.push_identifier(table.name)
    }

    /// Writes `SELECT …`.
    fn walk_selected<'b>(
        &self,
        selected: Selected<'b>,
        out: &mut AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        out.push_sql(if self.distinct { "SELECT DISTINCT " } else { "SELECT " });
        selected.walk(false, out)
    }

    /// Writes what follows the table.
    fn walk_tail<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Any>,
        (limit, offset): (&'b Option<i64>, &'b Option<i64>),
        are_read: bool,
    ) -> QueryResult<()> {
        self.walk_filter(out)?;
        // Rows that are only counted need no order.
        if are_read {
            self.walk_order(out)?;
        }
        walk_range(limit, offset, out)?;
        if let Some(lock) = self.lock.filter(|_| are_read) {
            lock.push(out)?;
        }
        Ok(())
    }
}

impl<T: Table, L> Query<'_, T, L> {
    /// Writes the query with its WITH, as a part of another one.
    pub(super) fn walk_as<'b>(
        &'b self,
        columns: Columns,
        out: &mut AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        let clauses = &self.clauses;
        clauses.with.walk(out)?;
        clauses.walk_columns(TableFacts::of::<T>(), columns, out)?;
        clauses.walk_tail(out, (&clauses.limit, &clauses.offset), columns.are_read())
    }
}

/// All rows, without those of other tables.
pub(super) struct Rows<'q, T: Table, L, S = Whole> {
    pub(super) query: Query<'q, T, L>,
    pub(super) picks: S,
    /// The columns that are read besides what is selected.
    pub(super) kept: ColumnSet,
}

impl<'q, T: Table, L> Rows<'q, T, L> {
    pub(super) fn whole(query: Query<'q, T, L>) -> Self {
        Self { query, picks: Whole, kept: ColumnSet::EMPTY }
    }
}

impl<T: Table, L, S: Picks<T>> QueryFragment<Any> for Rows<'_, T, L, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let Some(columns) = self.picks.columns() else {
            return self.query.walk_as(Columns::All, &mut out);
        };
        let (table, clauses) = (TableFacts::of::<T>(), &self.query.clauses);
        out.unsafe_to_cache_prepared();
        clauses.with.walk(&mut out)?;
        clauses.walk_selected(Selected { table, columns, kept: self.kept }, &mut out)?;
        out.push_sql(" FROM ");
        out.push_identifier(table.name)?;
        clauses.walk_tail(&mut out, (&clauses.limit, &clauses.offset), true)
    }
}

impl QueryFragment<Any> for Select<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.clauses.with.walk(&mut out)?;
        self.walk_after_with(&mut out)
    }
}

impl Select<'_> {
    /// Writes the statement without its WITH.
    pub(super) fn walk_after_with<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let whole = self.clauses.distinct || self.limit.is_some() || self.offset.is_some();
        if self.columns == Columns::Count && whole {
            // Counts the rows that the query returns, not those that it searches.
            out.push_sql("SELECT count(*) FROM (");
            self.walk_rows(out, Columns::All)?;
            out.push_sql(") AS \"counted\"");
            return Ok(());
        }
        self.walk_rows(out, self.columns)
    }
}

/// Writes `"t"."a", "t"."b"` for the key's columns of `table`, whose rows are called `rows`.
pub(super) fn push_key(
    table: &TableFacts,
    out: &mut AstPass<'_, '_, Any>,
    rows: &str,
) -> QueryResult<()> {
    push_separated(out, ", ", table.key, |&index, out| {
        out.push_identifier(rows)?;
        out.push_sql(".");
        out.push_identifier(table.columns[index])
    })
}
