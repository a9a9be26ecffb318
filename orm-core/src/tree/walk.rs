//! The statement that reads a tree.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::Rows;
use crate::backend::{Any, push_separated};
use crate::table::{Reference, Table, TableFacts};

/// Reads the rows of a tree with their depths.
///
/// Only keys go through the recursive term. Each row has at most one parent, so a walk downwards can only come back to the
/// row that it began with, and one from the roots to none: rows in a circle are those that it doesn't reach. Roots are the
/// rows without a parent, also if their reference leads nowhere: not every database enforces its foreign keys. A walk
/// upwards may come into a circle further up. It remembers a key, and another one after 1, 2, 4, 8 and so on steps: in a
/// circle it comes back to one of them (Brent's algorithm).
pub(super) struct Walk<'t, T: Table> {
    reference: &'t Reference,
    rows: &'t Rows<T>,
    table: PhantomData<T>,
}

/// The recursive term.
const TERM: &str = "__cte_tree";

/// The name of a column of the recursive term: part `place` of the key of a row, or of the one that is remembered.
fn part(of: &str, place: usize) -> String {
    format!("{of}{place}")
}

impl<'t, T: Table> Walk<'t, T> {
    pub(super) fn new(reference: &'t Reference, rows: &'t Rows<T>) -> Self {
        Self { reference, rows, table: PhantomData }
    }

    /// Writes `"child"."parent_id" = "parent"."id" AND NOT ("child"."id" = "parent"."id")`.
    fn is_parent(&self, out: &mut AstPass<'_, '_, Any>) -> QueryResult<()> {
        let pairs = self.reference.columns.iter().zip(self.reference.target);
        push_separated(out, " AND ", pairs, |(from, to), out| {
            push_column::<T>(out, "child", *from)?;
            out.push_sql(" = ");
            push_column::<T>(out, "parent", *to)
        })?;
        out.push_sql(" AND NOT (");
        push_separated(out, " AND ", T::KEY, |column, out| {
            push_column::<T>(out, "child", *column)?;
            out.push_sql(" = ");
            push_column::<T>(out, "parent", *column)
        })?;
        out.push_sql(")");
        Ok(())
    }

    /// Writes the rows that the walk begins with.
    fn start<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let name = "child";
        out.push_sql("SELECT ");
        push_separated(out, ", ", T::KEY, |column, out| push_column::<T>(out, name, *column))?;
        out.push_sql(", CAST(0 AS bigint), CAST(0 AS bigint)");
        if let Rows::Above(_) = self.rows {
            for column in T::KEY {
                out.push_sql(", ");
                push_column::<T>(out, name, *column)?;
            }
            out.push_sql(", CAST(1 AS bigint)");
        }
        out.push_sql(" FROM ");
        push_table::<T>(out, name)?;
        out.push_sql(" WHERE ");
        match self.rows {
            Rows::Above(key) | Rows::Below(key) => is_key::<T>(out, name, key),
            Rows::All => {
                out.push_sql("NOT EXISTS (SELECT 1 FROM ");
                push_table::<T>(out, "parent")?;
                out.push_sql(" WHERE ");
                self.is_parent(out)?;
                out.push_sql(")");
                Ok(())
            }
        }
    }

    /// Writes the rows one step further.
    fn step<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let (from, to) = match self.rows {
            Rows::Above(_) => ("child", "parent"),
            Rows::All | Rows::Below(_) => ("parent", "child"),
        };
        out.push_sql("SELECT ");
        push_separated(out, ", ", T::KEY, |column, out| push_column::<T>(out, to, *column))?;
        out.push_sql(", t.depth + 1, ");
        match self.rows {
            Rows::All => out.push_sql("0"),
            Rows::Below(key) => {
                out.push_sql("CASE WHEN ");
                is_key::<T>(out, to, key)?;
                out.push_sql(" THEN 1 ELSE 0 END");
            }
            Rows::Above(_) => {
                out.push_sql("CASE WHEN ");
                are_parts::<T>(out, to, "mark")?;
                out.push_sql(" THEN 1 ELSE 0 END");
                for (place, column) in T::KEY.iter().enumerate() {
                    out.push_sql(", CASE WHEN t.depth + 1 = t.turn THEN ");
                    push_column::<T>(out, to, *column)?;
                    out.push_sql(" ELSE t.");
                    out.push_sql(&part("mark", place));
                    out.push_sql(" END");
                }
                out.push_sql(", CASE WHEN t.depth + 1 = t.turn THEN t.turn * 2 ELSE t.turn END");
            }
        }
        out.push_sql(" FROM ");
        out.push_identifier(TERM)?;
        out.push_sql(" AS t JOIN ");
        push_table::<T>(out, from)?;
        out.push_sql(" ON ");
        are_parts::<T>(out, from, "key")?;
        out.push_sql(" JOIN ");
        push_table::<T>(out, to)?;
        out.push_sql(" ON ");
        self.is_parent(out)?;
        out.push_sql(" WHERE t.again = 0");
        Ok(())
    }
}

impl<T: Table> QueryFragment<Any> for Walk<'_, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("WITH RECURSIVE ");
        out.push_identifier(TERM)?;
        out.push_sql("(");
        for place in 0..T::KEY.len() {
            out.push_sql(&part("key", place));
            out.push_sql(", ");
        }
        out.push_sql("depth, again");
        if let Rows::Above(_) = self.rows {
            for place in 0..T::KEY.len() {
                out.push_sql(", ");
                out.push_sql(&part("mark", place));
            }
            out.push_sql(", turn");
        }
        out.push_sql(") AS (");
        self.start(&mut out)?;
        out.push_sql(" UNION ALL ");
        self.step(&mut out)?;
        out.push_sql(") ");
        out.push_sql(TableFacts::of::<T>().select_columns());
        out.push_sql(", t.depth, t.again FROM ");
        out.push_identifier(T::NAME)?;
        // In the whole tree, a row that isn't reached is in a circle, or below one.
        out.push_sql(if matches!(self.rows, Rows::All) { " LEFT JOIN " } else { " JOIN " });
        out.push_identifier(TERM)?;
        out.push_sql(" AS t ON ");
        are_parts::<T>(&mut out, T::NAME, "key")?;
        if !matches!(self.rows, Rows::All) {
            out.push_sql(" WHERE t.depth > 0");
        }
        out.push_sql(" ORDER BY t.depth");
        for column in T::KEY {
            out.push_sql(", ");
            push_column::<T>(&mut out, T::NAME, *column)?;
        }
        Ok(())
    }
}

/// Writes `"categories" AS "child"`.
fn push_table<T: Table>(out: &mut AstPass<'_, '_, Any>, name: &str) -> QueryResult<()> {
    out.push_identifier(T::NAME)?;
    out.push_sql(" AS ");
    out.push_identifier(name)
}

fn push_column<T: Table>(
    out: &mut AstPass<'_, '_, Any>,
    table: &str,
    column: usize,
) -> QueryResult<()> {
    out.push_identifier(table)?;
    out.push_sql(".");
    out.push_identifier(T::COLUMNS[column])
}

/// Writes `("child"."id" = ?)`.
fn is_key<'b, T: Table>(
    out: &mut AstPass<'_, 'b, Any>,
    table: &str,
    key: &'b T::Key,
) -> QueryResult<()> {
    push_separated(out, " AND ", T::KEY.iter().enumerate(), |(place, column), out| {
        push_column::<T>(out, table, *column)?;
        out.push_sql(" = ");
        T::bind_key(key, place, out.reborrow())
    })
}

/// Writes `"child"."id" = t.key0`: the column comes first, so that SQLite compares by its collation.
fn are_parts<T: Table>(
    out: &mut AstPass<'_, '_, Any>,
    table: &str,
    parts: &str,
) -> QueryResult<()> {
    push_separated(out, " AND ", T::KEY.iter().enumerate(), |(place, column), out| {
        push_column::<T>(out, table, *column)?;
        out.push_sql(" = t.");
        out.push_sql(&part(parts, place));
        Ok(())
    })
}
