//! Related rows that are joined to the rows they belong to, which saves a round trip.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::picks::Selected;
use crate::backend::Any;
use crate::dialect::Dialect;

/// The maximum number of rows, or of rows that related ones belong to, for which a join is used. A join sends a related
/// row again for each row it belongs to; a separate statement sends it once.
pub(crate) const MOST_JOINED_ROWS: i64 = 32;

/// The maximum number of tables in a join: as many as PostgreSQL finds the best order for (its `join_collapse_limit`).
/// SQLite joins 64.
const MOST_TABLES: usize = 8;

/// The table whose columns a joined table is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Owner {
    /// The statement's own table, with this name.
    Table(&'static str),
    /// The joined table at this position.
    Joined(usize),
}

/// A table that is joined to the statement's own.
pub(crate) struct JoinedTable<'a> {
    /// [`Table::JOINED`].
    pub(crate) select: &'static str,
    /// What is selected instead of all columns.
    pub(crate) selected: Option<Selected<'a>>,
    /// The number of its columns.
    pub(crate) width: usize,
    /// The positions of the columns that are compared.
    pub(crate) to: &'static [usize],
    pub(crate) owner: Owner,
    pub(crate) owner_columns: &'static [&'static str],
    pub(crate) from: &'static [usize],
    pub(crate) filter: Option<&'a (dyn QueryFragment<Any> + 'a)>,
}

/// The tables that are joined to a statement's own.
///
/// They are named `"__mizzle_0"` and have columns `"__c0"`, so that unqualified names in a condition still mean the
/// statement's own table.
#[derive(Default)]
pub struct Joins<'a> {
    tables: Vec<JoinedTable<'a>>,
    width: usize,
    may_double: bool,
}

impl<'a> Joins<'a> {
    /// Starts without tables, after `width` columns of the statement's own table.
    pub(crate) fn after(width: usize) -> Self {
        Self { tables: Vec::new(), width, may_double: false }
    }

    /// Joins a table. Returns its position among the joined tables, and the position of its first column in the rows.
    pub(crate) fn add(&mut self, table: JoinedTable<'a>) -> (usize, usize) {
        let at = self.width;
        self.width += table.width;
        self.tables.push(table);
        (self.tables.len() - 1, at)
    }

    /// Returns whether a row may have come with several rows of one table. A row's key is unique by the collation of
    /// its own column, but a database may compare it by that of the column that refers to it.
    pub(crate) fn may_double(&self, dialect: Dialect) -> bool {
        self.may_double && dialect.capabilities().compares_by_either
    }

    /// Records that a column of a joined table is compared by a collation.
    pub(crate) fn note_collation(&mut self) {
        self.may_double = true;
    }

    /// Returns whether no other table can be joined.
    pub(crate) fn is_full(&self) -> bool {
        self.tables.len() >= MOST_TABLES - 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Writes `, "__mizzle_0".*, …`.
    pub(crate) fn write_columns(&self, out: &mut impl FnMut(&str)) {
        for place in 0..self.tables.len() {
            out(", \"__mizzle_");
            write_number(out, place);
            out("\".*");
        }
    }
}

/// Writes ` LEFT JOIN (SELECT … FROM "suppliers") AS "__mizzle_0" ON …`
impl QueryFragment<Any> for Joins<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for (place, table) in self.tables.iter().enumerate() {
            out.push_sql(" LEFT JOIN (");
            match table.selected {
                None => out.push_sql(table.select),
                Some(selected) => {
                    out.push_sql("SELECT ");
                    selected.walk(true, &mut out)?;
                    out.push_sql(" FROM ");
                    out.push_identifier(selected.table.name)?;
                }
            }
            if let Some(filter) = table.filter {
                out.push_sql(" WHERE ");
                filter.walk_ast(out.reborrow())?;
            }
            out.push_sql(") AS \"__mizzle_");
            push_number(&mut out, place);
            out.push_sql("\" ON ");
            for (index, (&to, &from)) in table.to.iter().zip(table.from).enumerate() {
                if index > 0 {
                    out.push_sql(" AND ");
                }
                push_column(&mut out, place, to);
                out.push_sql(" = ");
                match table.owner {
                    Owner::Table(name) => {
                        out.push_identifier(name)?;
                        out.push_sql(".");
                        out.push_identifier(table.owner_columns[from])?;
                    }
                    Owner::Joined(owner) => push_column(&mut out, owner, from),
                }
            }
        }
        Ok(())
    }
}

fn push_column(out: &mut AstPass<'_, '_, Any>, table: usize, column: usize) {
    out.push_sql("\"__mizzle_");
    push_number(out, table);
    out.push_sql("\".\"__c");
    push_number(out, column);
    out.push_sql("\"");
}

fn push_number(out: &mut AstPass<'_, '_, Any>, number: usize) {
    write_number(&mut |part| out.push_sql(part), number);
}

fn write_number(out: &mut dyn FnMut(&str), number: usize) {
    const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    if number >= 10 {
        write_number(out, number / 10);
    }
    out(DIGITS[number % 10]);
}
