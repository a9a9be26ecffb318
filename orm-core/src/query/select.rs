//! The SQL of a query.

use std::fmt;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::BigInt;

use super::build::Query;
use super::join::Joins;
use crate::backend::{Any, marks, push_separated, render};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::table::{Table, select_columns};

/// What a query reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    All,
    /// The primary key.
    Key,
    Count,
    One,
}

/// A query as a statement.
pub(super) struct Select<'s, 'q, T: Table, L> {
    pub(super) query: &'s Query<'q, T, L>,
    pub(super) columns: Columns,
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<i64>,
    pub(super) joins: Joins<'s>,
}

impl<T: Table, L> Query<'_, T, L> {
    pub(super) fn walk_filter<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if !self.filter.is_empty() {
            out.push_sql(" WHERE ");
            self.filter.walk_ast(out.reborrow())?;
        }
        Ok(())
    }

    pub(super) fn walk_order<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for (place, part) in self.order.iter().enumerate() {
            out.push_sql(if place == 0 { " ORDER BY " } else { ", " });
            out.push_sql(marks::BEGIN);
            part.walk_ast(out.reborrow())?;
            out.push_sql(marks::END_OF_TERM);
        }
        Ok(())
    }
}

impl<T: Table, L> fmt::Debug for Query<'_, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sql = render(&self.to_select(Columns::All), Dialect::EITHER).unwrap_or_default();
        f.debug_tuple("Query").field(&sql).finish()
    }
}

impl<'q, T: Table, L> Query<'q, T, L> {
    /// Returns the SQL of the query in a dialect, with placeholders for the values.
    ///
    /// # Errors
    /// If a part of the query can't be written in the dialect.
    pub fn to_sql(&self, dialect: Dialect) -> Result<String> {
        Ok(render(&self.to_select(Columns::All), dialect)?)
    }

    pub(super) fn to_select(&self, columns: Columns) -> Select<'_, 'q, T, L> {
        let joins = Joins::default();
        Select { query: self, columns, limit: self.limit, offset: self.offset, joins }
    }
}

impl<T: Table, L> Select<'_, '_, T, L> {
    fn walk_rows<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Any>,
        columns: Columns,
    ) -> QueryResult<()> {
        match columns {
            Columns::All if !self.query.distinct && !self.joins.is_empty() => {
                out.push_sql(select_columns::<T>());
                self.joins.write_columns(&mut |part| out.push_sql(part));
                out.push_sql(" FROM ");
                out.push_identifier(T::NAME)?;
                self.joins.walk_ast(out.reborrow())?;
            }
            Columns::All => self.query.walk_head(out),
            Columns::Key => {
                out.push_sql("SELECT ");
                push_key::<T>(out, T::NAME)?;
                out.push_sql(" FROM ");
                out.push_identifier(T::NAME)?;
            }
            Columns::Count => {
                out.push_sql("SELECT count(*) FROM ");
                out.push_identifier(T::NAME)?;
            }
            Columns::One => {
                out.push_sql("SELECT 1 FROM ");
                out.push_identifier(T::NAME)?;
            }
        }
        let are_read = matches!(columns, Columns::All | Columns::Key);
        self.query.walk_tail(out, (&self.limit, &self.offset), are_read)
    }
}

impl<T: Table, L> Query<'_, T, L> {
    /// Writes all columns of the table.
    fn walk_head(&self, out: &mut AstPass<'_, '_, Any>) {
        if self.distinct {
            out.push_sql("SELECT DISTINCT ");
            out.push_sql(T::SELECT.trim_start_matches("SELECT "));
        } else {
            out.push_sql(T::SELECT);
        }
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

/// All rows, without those of other tables.
pub(super) struct Rows<'q, T: Table, L>(pub(super) Query<'q, T, L>);

impl<T: Table, L> QueryFragment<Any> for Rows<'_, T, L> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.0.walk_head(&mut out);
        self.0.walk_tail(&mut out, (&self.0.limit, &self.0.offset), true)
    }
}

impl<T: Table, L> QueryFragment<Any> for Select<'_, '_, T, L> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let whole = self.query.distinct || self.limit.is_some() || self.offset.is_some();
        if self.columns == Columns::Count && whole {
            // Counts the rows that the query returns, not those that it searches.
            out.push_sql("SELECT count(*) FROM (");
            self.walk_rows(&mut out, Columns::All)?;
            out.push_sql(") AS \"counted\"");
            return Ok(());
        }
        self.walk_rows(&mut out, self.columns)
    }
}

/// Writes a limit and an offset.
pub(super) fn walk_range<'b>(
    limit: &'b Option<i64>,
    offset: &'b Option<i64>,
    out: &mut AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    let capabilities = out.backend().dialect().capabilities();
    match (limit, offset) {
        (Some(limit), _) if *limit <= capabilities.most_written_limit => {
            out.push_sql(&format!(" LIMIT {limit}"));
        }
        (Some(limit), _) => {
            out.push_sql(marks::CHECKED_LIMIT);
            out.push_bind_param::<BigInt, i64>(limit)?;
        }
        (None, Some(_)) => out.push_sql(marks::NO_LIMIT_BUT_OFFSET),
        (None, None) => {}
    }
    if let Some(offset) = offset {
        // diesel writes this in one piece, after which the query builder checks for a negative number. This offset
        // can't be negative.
        out.push_sql(" OFFSET");
        out.push_sql(" ");
        out.push_bind_param::<BigInt, i64>(offset)?;
    }
    Ok(())
}

/// Writes `"t"."a", "t"."b"` for the key's columns.
pub(super) fn push_key<T: Table>(out: &mut AstPass<'_, '_, Any>, table: &str) -> QueryResult<()> {
    push_separated(out, ", ", T::KEY, |&index, out| {
        out.push_identifier(table)?;
        out.push_sql(".");
        out.push_identifier(T::COLUMNS[index])
    })
}
