//! Writing and deleting one row.

use super::rows::{first_row, missing_or_kept, missing_or_stale, write_row};
use super::sealed::Sealed;
use super::statement::{Delete, Find, KeyOf, Update, UpdateRow};
use crate::backend::{AnyConnection, Flow, Source};
use crate::error::Result;
use crate::table::{Given, KeyValue, Table, TableFacts, Versioned, Writable, of_version};

/// Returns the row with this primary key, if there is one.
pub(super) fn find<T: Table>(on: &impl Sealed, key: &KeyValue<T>) -> Result<Option<T>> {
    let find = Find::new(TableFacts::of::<T>(), KeyOf::Value(key));
    on.read_on(|connection| first_row(connection, &find))
}

/// Writes all columns of a row except its key.
pub(super) fn update<T: Writable>(connection: &mut AnyConnection, row: &T) -> Result<()> {
    let (table, touched) = (TableFacts::of::<T>(), T::on_update());
    let update = UpdateRow::new(table, row, Given::of(&touched), false);
    write_row(connection, &update, table, row)
}

/// Writes all columns of a row except its key, and returns the row as stored.
pub(super) fn update_returning<T: Writable>(connection: &mut AnyConnection, row: &T) -> Result<T> {
    let (table, touched) = (TableFacts::of::<T>(), T::on_update());
    returned(connection, &UpdateRow::new(table, row, Given::of(&touched), true), row)
}

/// Counts up the version of a row, and sets its columns with `on_update`.
pub(super) fn touch<T: Versioned>(connection: &mut AnyConnection, row: &T) -> Result<T> {
    let (table, touched) = (TableFacts::of::<T>(), T::on_update());
    returned(connection, &UpdateRow::touch(table, row, Given::of(&touched)), row)
}

/// Runs the statement that writes a row, and returns the row as stored.
fn returned<T: Writable>(
    connection: &mut AnyConnection,
    statement: &dyn Source,
    row: &T,
) -> Result<T> {
    let table = TableFacts::of::<T>();
    match first_row(connection, statement) {
        Ok(Some(row)) => Ok(row),
        Ok(None) => Err(missing_or_stale(connection, table, row)),
        Err(error) => Err(of_version(error, table)),
    }
}

/// Writes some columns of the row with this key, and returns the row.
pub(super) fn change_by_key<T: Writable>(
    connection: &mut AnyConnection,
    key: &KeyValue<T>,
    changes: &T::Changes,
) -> Result<T> {
    let touched = T::on_update();
    let (changes, touched) = (Given::of(changes), Given::of(&touched));
    let table = TableFacts::of::<T>();
    match first_row(connection, &Update::new(table, key, changes, touched)) {
        Ok(Some(row)) => Ok(row),
        Ok(None) => Err(missing_or_kept(connection, table, KeyOf::Value(key))),
        Err(error) => Err(of_version(error, table)),
    }
}

/// Deletes a row.
pub(super) fn delete<T: Writable>(connection: &mut AnyConnection, row: &T) -> Result<()> {
    let table = TableFacts::of::<T>();
    write_row(connection, &Delete::new(table, KeyOf::Row(row)), table, row)
}

/// Deletes the row with this key. Returns whether there was one.
pub(super) fn delete_by_key<T: Writable>(
    connection: &mut AnyConnection,
    key: &KeyValue<T>,
) -> Result<bool> {
    let delete = Delete::new(TableFacts::of::<T>(), KeyOf::Value(key));
    Ok(connection.run(&delete, &mut |_| Ok(Flow::Continue))? > 0)
}
