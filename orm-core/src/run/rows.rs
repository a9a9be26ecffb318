//! Reads and writes the rows of statements, and reports missing ones.

use diesel::deserialize::FromSqlRow;
use diesel::row::Row;
use diesel::sql_types::BigInt;

use super::statement::{FindRow, Insert, OnConflict};
use crate::backend::{Any, AnyConnection, AnyRow, Flow, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{ColumnSet, Table, Values};

pub(super) fn read_row<U, ST>(row: &AnyRow<'_>) -> Result<U>
where
    U: FromSqlRow<ST, Any>,
{
    U::build_from_row(row).map_err(deserialization)
}

/// Reads what `count(*)` returned.
pub(crate) fn read_count(row: &AnyRow<'_>, index: usize) -> Result<u64> {
    let count: i64 = row.get_value::<BigInt, _, _>(index).map_err(deserialization)?;
    Ok(count.cast_unsigned())
}

pub(crate) fn from_row<T: Table>(row: &AnyRow<'_>) -> Result<T> {
    T::from_row(row, 0).map_err(deserialization)
}

#[cold]
fn deserialization(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    diesel::result::Error::DeserializationError(error).into()
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

pub(super) fn upsert<N: Values>(
    connection: &mut AnyConnection,
    new: &N,
    key: ColumnSet,
) -> Result<N::Row> {
    let rows = [new];
    let upsert = Insert::new(&rows, new.columns(), OnConflict::Update(key), true);
    first_row(connection, &upsert)?.ok_or_else(|| skipped::<N::Row>(1, 0))
}

/// Returns the error for rows that a trigger skipped; the database doesn't report which.
#[cold]
pub(super) fn skipped<T: Table>(given: usize, stored: u64) -> Error {
    let message = match given {
        1 => format!("the row was not stored: a trigger of {} skipped it", T::NAME),
        _ => format!(
            "a trigger of {} skipped some of the rows: {stored} of {given} were stored",
            T::NAME
        ),
    };
    Error::new(ErrorKind::Query, message)
        .with_hint("`insert_all` returns how many rows were stored, and doesn't read them")
}

#[cold]
pub(crate) fn more_than_one() -> Error {
    Error::new(ErrorKind::Query, "the query found more than one row")
}

#[cold]
pub(super) fn no_row<T: Table>() -> Error {
    Error::new(ErrorKind::NotFound, format!("{} has no row with this key", T::NAME))
}

/// Returns the reason why an update or a delete found no row.
#[cold]
pub(super) fn missing_or_stale<T: Table>(connection: &mut AnyConnection, row: &T) -> Error {
    if T::VERSION.is_none() {
        return no_row::<T>();
    }
    let mut exists = false;
    let found = connection.run(&FindRow::new(row), &mut |_| {
        exists = true;
        Ok(Flow::Continue)
    });
    match found {
        Err(error) => error,
        Ok(_) if !exists => no_row::<T>(),
        Ok(_) => Error::new(
            ErrorKind::StaleRow,
            format!("the row of {} was changed by somebody else since it was read", T::NAME),
        )
        .with_hint("read the row again, apply the change to it, and update that"),
    }
}

/// Inserts rows in as few statements as the database allows: rows that set the same columns go together. Returns the
/// number of stored rows. `on_row` gets the position of each row and, if `returning`, the row that the database returns
/// for it.
pub(super) fn insert_groups<N: Values>(
    connection: &mut AnyConnection,
    rows: &[N],
    returning: bool,
    on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
) -> Result<u64> {
    let mut groups: Vec<(ColumnSet, Vec<usize>)> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let columns = row.columns();
        // Usually all rows set the same columns, or there are a few kinds.
        match groups.iter_mut().rev().find(|group| group.0 == columns) {
            Some(group) => group.1.push(place),
            None => groups.push((columns, vec![place])),
        }
    }
    let limits = connection.limits();
    let rows_at_once = |columns: ColumnSet| match columns.len() {
        0 => 1,
        count => (limits.parameters / count).clamp(1, limits.insert_rows),
    };
    let statements: usize =
        groups.iter().map(|(columns, places)| places.len().div_ceil(rows_at_once(*columns))).sum();
    let mut insert = |connection: &mut AnyConnection| -> Result<u64> {
        let mut stored = 0;
        for (columns, places) in &groups {
            for places in places.chunks(rows_at_once(*columns)) {
                let chunk: Vec<&N> = places.iter().map(|&place| &rows[place]).collect();
                let statement = Insert::new(&chunk, *columns, OnConflict::Fail, returning);
                let mut left = places.iter();
                let changed = connection.run(&statement, &mut |row| {
                    if let Some(&place) = left.next() {
                        on_row(place, row)?;
                    }
                    Ok(Flow::Continue)
                })?;
                if returning && left.next().is_some() {
                    let stored = if statements > 1 { 0 } else { changed };
                    return Err(skipped::<N::Row>(rows.len(), stored));
                }
                stored += changed;
            }
        }
        Ok(stored)
    };
    if statements <= 1 { insert(connection) } else { connection.atomically(insert) }
}
