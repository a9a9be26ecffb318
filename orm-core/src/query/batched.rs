//! Queries in a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::attach::{Attach, Chain, list};
use super::build::Query;
use super::join::Joins;
use super::loaded::Loaded;
use super::run::{no_such_row, only};
use super::select::{self, Columns, Select};
use super::write::Verb;
use crate::backend::{AnyConnection, AnyRow, ByText, Effect, OwnedText, Source};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::run::batch::{Batched, BelowRows, Item, Read, Rows};
use crate::run::level::{Level, Rows as LevelRows};
use crate::run::{from_row, read_count};
use crate::table::same::is_doubled;
use crate::table::{Changeset, Table, TableFacts, Values as _, Writable};

impl<'q, T: Table, L> Query<'q, T, L> {
    /// Makes an item of a [batch](crate::batch) of this query: `User::query().batched().all()`. With relations, the batch
    /// takes [further round trips](crate::batch#relations).
    pub fn batched(self) -> Batched<Self> {
        Batched(self)
    }

    fn effect(&self) -> Effect {
        // A term may write.
        if self.clauses.with.is_empty() { Effect::Reads } else { Effect::ReturnsRows }
    }
}

impl<'q, T: Table + 'q> Batched<Query<'q, T>> {
    /// Returns all rows, as [`Query::all`] does.
    pub fn all(self) -> Item<'q, Vec<T>> {
        let (effect, rows) = (self.0.effect(), OwnedText(select::Rows::whole(self.0)));
        Item::all(effect, move |_, f| f(&rows), from_row::<T>)
    }

    /// Returns the first row, if there is one, as [`Query::first`] does.
    pub fn first(self) -> Item<'q, Option<T>> {
        let (effect, rows) = (self.0.effect(), OwnedText(select::Rows::whole(self.at_most(1))));
        Item::first(effect, move |_, f| f(&rows), from_row::<T>)
    }

    /// Returns the only row, as [`Query::one`] does. The batch fails, and nothing of it is done, with `NOT_FOUND` if there
    /// is none and with `QUERY_ERROR` if there are several.
    pub fn one(self) -> Item<'q, T> {
        let (effect, rows) = (self.0.effect(), OwnedText(select::Rows::whole(self.at_most(2))));
        Item::one(effect, move |_, f| f(&rows), from_row::<T>, no_such_row::<T>)
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
}

impl<'q, T: Table, A: 'q, B: 'q> Batched<Query<'q, T, Chain<A, B>>>
where
    Chain<A, B>: Attach<T>,
{
    /// Returns all rows with their related rows, as [`Query::all`] does.
    pub fn all(self) -> Item<'q, Vec<<Chain<A, B> as Attach<T>>::Out>> {
        WithRelated::item(self.0, Ok)
    }

    /// Returns the first row with its related rows, if there is one, as [`Query::first`] does.
    pub fn first(self) -> Item<'q, Option<<Chain<A, B> as Attach<T>>::Out>> {
        WithRelated::item(self.at_most(1), |mut rows: Vec<_>| Ok(rows.pop()))
    }

    /// Returns the only row with its related rows, as [`Query::one`] does. The batch fails, and nothing of it is done, with
    /// `NOT_FOUND` if there is none and with `QUERY_ERROR` if there are several.
    pub fn one(self) -> Item<'q, <Chain<A, B> as Attach<T>>::Out> {
        WithRelated::item(self.at_most(2), only::<T, _>).deciding()
    }
}

impl<'q, T: Table, L: Send + 'q> Batched<Query<'q, T, L>> {
    /// Returns the number of rows, as [`Query::count`] does.
    pub fn count(self) -> Item<'q, u64> {
        let end = |mut counts: Vec<u64>, _: u64, _: &mut AnyConnection| {
            Ok(counts.pop().unwrap_or_default())
        };
        Item::new(
            self.0.effect(),
            move |_, f| f(&ByText(&self.0.to_select(Columns::Count))),
            Read::new(1, |row: &AnyRow<'_>| read_count(row, 0), end),
        )
    }

    /// Returns whether there is a row, as [`Query::exists`] does.
    pub fn exists(self) -> Item<'q, bool> {
        let query = self.at_most(1);
        Item::new(
            query.effect(),
            move |_, f| f(&ByText(&query.to_select(Columns::One))),
            Read::new(1, |_: &AnyRow<'_>| Ok(()), |rows: Vec<()>, _, _| Ok(!rows.is_empty())),
        )
    }

    fn at_most(self, rows: i64) -> Query<'q, T, L> {
        let mut query = self.0;
        query.clauses.limit = query.clauses.at_most(rows);
        query
    }
}

/// The rows of a query with relations, and what becomes of them.
struct WithRelated<'q, T: Table, L: Attach<T>, E> {
    query: Joining<'q, T, L>,
    rows: Vec<T>,
    loaded: L::Loaded,
    end: E,
}

/// A query with the related rows that are joined to its own.
struct Joining<'q, T: Table, L> {
    query: Query<'q, T, L>,
    may_join: Arc<AtomicBool>,
}

impl<T: Table, L: Attach<T>> Joining<'_, T, L> {
    fn join(&self) -> (Joins<'_>, L::Loaded) {
        self.query.join::<T>(T::COLUMNS.len(), self.may_join.load(Ordering::Relaxed))
    }

    fn may_double(&self, dialect: Dialect) -> bool {
        self.join().0.may_double(dialect)
    }
}

impl<'q, T: Table, L: Attach<T> + 'q, E: Send + 'q> WithRelated<'q, T, L, E> {
    fn item<R>(query: Query<'q, T, L>, end: E) -> Item<'q, R>
    where
        E: FnMut(Vec<L::Out>) -> Result<R>,
    {
        let may_join = Arc::new(AtomicBool::new(query.may_join()));
        // A query can't be shared by threads, and an item may move to another one.
        let statement = Joining { query: query.clone(), may_join: Arc::clone(&may_join) };
        let query = Joining { query, may_join };
        let loaded = query.join().1;
        Item::new(
            query.query.effect(),
            move |_, f| {
                let joins = statement.join().0;
                f(&ByText(&Select { joins, ..statement.query.to_select(Columns::All) }))
            },
            Self { query, rows: Vec::new(), loaded, end },
        )
    }
}

impl<'a, T, L, R, E> Rows<'a, R> for WithRelated<'a, T, L, E>
where
    T: Table + 'a,
    L: Attach<T> + 'a,
    E: FnMut(Vec<L::Out>) -> Result<R> + 'a,
{
    fn clear(&mut self) {
        self.rows.clear();
        self.loaded = self.query.join().1;
    }

    fn push(&mut self, row: &AnyRow<'_>) -> Result<()> {
        self.rows.push(from_row(row)?);
        self.loaded.read(row)
    }

    fn finish(&mut self, _: u64, _: &mut AnyConnection) -> Result<R> {
        let rows = std::mem::take(&mut self.rows);
        let loaded = std::mem::replace(&mut self.loaded, Loaded::none());
        (self.end)(self.query.query.load.attach_all(rows, loaded)?)
    }

    fn below(&mut self) -> Option<&mut (dyn BelowRows + 'a)> {
        Some(self)
    }
}

impl<T: Table, L: Attach<T>, E> BelowRows for WithRelated<'_, T, L, E> {
    fn is_joined(&self, dialect: Dialect) -> bool {
        let (joins, loaded) = self.query.join();
        loaded.is_joined() && !joins.may_double(dialect)
    }

    fn must_run_again(&mut self, dialect: Dialect) -> Result<bool> {
        let is_doubled = self.query.may_double(dialect)
            && is_doubled(TableFacts::of::<T>(), list(&self.rows), None)?;
        if is_doubled {
            self.query.may_join.store(false, Ordering::Relaxed);
        }
        Ok(is_doubled)
    }

    fn is_complete(&self) -> bool {
        self.rows.is_empty() || self.loaded.is_complete()
    }

    fn add_level<'l>(&'l mut self, level: &mut Level<'l>) {
        let Self { query, rows, loaded, .. } = self;
        let rows: &'l [T] = rows;
        query.query.load.add_level(LevelRows::new(&|| list(rows)), loaded, level);
    }
}
