//! Items that write.

use std::sync::Arc;

use diesel::query_builder::{QueryFragment, QueryId};

use super::item::{Item, Read};
use super::reads::get;
use crate::backend::{Any, AnyConnection, AnyRow, DieselQuery, Effect, Source};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::run::many::key_of_all;
use crate::run::on_conflict::ConflictTarget;
use crate::run::rows::{from_row, missing_or_kept, missing_or_stale, skipped};
use crate::run::statement::{Conflict, Delete, Insert, KeyOf, Update, UpdateRow, Upsert};
use crate::table::{BindAt, Given, KeyValue, TableFacts, Values, Writable};

/// Runs a diesel statement, and returns the number of rows it changed. See
/// [`Executor::execute`](crate::Executor::execute).
pub fn execute<'a, Q>(query: Q) -> Item<'a, u64>
where
    Q: QueryFragment<Any> + QueryId + Send + 'a,
{
    Item::changed(Effect::Writes, move |_, f| f(&DieselQuery(&query)))
}

/// Inserts a row, and returns it as written. See [`Executor::insert`](crate::Executor::insert).
pub fn insert<'a, N: Values<Row: Writable> + Send + 'a>(new: N) -> Item<'a, N::Row> {
    insert_one(new, Existing::Fail)
}

/// Inserts a row, or updates the one with its primary key. See [`Executor::upsert`](crate::Executor::upsert).
pub fn upsert<'a, N: Values<Row: Writable> + Send + 'a>(new: N) -> Item<'a, N::Row> {
    let how = key_of_all(std::slice::from_ref(&new), "upsert");
    insert_one(new, Existing::Update(how))
}

/// Inserts a row, or updates the one that other unique columns find. See
/// [`Executor::upsert_on`](crate::Executor::upsert_on).
pub fn upsert_on<'a, N: Values<Row: Writable> + Send + 'a>(
    target: impl ConflictTarget<Row = N::Row>,
    new: N,
) -> Item<'a, N::Row> {
    insert_one(new, Existing::Update(Ok(target.on_conflict().how)))
}

/// Inserts rows, and returns how many were stored. All of them set the same columns, and one statement takes them: see
/// the limits of [`Executor::batch`](crate::Executor::batch), and [`Executor::insert_all`](crate::Executor::insert_all).
pub fn insert_all<'a, N: Values<Row: Writable> + Send + 'a>(
    rows: impl AsRef<[N]> + Send + 'a,
) -> Item<'a, u64> {
    insert_many(rows, Existing::Fail)
}

/// Works like [`insert_all`], but leaves out rows that conflict with a unique constraint. See
/// [`Executor::insert_all_or_ignore`](crate::Executor::insert_all_or_ignore).
pub fn insert_all_or_ignore<'a, N: Values<Row: Writable> + Send + 'a>(
    rows: impl AsRef<[N]> + Send + 'a,
) -> Item<'a, u64> {
    insert_many(rows, Existing::Ignore)
}

/// Inserts or updates rows, with the limits of [`insert_all`]. No two of them may have the same key. See
/// [`Executor::upsert_all`](crate::Executor::upsert_all).
pub fn upsert_all<'a, N: Values<Row: Writable> + Send + 'a>(
    rows: impl AsRef<[N]> + Send + 'a,
) -> Item<'a, u64> {
    let how = key_of_all(rows.as_ref(), "upsert_all");
    insert_many(rows, Existing::Update(how))
}

/// Works like [`upsert_all`], but finds the existing rows by other unique columns.
pub fn upsert_all_on<'a, N: Values<Row: Writable> + Send + 'a>(
    target: impl ConflictTarget<Row = N::Row>,
    rows: impl AsRef<[N]> + Send + 'a,
) -> Item<'a, u64> {
    insert_many(rows, Existing::Update(Ok(target.on_conflict().how)))
}

/// Works like [`insert_all`], and returns the rows as written, in their order. See
/// [`Executor::insert_all_returning`](crate::Executor::insert_all_returning).
pub fn insert_all_returning<'a, N: Values<Row: Writable> + Send + 'a>(
    rows: impl AsRef<[N]> + Send + 'a,
) -> Item<'a, Vec<N::Row>> {
    let given = rows.as_ref().len();
    let end = move |stored: Vec<N::Row>, changed: u64, _: &mut AnyConnection| {
        if stored.len() < given {
            return Err(skipped(TableFacts::of::<N::Row>(), given, changed));
        }
        Ok(stored)
    };
    Item::new(
        Effect::Writes,
        move |dialect, f| with_insert(rows.as_ref(), &Existing::Fail, true, dialect, f),
        Read::new(usize::MAX, from_row::<N::Row>, end),
    )
}

/// Writes all columns of a row except its key. If no row has its key, or if it is stale, the batch fails, and nothing of
/// it is done: because of this, a batch with it takes a second round trip. See
/// [`Executor::update`](crate::Executor::update).
pub fn update<T: Writable>(row: &T) -> Item<'_, ()> {
    let touched = T::on_update();
    Item::new(
        Effect::Writes,
        move |_, f| f(&UpdateRow::new(TableFacts::of::<T>(), row, Given::of(&touched), false)),
        Read::new(
            0,
            |_: &AnyRow<'_>| Ok(()),
            move |_, changed, connection| match changed {
                0 => Err(missing_or_stale(connection, TableFacts::of::<T>(), row)),
                _ => Ok(()),
            },
        ),
    )
    .deciding()
}

/// Works like [`update`], and returns the row as stored. See
/// [`Executor::update_returning`](crate::Executor::update_returning).
pub fn update_returning<T: Writable>(row: &T) -> Item<'_, T> {
    let touched = T::on_update();
    Item::new(
        Effect::Writes,
        move |_, f| f(&UpdateRow::new(TableFacts::of::<T>(), row, Given::of(&touched), true)),
        Read::new(1, from_row::<T>, move |mut rows: Vec<T>, _, connection| {
            rows.pop().ok_or_else(|| missing_or_stale(connection, TableFacts::of::<T>(), row))
        }),
    )
    .deciding()
}

/// Writes some columns of the row with this key, and returns the row. If no row has the key, the batch fails, and nothing
/// of it is done: because of this, a batch with it takes a second round trip. See
/// [`Executor::update_by_key`](crate::Executor::update_by_key).
pub fn update_by_key<'a, T: Writable + 'a>(
    key: impl Into<T::Key>,
    changes: T::Changes,
) -> Item<'a, T>
where
    T::Changes: 'a,
{
    if changes.columns().is_empty() {
        return get(key);
    }
    let key = Arc::new(KeyValue::<T>(key.into()));
    let looked_for = Arc::clone(&key);
    let touched = T::on_update();
    let statement = move |_, f: &mut dyn FnMut(&dyn Source) -> Result<()>| {
        let (changes, touched) = (Given::of(&changes), Given::of(&touched));
        f(&Update::new(TableFacts::of::<T>(), &*key, changes, touched))
    };
    let end = move |mut rows: Vec<T>, _: u64, connection: &mut AnyConnection| {
        let key = KeyOf::Value(&*looked_for);
        rows.pop().ok_or_else(|| missing_or_kept(connection, TableFacts::of::<T>(), key))
    };
    Item::new(Effect::Writes, statement, Read::new(1, from_row::<T>, end)).deciding()
}

/// Deletes a row, found by its key. If no row has its key, or if it is stale, the batch fails, and nothing of it is done:
/// because of this, a batch with it takes a second round trip. See [`Executor::delete`](crate::Executor::delete).
pub fn delete<T: Writable>(row: &T) -> Item<'_, ()> {
    Item::new(
        Effect::Writes,
        move |_, f| f(&Delete::new(TableFacts::of::<T>(), KeyOf::Row(row))),
        Read::new(
            0,
            |_: &AnyRow<'_>| Ok(()),
            move |_, changed, connection| match changed {
                0 => Err(missing_or_stale(connection, TableFacts::of::<T>(), row)),
                _ => Ok(()),
            },
        ),
    )
    .deciding()
}

/// Deletes the row with this key, and returns whether there was one. See
/// [`Executor::delete_by_key`](crate::Executor::delete_by_key).
pub fn delete_by_key<'a, T: Writable + 'a>(key: impl Into<T::Key>) -> Item<'a, bool> {
    let key = KeyValue::<T>(key.into());
    Item::new(
        Effect::Writes,
        move |_, f| f(&Delete::new(TableFacts::of::<T>(), KeyOf::Value(&key))),
        Read::new(0, |_: &AnyRow<'_>| Ok(()), |_, changed, _| Ok(changed > 0)),
    )
}

/// What happens to existing rows. An error is reported when the statement runs.
enum Existing {
    Fail,
    Ignore,
    Update(Result<Upsert>),
}

impl Existing {
    fn conflict(&self) -> Result<Conflict<'_>> {
        Ok(match self {
            Self::Fail => Conflict::Fail,
            Self::Ignore => Conflict::Ignore,
            Self::Update(Ok(how)) => Conflict::Update(how),
            Self::Update(Err(error)) => return Err(error.duplicate()),
        })
    }
}

fn insert_one<'a, N: Values<Row: Writable> + Send + 'a>(
    new: N,
    existing: Existing,
) -> Item<'a, N::Row> {
    let row = [new];
    Item::new(
        Effect::Writes,
        move |dialect, f| with_insert(&row, &existing, true, dialect, f),
        Read::new(1, from_row::<N::Row>, |mut rows: Vec<N::Row>, _, _| {
            rows.pop().ok_or_else(|| skipped(TableFacts::of::<N::Row>(), 1, 0))
        }),
    )
}

fn insert_many<'a, N: Values<Row: Writable> + Send + 'a>(
    rows: impl AsRef<[N]> + Send + 'a,
    existing: Existing,
) -> Item<'a, u64> {
    Item::changed(Effect::Writes, move |dialect, f| {
        with_insert(rows.as_ref(), &existing, false, dialect, f)
    })
}

/// Calls `f` with the statement that inserts rows, if there are any.
///
/// # Errors
/// If it takes several statements.
fn with_insert<N: Values<Row: Writable>>(
    rows: &[N],
    existing: &Existing,
    returning: bool,
    dialect: Dialect,
    f: &mut dyn FnMut(&dyn Source) -> Result<()>,
) -> Result<()> {
    let on_conflict = existing.conflict()?;
    let Some(first) = rows.first() else { return Ok(()) };
    let columns = first.columns();
    let most = match columns.len() {
        0 => 1,
        count => dialect.capabilities().parameters / count,
    };
    if rows.len() > most {
        return Err(several(&format!("a statement takes {most} of the {} rows", rows.len())));
    }
    if rows.iter().any(|row| row.columns() != columns) {
        return Err(several("the rows leave out different columns"));
    }
    let rows: Vec<&dyn BindAt> = rows.iter().map(|row| row as &dyn BindAt).collect();
    let (table, touched) = (TableFacts::of::<N::Row>(), on_conflict.touched::<N::Row>());
    f(&Insert::new(table, &rows, columns, on_conflict, Given::of_some(&touched), returning))
}

#[cold]
fn several(why: &str) -> Error {
    Error::new(ErrorKind::Query, format!("the rows need several statements: {why}"))
        .with_hint("a batch splits no statement: pass the rows in several ones")
}
