//! Related rows that come with the rows that they belong to, by a join: one round trip less.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use crate::backend::{Any, AnyRow};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::table::Table;

/// Up to how many rows, or rows that related ones belong to, a join serves: it sends a row again with each that it belongs
/// to, and a statement of its own sends it once.
pub(crate) const MOST_JOINED_ROWS: i64 = 32;

/// How many tables are joined: as many as PostgreSQL looks for the best order of (its `join_collapse_limit`). SQLite joins 64.
const MOST_TABLES: usize = 8;

/// Whose columns a joined table is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Owner {
    /// Those of the statement's own table, of this name.
    Table(&'static str),
    /// Those of the joined table at this place.
    Joined(usize),
}

/// One of the tables that are joined to a statement's own.
pub(crate) struct JoinedTable<'a> {
    /// [`Table::JOINED`].
    pub(crate) select: &'static str,
    /// How many columns it has.
    pub(crate) width: usize,
    /// The columns that are compared, by their places.
    pub(crate) to: &'static [usize],
    pub(crate) owner: Owner,
    pub(crate) owner_columns: &'static [&'static str],
    pub(crate) from: &'static [usize],
    pub(crate) filter: Option<&'a (dyn QueryFragment<Any> + 'a)>,
}

/// The tables that are joined to a statement's own.
///
/// They stand in it as `"__mizzle_0"` with columns `"__c0"`, so that names that a condition leaves unqualified stay those
/// of the statement's own table.
#[derive(Default)]
pub struct Joins<'a> {
    tables: Vec<JoinedTable<'a>>,
    width: usize,
    may_double: bool,
}

impl<'a> Joins<'a> {
    /// None, after `width` columns of the statement's own table.
    pub(crate) fn after(width: usize) -> Self {
        Self { tables: Vec::new(), width, may_double: false }
    }

    /// Joins a table, and tells its place among them and its first column's in the rows.
    pub(crate) fn add(&mut self, table: JoinedTable<'a>) -> (usize, usize) {
        let at = self.width;
        self.width += table.width;
        self.tables.push(table);
        (self.tables.len() - 1, at)
    }

    /// Whether a row may have come with several rows of one table: a row's key is unique by the collation of its own column,
    /// and a database may compare it by the one of the column that refers to it.
    pub(crate) fn may_double(&self, dialect: Dialect) -> bool {
        self.may_double && dialect.capabilities().compares_by_either
    }

    /// A column of a joined table is compared by a collation.
    pub(crate) fn note_collation(&mut self) {
        self.may_double = true;
    }

    /// Whether another table is one too many.
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

/// ` LEFT JOIN (SELECT … FROM "suppliers") AS "__mizzle_0" ON …`
impl QueryFragment<Any> for Joins<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for (place, table) in self.tables.iter().enumerate() {
            out.push_sql(" LEFT JOIN (");
            out.push_sql(table.select);
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

/// Related rows that are read together with the rows that they belong to.
pub trait Joined {
    /// For relations that aren't joined.
    fn none() -> Self;

    /// Reads what belongs to one more row.
    fn read(&mut self, row: &AnyRow<'_>) -> Result<()>;

    /// Forgets what belongs to rows that go.
    fn retain(&mut self, stays: &[bool]);
}

impl Joined for () {
    fn none() -> Self {}

    fn read(&mut self, _: &AnyRow<'_>) -> Result<()> {
        Ok(())
    }

    fn retain(&mut self, _: &[bool]) {}
}

impl<A: Joined, B: Joined> Joined for (A, B) {
    fn none() -> Self {
        (A::none(), B::none())
    }

    fn read(&mut self, row: &AnyRow<'_>) -> Result<()> {
        self.0.read(row)?;
        self.1.read(row)
    }

    fn retain(&mut self, stays: &[bool]) {
        self.0.retain(stays);
        self.1.retain(stays);
    }
}

/// The rows of one relation, each with what was joined to it in turn.
pub struct JoinedRows<T, N> {
    /// The place of their first column; `None` where the relation isn't joined.
    pub(crate) at: Option<usize>,
    /// For each row that they belong to.
    pub(crate) rows: Vec<Option<T>>,
    /// For each of the rows that are there.
    pub(crate) nested: N,
}

impl<T: Table, N: Joined> Joined for JoinedRows<T, N> {
    fn none() -> Self {
        Self { at: None, rows: Vec::new(), nested: N::none() }
    }

    fn read(&mut self, row: &AnyRow<'_>) -> Result<()> {
        let Some(at) = self.at else { return Ok(()) };
        // Where the join found nothing, the key is NULL as all else.
        if T::KEY.iter().any(|&key| row.value(at + key).is_none()) {
            self.rows.push(None);
            return Ok(());
        }
        let related = T::from_row(row, at).map_err(diesel::result::Error::DeserializationError)?;
        self.rows.push(Some(related));
        self.nested.read(row)
    }

    fn retain(&mut self, stays: &[bool]) {
        if self.at.is_none() {
            return;
        }
        let present = self.rows.iter().zip(stays).filter(|(row, _)| row.is_some());
        let nested: Vec<bool> = present.map(|(_, stays)| *stays).collect();
        self.nested.retain(&nested);
        let mut stays = stays.iter();
        self.rows.retain(|_| stays.next().is_some_and(|stays| *stays));
    }
}
