//! Writing many rows, all or none, in as few statements as the database allows.

use super::chunk::{groups, insert_together, rows_at_once};
use super::rows::{first_row, from_row, missing_or_stale, skipped, without_key};
use super::statement::{Conflict, Insert, RowValues, UpdateRow, UpdateRows, Upsert};
use super::updates::update_together;
use crate::backend::{AnyConnection, AnyRow, Flow};
use crate::error::{Error, ErrorKind, Result};
use crate::table::key::place;
use crate::table::{BindAt, ColumnSet, Given, Table, TableFacts, Values, Writable, of_version};

/// The number of rows of an UPDATE, so that a statement's message stays far below PostgreSQL's limit of 1 GiB.
const UPDATED_ROWS: usize = 10_000;

/// Inserts rows. Returns the number of rows that were stored or, after a conflict, updated. `on_row` gets the position
/// of each row and the row that the database returns for it, if `returning`.
fn insert_all<N: Values<Row: Writable>>(
    connection: &mut AnyConnection,
    rows: &[N],
    on_conflict: Conflict<'_>,
    returning: bool,
    on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
) -> Result<u64> {
    let groups = groups(rows, on_conflict);
    let limits = connection.limits();
    let rows_at_once = |columns: &ColumnSet| rows_at_once(*columns, limits);
    let statements: usize =
        groups.iter().map(|(columns, places)| places.len().div_ceil(rows_at_once(columns))).sum();
    let mut insert = |connection: &mut AnyConnection| -> Result<u64> {
        let mut stored = 0;
        for (columns, places) in &groups {
            for places in places.chunks(rows_at_once(columns)) {
                let chunk: Vec<&dyn BindAt> =
                    places.iter().map(|&place| &rows[place] as &dyn BindAt).collect();
                let touched = on_conflict.touched::<N::Row>();
                let statement = Insert::new(
                    TableFacts::of::<N::Row>(),
                    &chunk,
                    *columns,
                    on_conflict,
                    Given::of_some(&touched),
                    returning,
                );
                let mut left = places.iter();
                let changed = connection.run(&statement, &mut |row| {
                    if let Some(&place) = left.next() {
                        on_row(place, row)?;
                    }
                    Ok(Flow::Continue)
                })?;
                if returning && left.next().is_some() {
                    let stored = if statements > 1 { 0 } else { changed };
                    return Err(skipped(TableFacts::of::<N::Row>(), rows.len(), stored));
                }
                stored += changed;
            }
        }
        Ok(stored)
    };
    match statements {
        ..=1 => insert(connection),
        count if count <= connection.dialect().capabilities().most_together => {
            insert_together(connection, (rows, &groups), on_conflict, returning, on_row)
        }
        _ if !connection.has_transactions() => Err(too_many_statements(statements)),
        _ => connection.atomically(insert),
    }
}

/// Returns the error for rows that don't fit into one request, where all that is done all or none is in one.
#[cold]
fn too_many_statements(statements: usize) -> Error {
    let message = format!(
        "the rows need {statements} statements, and the database takes fewer in one request"
    );
    Error::new(ErrorKind::Query, message).with_hint(
        "pass the rows in several calls (`rows.chunks(…)`): each call is done all or none, but not all of them",
    )
}

/// Inserts rows, and returns the number of those that were stored.
pub(super) fn insert_unread<N: Values<Row: Writable>>(
    connection: &mut AnyConnection,
    rows: &[N],
    on_conflict: Conflict<'_>,
) -> Result<u64> {
    insert_all(connection, rows, on_conflict, false, &mut |_, _| Ok(()))
}

/// Inserts rows, and returns them as written, in their order.
pub(super) fn insert_all_returning<N: Values<Row: Writable>>(
    connection: &mut AnyConnection,
    rows: &[N],
) -> Result<Vec<N::Row>> {
    let mut stored: Vec<Option<N::Row>> = rows.iter().map(|_| None).collect();
    insert_all(connection, rows, Conflict::Fail, true, &mut |place, row| {
        stored[place] = Some(from_row(row)?);
        Ok(())
    })?;
    // No row is missing: that would have been an error.
    Ok(stored.into_iter().flatten().collect())
}

/// Inserts a row, or updates the existing one.
pub(super) fn insert_one<N: Values<Row: Writable>>(
    connection: &mut AnyConnection,
    new: &N,
    on_conflict: Conflict<'_>,
) -> Result<N::Row> {
    let rows: [&dyn BindAt; 1] = [new];
    let (table, touched) = (TableFacts::of::<N::Row>(), on_conflict.touched::<N::Row>());
    let touched = Given::of_some(&touched);
    let insert = Insert::new(table, &rows, new.columns(), on_conflict, touched, true);
    match first_row(connection, &insert) {
        Ok(Some(row)) => Ok(row),
        Ok(None) => Err(skipped(table, 1, 0)),
        Err(error) => Err(of_version(error, table)),
    }
}

/// Returns an upsert by the primary key, if each row sets it; `call` is the call that needs it.
pub(super) fn key_of_all<N: Values<Row: Writable>>(rows: &[N], call: &str) -> Result<Upsert> {
    let key = ColumnSet::of(N::Row::KEY);
    match rows.iter().position(|row| !key.without(row.columns()).is_empty()) {
        Some(place) => {
            let error = without_key(TableFacts::of::<N::Row>(), call);
            Err(if rows.len() > 1 { error.of_row(place, rows.len()) } else { error })
        }
        None => Ok(Upsert::on(key)),
    }
}

/// Inserts rows, or updates those that exist, as [`upsert`](crate::Executor::upsert) does with each.
pub(super) fn upsert_all<N: Values<Row: Writable>>(
    connection: &mut AnyConnection,
    rows: &[N],
    how: &Upsert,
) -> Result<u64> {
    let upsert = |connection: &mut AnyConnection, rows: &[N]| {
        insert_all(connection, rows, Conflict::Update(how), false, &mut |_, _| Ok(()))
    };
    let row_twice = connection.dialect().capabilities().row_twice;
    // Inside a transaction, a failed statement must not be the end of it: the rows are then written one by one.
    let may_fail = row_twice.is_some() && rows.len() > 1 && connection.depth() > 0;
    let written = if may_fail {
        connection.atomically(|connection| upsert(connection, rows))
    } else {
        upsert(connection, rows)
    };
    match written {
        Err(error) if row_twice.is_some() && error.database_code() == row_twice => connection
            .atomically(|connection| {
                rows.iter().map(|row| upsert(connection, std::slice::from_ref(row))).sum()
            }),
        written => written,
    }
    .map_err(|error| of_version(error, TableFacts::of::<N::Row>()))
}

/// Writes all columns of rows except their keys, as [`update`](crate::Executor::update) does with each. `on_row` gets
/// the position of each row and, if `returning`, the row as stored.
pub(super) fn update_all<T: Writable>(
    connection: &mut AnyConnection,
    rows: &[T],
    returning: bool,
    on_row: &mut dyn FnMut(usize, T),
) -> Result<()> {
    // Arrays of arrays are something else.
    let has_arrays = || (0..T::COLUMNS.len()).any(|column| T::column_type(column).is_many());
    if rows.len() > 1 && connection.dialect().capabilities().arrays && !has_arrays() {
        let at_once =
            connection.atomically(|connection| update_at_once(connection, rows, returning, on_row));
        match at_once {
            // Row by row, an earlier one may make room for a later one, and the error says which row it is about.
            Err(error) if is_of_row(error.kind()) => {}
            updated => return updated,
        }
    }
    if rows.len() > 1 && !connection.has_transactions() {
        let about_row = |error: &Error| is_of_row(error.kind());
        return update_together(connection, rows, returning, about_row, on_row);
    }
    let mut one_by_one = |connection: &mut AnyConnection| {
        for (place, row) in rows.iter().enumerate() {
            let (table, touched) = (TableFacts::of::<T>(), T::on_update());
            let update = UpdateRow::new(table, row, Given::of(&touched), returning);
            let mut stored = None;
            let updated = connection.run(&update, &mut |row| {
                stored = Some(from_row(row)?);
                Ok(Flow::Continue)
            });
            let (error, is_of_row) = match updated {
                Ok(0) => (missing_or_stale(connection, table, row), true),
                Ok(_) => {
                    stored.into_iter().for_each(|row| on_row(place, row));
                    continue;
                }
                Err(error) => {
                    let is_of_row = is_of_row(error.kind());
                    (of_version(error, table), is_of_row)
                }
            };
            let is_one = rows.len() > 1 && is_of_row;
            return Err(if is_one { error.of_row(place, rows.len()) } else { error });
        }
        Ok(())
    };
    if rows.len() > 1 { connection.atomically(one_by_one) } else { one_by_one(connection) }
}

/// Updates rows, and returns them as stored, in their order.
pub(super) fn update_all_returning<T: Writable>(
    connection: &mut AnyConnection,
    rows: &[T],
) -> Result<Vec<T>> {
    let mut stored: Vec<Option<T>> = rows.iter().map(|_| None).collect();
    update_all(connection, rows, true, &mut |place, row| stored[place] = Some(row))?;
    // No row is missing: that would have been an error.
    Ok(stored.into_iter().flatten().collect())
}

/// Returns whether an error of this kind is about one row.
fn is_of_row(kind: ErrorKind) -> bool {
    use ErrorKind::{Constraint, NotFound, OutOfRange, StaleRow, Value};
    matches!(kind, Constraint | NotFound | OutOfRange | StaleRow | Value)
}

/// Updates many rows by one statement.
///
/// # Errors
/// `STALE_ROW` if some rows were not updated. They are missing, stale or given twice.
fn update_at_once<T: Writable>(
    connection: &mut AnyConnection,
    rows: &[T],
    returning: bool,
    on_row: &mut dyn FnMut(usize, T),
) -> Result<()> {
    for (chunk, rows) in rows.chunks(UPDATED_ROWS).enumerate() {
        let values = RowValues::new(rows);
        let update = UpdateRows::new(&values, returning, connection.dialect())?;
        let updated = connection.run(&update, &mut |row| {
            let place = row.value(T::COLUMNS.len()).and_then(place).unwrap_or_default();
            on_row(chunk * UPDATED_ROWS + place, from_row(row)?);
            Ok(Flow::Continue)
        })?;
        if updated != rows.len() as u64 {
            return Err(Error::new(ErrorKind::StaleRow, "some rows were not updated"));
        }
    }
    Ok(())
}
