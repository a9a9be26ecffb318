//! Writing and deleting one row.

use super::rows::{first_row, missing_or_stale, write_row};
use super::statement::{Delete, KeyOf, Update, UpdateRow};
use crate::backend::{AnyConnection, Flow};
use crate::error::Result;
use crate::table::{Given, KeyValue, TableFacts, Writable};

/// Writes all columns of a row except its key.
pub(super) fn update<T: Writable>(connection: &mut AnyConnection, row: &T) -> Result<()> {
    let (table, touched) = (TableFacts::of::<T>(), T::on_update());
    let update = UpdateRow::new(table, row, Given::of(&touched), false);
    write_row(connection, &update, table, row)
}

/// Writes all columns of a row except its key, and returns the row as stored.
pub(super) fn update_returning<T: Writable>(connection: &mut AnyConnection, row: &T) -> Result<T> {
    let (table, touched) = (TableFacts::of::<T>(), T::on_update());
    let update = UpdateRow::new(table, row, Given::of(&touched), true);
    match first_row(connection, &update)? {
        Some(row) => Ok(row),
        None => Err(missing_or_stale(connection, table, row)),
    }
}

/// Writes some columns of the row with this key, and returns the row, if there is one.
pub(super) fn change_by_key<T: Writable>(
    connection: &mut AnyConnection,
    key: &KeyValue<T>,
    changes: &T::Changes,
) -> Result<Option<T>> {
    let touched = T::on_update();
    let (changes, touched) = (Given::of(changes), Given::of(&touched));
    first_row(connection, &Update::new(TableFacts::of::<T>(), key, changes, touched))
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
