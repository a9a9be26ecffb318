//! Queries in a batch.

use super::build::Query;
use super::run::no_such_row;
use super::select::{Columns, Rows};
use super::write::Verb;
use crate::backend::{AnyConnection, AnyRow, ByText, Effect, OwnedText, Source};
use crate::error::Result;
use crate::run::batch::{Batched, Item, Read};
use crate::run::{from_row, read_count};
use crate::table::{Changeset, Table, Values as _, Writable};

impl<'q, T: Table> Query<'q, T> {
    /// Makes an item of a [batch](crate::batch) of this query: `User::query().batched().all()`.
    ///
    /// A query with relations takes several statements, so it can't be part of a batch.
    pub fn batched(self) -> Batched<Self> {
        Batched(self)
    }
}

impl<'q, T: Table + 'q> Batched<Query<'q, T>> {
    /// Returns all rows, as [`Query::all`] does.
    pub fn all(self) -> Item<'q, Vec<T>> {
        let rows = OwnedText(Rows::whole(self.0));
        Item::all(Effect::Reads, move |_, f| f(&rows), from_row::<T>)
    }

    /// Returns the first row, if there is one, as [`Query::first`] does.
    pub fn first(self) -> Item<'q, Option<T>> {
        let rows = OwnedText(Rows::whole(self.at_most(1)));
        Item::first(Effect::Reads, move |_, f| f(&rows), from_row::<T>)
    }

    /// Returns the only row, as [`Query::one`] does. The batch fails, and nothing of it is done, with `NOT_FOUND` if there
    /// is none and with `QUERY_ERROR` if there are several.
    pub fn one(self) -> Item<'q, T> {
        let rows = OwnedText(Rows::whole(self.at_most(2)));
        Item::one(Effect::Reads, move |_, f| f(&rows), from_row::<T>, no_such_row::<T>)
    }

    /// Returns the number of rows, as [`Query::count`] does.
    pub fn count(self) -> Item<'q, u64> {
        let end = |mut counts: Vec<u64>, _: u64, _: &mut AnyConnection| {
            Ok(counts.pop().unwrap_or_default())
        };
        Item::new(
            Effect::Reads,
            move |_, f| f(&ByText(&self.0.to_select(Columns::Count))),
            Read::new(1, |row: &AnyRow<'_>| read_count(row, 0), end),
        )
    }

    /// Returns whether there is a row, as [`Query::exists`] does.
    pub fn exists(self) -> Item<'q, bool> {
        let query = self.at_most(1);
        Item::new(
            Effect::Reads,
            move |_, f| f(&ByText(&query.to_select(Columns::One))),
            Read::new(1, |_: &AnyRow<'_>| Ok(()), |rows: Vec<()>, _, _| Ok(!rows.is_empty())),
        )
    }

    /// Deletes the rows, and returns their number, as [`Query::delete`] does.
    pub fn delete(self) -> Item<'q, u64>
    where
        T: Writable,
    {
        Item::changed(Effect::Writes, move |_, f| {
            f(&ByText(&self.0.statement(&Verb::Delete, false)))
        })
    }

    /// Deletes the rows, and returns them, as [`Query::delete_returning`] does.
    pub fn delete_returning(self) -> Item<'q, Vec<T>>
    where
        T: Writable,
    {
        let statement = move |_, f: &mut dyn FnMut(&dyn Source) -> Result<()>| {
            f(&ByText(&self.0.statement(&Verb::Delete, true)))
        };
        Item::all(Effect::Writes, statement, from_row::<T>)
    }

    /// Writes the same changes to all of the rows, and returns their number, as [`Query::update`] does.
    pub fn update(self, changes: T::Changes) -> Item<'q, u64>
    where
        T: Writable,
        T::Changes: 'q,
    {
        if changes.columns().is_empty() {
            return self.count();
        }
        let changes = Changeset::<T, _>::new(changes);
        Item::changed(Effect::Writes, move |_, f| {
            f(&ByText(&self.0.statement(&Verb::Update(&changes), false)))
        })
    }

    /// Works like [`update`](Self::update), and returns the changed rows, as [`Query::update_returning`] does.
    pub fn update_returning(self, changes: T::Changes) -> Item<'q, Vec<T>>
    where
        T: Writable,
        T::Changes: 'q,
    {
        if changes.columns().is_empty() {
            return self.all();
        }
        let changes = Changeset::<T, _>::new(changes);
        let statement = move |_, f: &mut dyn FnMut(&dyn Source) -> Result<()>| {
            f(&ByText(&self.0.statement(&Verb::Update(&changes), true)))
        };
        Item::all(Effect::Writes, statement, from_row::<T>)
    }

    fn at_most(self, rows: i64) -> Query<'q, T> {
        let mut query = self.0;
        query.clauses.limit = query.clauses.at_most(rows);
        query
    }
}
