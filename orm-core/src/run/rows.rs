//! Reads and writes the rows of statements, and reports missing ones.

use diesel::result::UnexpectedNullError;
use diesel::row::Row;
use diesel::sql_types::{BigInt, Bool};

use super::read_as::ReadAs;
use super::statement::{Find, FindRow, KeyOf};
use crate::backend::{AnyConnection, AnyRow, Flow, RecordedBind, Source, keep};
use crate::error::{ColumnError, Error, ErrorKind, NullError, Result, ValueError};
use crate::schema::TableDef;
use crate::table::{BindAt, Table, TableFacts, of_version};

pub(super) fn read_row<U, ST: ReadAs<U>>(row: &AnyRow<'_>) -> Result<U> {
    let read = |row: &AnyRow<'_>| ST::read(row).is_ok();
    ST::read(row).map_err(|error| in_result(row, error, &read))
}

/// Reads a part of a row with `read`.
pub(crate) fn read_part<U>(
    row: &AnyRow<'_>,
    read: impl Fn(&AnyRow<'_>) -> std::result::Result<U, Failure>,
) -> Result<U> {
    read(row).map_err(|error| in_result(row, error, &|row| read(row).is_ok()))
}

/// Reads the value of a column of `table` that is at `index`, to bind it again.
pub(crate) fn kept_value(
    row: &AnyRow<'_>,
    index: usize,
    table: &'static TableFacts,
    column: usize,
) -> Result<RecordedBind> {
    keep(row.value(index), (table.column_type)(column)).map_err(|source| {
        let column = table.columns[column];
        deserialization(Box::new(ColumnError { table: table.name, column, source }))
    })
}

/// Reads what `count(*)` returned.
pub(crate) fn read_count(row: &AnyRow<'_>, index: usize) -> Result<u64> {
    let count: i64 = row.get_value::<BigInt, _, _>(index).map_err(deserialization)?;
    Ok(count.cast_unsigned())
}

pub(crate) fn from_row<T: Table>(row: &AnyRow<'_>) -> Result<T> {
    from_row_at(row, 0)
}

/// Reads a row of a table from the columns that begin at `offset`.
#[inline]
pub(crate) fn from_row_at<T: Table>(row: &AnyRow<'_>, offset: usize) -> Result<T> {
    match T::from_row(row, offset) {
        Ok(row) => Ok(row),
        Err(error) => Err(in_table(row, error, offset, TableFacts::of::<T>(), T::definition)),
    }
}

/// Returns the error about a row of a table, which names the column if it is about a NULL.
#[cold]
fn in_table(
    row: &AnyRow<'_>,
    error: Failure,
    offset: usize,
    table: &TableFacts,
    definition: fn() -> TableDef,
) -> Error {
    if !error.is::<UnexpectedNullError>() {
        return deserialization(error);
    }
    let columns = definition().columns.into_iter().enumerate();
    let mut nulls = columns.filter(|(place, column)| {
        !column.nullable
            && offset + place < row.field_count()
            && row.value(offset + place).is_none()
    });
    match nulls.next() {
        Some((_, column)) => null(format!("{}.{}", table.name, column.name)),
        None => deserialization(error),
    }
}

/// Returns the error about a row of a result. diesel names the column, unless it is about a NULL.
#[cold]
fn in_result(row: &AnyRow<'_>, error: Failure, read: &dyn Fn(&AnyRow<'_>) -> bool) -> Error {
    if !error.is::<UnexpectedNullError>() {
        return deserialization(error);
    }
    match row.column_that_fails(read).and_then(|index| row.column_name(index)) {
        Some(name) => null(name.to_owned()),
        None => deserialization(error),
    }
}

fn null(column: String) -> Error {
    deserialization(Box::new(NullError { column, source: ValueError::Null }))
}

/// What diesel's traits return.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[cold]
fn deserialization(error: Failure) -> Error {
    diesel::result::Error::DeserializationError(error).into()
}

/// Returns the row that was found, or the error for none.
#[inline]
pub(super) fn or_no_row<T: Table>(found: Result<Option<T>>) -> Result<T> {
    match found {
        Ok(Some(row)) => Ok(row),
        Ok(None) => Err(no_row(TableFacts::of::<T>())),
        Err(error) => Err(error),
    }
}

pub(super) fn first_row<T: Table>(
    connection: &mut AnyConnection,
    source: &dyn Source,
) -> Result<Option<T>> {
    let mut found = None;
    connection.run(source, &mut |row| {
        found = Some(from_row(row)?);
        Ok(Flow::Continue)
    })?;
    Ok(found)
}

/// Runs the statement that writes or deletes a row.
pub(super) fn write_row(
    connection: &mut AnyConnection,
    statement: &dyn Source,
    table: &'static TableFacts,
    row: &dyn BindAt,
) -> Result<()> {
    match connection.run(statement, &mut |_| Ok(Flow::Continue)) {
        Ok(0) => Err(missing_or_stale(connection, table, row)),
        Ok(_) => Ok(()),
        Err(error) => Err(of_version(error, table)),
    }
}

/// Returns the error for a row that is to find an existing one, and leaves its key to the database.
#[cold]
pub(super) fn without_key(table: &TableFacts, call: &str) -> Error {
    Error::new(
        ErrorKind::Query,
        format!("`{call}` into {} needs a row with its primary key", table.name),
    )
    .with_hint(format!("set the key, or name the unique columns with `{call}_on`"))
}

/// Returns the error for rows that a trigger skipped; the database doesn't report which.
#[cold]
pub(super) fn skipped(table: &TableFacts, given: usize, stored: u64) -> Error {
    let message = match given {
        1 => format!("the row was not stored: a trigger of {} skipped it", table.name),
        _ => format!(
            "a trigger of {} skipped some of the rows: {stored} of {given} were stored",
            table.name
        ),
    };
    Error::new(ErrorKind::Query, message)
        .with_hint("`insert_all` returns how many rows were stored, and doesn't read them")
}

#[cold]
pub(crate) fn nothing_found() -> Error {
    Error::new(ErrorKind::NotFound, "the query found no row")
}

#[cold]
pub(super) fn no_row(table: &TableFacts) -> Error {
    Error::new(ErrorKind::NotFound, format!("{} has no row with this key", table.name))
}

/// Returns the reason why an update of the row with a key wrote none.
#[cold]
pub(super) fn missing_or_kept(
    connection: &mut AnyConnection,
    table: &'static TableFacts,
    key: KeyOf<'_>,
) -> Error {
    let mut exists = false;
    let found = connection.run(&Find::new(table, key), &mut |_| {
        exists = true;
        Ok(Flow::Continue)
    });
    match found {
        Err(error) => error,
        Ok(_) if exists => kept(table),
        Ok(_) => no_row(table),
    }
}

/// Returns the error for a row that exists, and that the database didn't let a statement write.
fn kept(table: &TableFacts) -> Error {
    let message = format!("the row of {} was not written: a trigger skipped it", table.name);
    Error::new(ErrorKind::Query, message)
        .with_hint("on PostgreSQL, a rule or a policy can do so too")
}

/// Returns the reason why an update or a delete found no row.
#[cold]
pub(super) fn missing_or_stale(
    connection: &mut AnyConnection,
    table: &'static TableFacts,
    row: &dyn BindAt,
) -> Error {
    let mut is_same = None;
    let found = connection.run(&FindRow::new(table, row), &mut |row| {
        is_same = Some(row.get_value::<Bool, bool, _>(0).map_err(deserialization)?);
        Ok(Flow::Continue)
    });
    match (found, is_same) {
        (Err(error), _) => error,
        (Ok(_), None) => no_row(table),
        (Ok(_), Some(true)) => kept(table),
        (Ok(_), Some(false)) => {
            connection.meet_stale_row();
            Error::new(
                ErrorKind::StaleRow,
                format!("the row of {} was changed by somebody else since it was read", table.name),
            )
            .with_hint(
                "read the row again, apply the change to it, and update that: `db.retry_stale` does so in a transaction",
            )
        }
    }
}
