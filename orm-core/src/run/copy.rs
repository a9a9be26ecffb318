//! Inserting rows from an iterator, in memory that doesn't depend on their number.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::many::insert_unread;
use super::sealed::Sealed;
use super::statement::Conflict;
use crate::backend::{Any, AnyConnection, write_copied};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::table::{BindAt, ColumnSet, TableFacts, Values, Writable};

/// The most rows of a COPY that are kept in memory.
const ROWS: usize = 10_000;
/// About as many bytes of their text are kept.
const BYTES: usize = 4 << 20;

/// Inserts rows, all or none, and returns the number of stored rows.
pub(super) fn copy_in<N: Values<Row: Writable>, E: From<Error>>(
    on: &(impl Sealed + ?Sized),
    rows: impl Iterator<Item = Result<N, E>>,
) -> Result<u64, E> {
    let mut rows = rows.fuse().peekable();
    if rows.peek().is_none() {
        return Ok(0);
    }
    if !on.dialect().capabilities().transactions {
        let rows = rows.collect::<Result<Vec<N>, E>>()?;
        return Ok(on.run_on(|connection| insert_unread(connection, &rows, Conflict::Fail))?);
    }
    on.run_transaction(|tx| {
        let (dialect, limits) =
            tx.run_on(|connection| Ok((connection.dialect(), connection.limits())))?;
        let mut read = || {
            let mut chunk = Chunk::new(dialect, limits.insert_rows);
            while chunk.has_room() {
                let Some(row) = rows.next() else { break };
                chunk.push(row?);
            }
            Ok::<_, E>(chunk)
        };
        let (mut stored, mut chunk) = (0, read()?);
        while !chunk.rows.is_empty() {
            let mut next = None;
            // No panic of the iterator may leave the connection in the middle of a statement.
            let mut meanwhile = || {
                next.get_or_insert_with(|| catch_unwind(AssertUnwindSafe(&mut read)));
            };
            stored += tx.run_on(|connection| chunk.insert(connection, &mut meanwhile))?;
            chunk = match next {
                Some(Ok(next)) => next?,
                Some(Err(panic)) => resume_unwind(panic),
                None => read()?,
            };
        }
        Ok(stored)
    })
}

/// Some rows.
struct Chunk<N> {
    rows: Vec<N>,
    /// `None` if the database has no COPY, or if a row can't be sent by one.
    copies: Option<Copies>,
    /// The size of what COPY sends.
    bytes: usize,
    /// The most rows of an INSERT.
    insert_rows: usize,
    dialect: Dialect,
}

/// The rows for each set of columns, as COPY sends them.
type Copies = Vec<(ColumnSet, Vec<u8>)>;

impl<N: Values<Row: Writable>> Chunk<N> {
    fn new(dialect: Dialect, insert_rows: usize) -> Self {
        let copies = dialect.capabilities().copies.then(Vec::new);
        Self { rows: Vec::new(), copies, bytes: 0, insert_rows, dialect }
    }

    fn has_room(&self) -> bool {
        match self.copies {
            Some(_) => self.rows.len() < ROWS && self.bytes < BYTES,
            None => self.rows.len() < self.insert_rows,
        }
    }

    fn push(&mut self, row: N) {
        if let Some(copies) = &mut self.copies {
            match add(copies, &row, row.columns(), self.dialect) {
                Some(bytes) => self.bytes += bytes,
                // The INSERT says why.
                None => self.copies = None,
            }
        }
        self.rows.push(row);
    }

    /// Inserts them, all or none. May call `meanwhile` while the server works.
    fn insert(&self, connection: &mut AnyConnection, meanwhile: &mut dyn FnMut()) -> Result<u64> {
        if let Some(copies) = &self.copies {
            let table = TableFacts::of::<N::Row>();
            let copied = connection.atomically(|connection| {
                let mut stored = 0;
                for (columns, rows) in copies {
                    let sql = copy_sql(table, *columns, self.dialect);
                    stored += connection.copy_in(&sql, rows, meanwhile)?;
                }
                Ok(stored)
            });
            match copied {
                // The server says less about a COPY than about an INSERT, and an INSERT may succeed: into a view, or by
                // converting a value.
                Err(error) if is_about_rows(&error) => {}
                copied => return copied,
            }
        }
        insert_unread(connection, &self.rows, Conflict::Fail)
    }
}

fn is_about_rows(error: &Error) -> bool {
    !error.is_connection_lost() && !error.is_timeout() && !error.is_conflict()
}

/// `COPY "t" ("a", "b") FROM STDIN`
fn copy_sql(table: &TableFacts, columns: ColumnSet, dialect: Dialect) -> String {
    let quote = |name| dialect.quote_ident(name);
    let names: Vec<String> = columns.iter().map(|column| quote(table.columns[column])).collect();
    format!("COPY {} ({}) FROM STDIN", quote(table.name), names.join(", "))
}

/// Adds a row to those with the same columns, and returns the size of its text. `None` if COPY can't send it.
fn add(
    copies: &mut Copies,
    row: &dyn BindAt,
    columns: ColumnSet,
    dialect: Dialect,
) -> Option<usize> {
    // COPY always writes a column.
    if columns.is_empty() {
        return None;
    }
    // Usually all rows set the same columns, or there are a few kinds.
    let place = copies.iter().rposition(|(known, _)| *known == columns).unwrap_or_else(|| {
        copies.push((columns, Vec::new()));
        copies.len() - 1
    });
    let out = &mut copies[place].1;
    let before = out.len();
    let row = Row { row, columns };
    write_copied(|binds| row.collect_binds(binds, &mut (), Any::of(dialect)), dialect, out).ok()?;
    Some(out.len() - before)
}

/// The values of a row.
struct Row<'r> {
    row: &'r dyn BindAt,
    columns: ColumnSet,
}

impl QueryFragment<Any> for Row<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for column in self.columns.iter() {
            self.row.bind_at(column, out.reborrow())?;
        }
        Ok(())
    }
}
