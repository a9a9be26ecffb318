//! Inserting rows from an iterator, in memory that doesn't depend on their number.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::many::insert_unread;
use super::sealed::Sealed;
use super::statement::OnConflict;
use crate::backend::{Any, AnyConnection, Bind, collect, write_copied};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::table::{BindAt, ColumnSet, TableFacts, Values, Writable};

/// The most rows that are kept in memory.
const ROWS: usize = 10_000;
/// About as many bytes of their values are kept.
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
    on.run_transaction(|tx| {
        let dialect = tx.run_on(|connection| Ok(connection.dialect()))?;
        let mut stored = 0;
        while rows.peek().is_some() {
            let mut chunk = Chunk::new(dialect);
            while chunk.has_room() {
                let Some(row) = rows.next() else { break };
                chunk.push(row?);
            }
            stored += tx.run_on(|connection| chunk.insert(connection))?;
        }
        Ok(stored)
    })
}

/// Some rows.
struct Chunk<N> {
    rows: Vec<N>,
    /// The size of their values.
    bytes: usize,
    /// `None` if the database has no COPY, or if a row can't be sent by one.
    copies: Option<Copies>,
    dialect: Dialect,
}

/// The rows for each set of columns, as COPY sends them.
type Copies = Vec<(ColumnSet, Vec<u8>)>;

impl<N: Values<Row: Writable>> Chunk<N> {
    fn new(dialect: Dialect) -> Self {
        let copies = dialect.capabilities().copies.then(Vec::new);
        Self { rows: Vec::new(), bytes: 0, copies, dialect }
    }

    fn has_room(&self) -> bool {
        self.rows.len() < ROWS && self.bytes < BYTES
    }

    fn push(&mut self, row: N) {
        self.bytes += add(&mut self.copies, &row, row.columns(), self.dialect);
        self.rows.push(row);
    }

    /// Inserts them, all or none.
    fn insert(&self, connection: &mut AnyConnection) -> Result<u64> {
        if let Some(copies) = &self.copies {
            let table = TableFacts::of::<N::Row>();
            let copied = connection.atomically(|connection| {
                copies
                    .iter()
                    .map(|(columns, rows)| {
                        connection.copy_in(&copy_sql(table, *columns, self.dialect), rows)
                    })
                    .sum()
            });
            match copied {
                // The server says less about a COPY than about an INSERT, and an INSERT may succeed: into a view, or by
                // converting a value.
                Err(error) if is_about_rows(&error) => {}
                copied => return copied,
            }
        }
        insert_unread(connection, &self.rows, OnConflict::Fail)
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

/// Adds a row to those with the same columns. Returns the size of its values.
fn add(
    copies: &mut Option<Copies>,
    row: &dyn BindAt,
    columns: ColumnSet,
    dialect: Dialect,
) -> usize {
    let row = Row { row, columns };
    let (values, bound) = collect(|binds| row.collect_binds(binds, &mut (), Any::of(dialect)));
    let size = size_of::<Bind<'_>>() * values.len()
        + values.iter().map(|(value, _)| size(value)).sum::<usize>();
    let Some(groups) = copies else { return size };
    // COPY always writes a column.
    let mut is_written = bound.is_ok() && !columns.is_empty();
    // Usually all rows set the same columns, or there are a few kinds.
    let place = groups.iter().rposition(|(known, _)| *known == columns).unwrap_or_else(|| {
        groups.push((columns, Vec::new()));
        groups.len() - 1
    });
    let out = &mut groups[place].1;
    for (place, (value, _)) in values.iter().enumerate() {
        if place > 0 {
            out.push(b'\t');
        }
        is_written = is_written && write_copied(value, dialect, out).is_ok();
    }
    out.push(b'\n');
    if !is_written {
        // The INSERT says why.
        *copies = None;
    }
    size
}

fn size(value: &Bind<'_>) -> usize {
    match value {
        Bind::Text(text) => text.len(),
        Bind::Json(text) => text.len(),
        Bind::Bytes(bytes) => bytes.len(),
        Bind::Decimal(value) => (value.digits() / 2) as usize,
        Bind::Array(values) => values.iter().map(|value| size_of::<Bind<'_>>() + size(value)).sum(),
        Bind::Null
        | Bind::Bool(_)
        | Bind::I16(_)
        | Bind::I32(_)
        | Bind::I64(_)
        | Bind::F32(_)
        | Bind::F64(_)
        | Bind::Date(_)
        | Bind::Time(_)
        | Bind::Timestamp(_)
        | Bind::Timestamptz(_)
        | Bind::Moment(..)
        | Bind::Uuid(_) => 0,
    }
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
