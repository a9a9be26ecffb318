//! The calls that run a query.

use super::attach::{Attach, load_related};
use super::build::Query;
use super::clauses::Clauses;
use super::join::{Joins, MOST_JOINED_ROWS, Owner};
use super::loaded::Loaded;
use super::picks::{Layout, Picks, Selected, Whole};
use super::select::{Columns, Select};
use super::with::Twice;
use crate::backend::more_than_one;
use crate::backend::{AnyConnection, AnyRow, ByText, Flow};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::run::level::{Level, Rows as LevelRows};
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode, read_count};
use crate::table::same::{is_doubled, is_only};
use crate::table::{BindAt, ColumnSet, Table, TableFacts};

impl<T: Table, L> Query<'_, T, L> {
    /// Returns all rows.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn all<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Vec<L::Out>>
    where
        Self: 'a,
        L: Attach<T>,
    {
        on.call_of(self, |query, on| query.load_rows(&Whole, on, query.clauses.range()))
    }

    pub(super) fn load_rows<S>(
        &self,
        picks: &S,
        on: &impl Sealed,
        range: (Option<i64>, Option<i64>),
    ) -> Result<Vec<L::Out>>
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        self.load_chosen((picks, ColumnSet::EMPTY), on, range, None, None)
    }

    /// Loads rows, and counts those without the limit and the offset.
    pub(super) fn load_counted<S>(
        &self,
        picks: &S,
        on: &impl Sealed,
        range: (Option<i64>, Option<i64>),
    ) -> Result<(Vec<L::Out>, u64)>
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        let mut total = 0;
        let picks = (picks, ColumnSet::EMPTY);
        let rows = self.load_chosen(picks, on, range, Some(&mut total), None)?;
        Ok((rows, total))
    }

    /// Loads rows, but related rows only for the first of them, if `choose` returns how many. Sets `total` to the number
    /// of rows without the limit and the offset. The columns of `also` are read whatever is selected.
    pub(super) fn load_chosen<S>(
        &self,
        (picks, also): (&S, ColumnSet),
        on: &impl Sealed,
        (limit, offset): (Option<i64>, Option<i64>),
        mut total: Option<&mut u64>,
        mut choose: Option<&mut Choose<'_, S::Read>>,
    ) -> Result<Vec<L::Out>>
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        let kept = self.kept::<S>(also);
        let selected = self.selected(picks, kept)?;
        let layout = S::layout(kept);
        let is_joined = L::LOADS && may_join(&self.clauses, limit);
        on.read_on(|connection| {
            let (joins, loaded) = self.join::<S::Row>(layout.width(), is_joined);
            let select = Select { limit, offset, joins, selected, ..self.to_select(Columns::All) };
            let mut found = RowsWith::<T, S, _> { rows: Vec::new(), layout, loaded };
            let known = self.known_key(connection.dialect()).filter(|_| L::LOADS);
            let mut ahead =
                known.map(|key| (key, self.join::<S::Row>(layout.width(), is_joined).1));
            let mut level = Level::below_known(ColumnSet::of(T::KEY));
            if let Some((key, ahead)) = &mut ahead {
                let key: &dyn BindAt = *key;
                self.load.add_level(LevelRows::new(&|| vec![key]), ahead, &mut level);
            }
            load(connection, select, level, layout, total.as_deref_mut(), &mut found)?;
            let RowsWith { mut rows, mut loaded, .. } = found;
            if let Some((key, ahead)) = ahead
                && is_only(TableFacts::of::<T>(), S::list(&rows).0, key, connection.dialect())?
            {
                loaded.fill(ahead);
            }
            if let Some(choose) = &mut choose {
                let count = choose(&rows)?;
                if count < rows.len() {
                    loaded.retain(&first_of(count, rows.len()));
                    rows.truncate(count);
                }
            }
            if L::LOADS && !rows.is_empty() {
                load_related::<S::Row, _>(
                    &self.load,
                    &|| S::list(&rows).0,
                    &mut loaded,
                    connection,
                )?;
            }
            self.load.attach_all(S::rows(rows), loaded)
        })
    }

    /// Returns the primary key that the query looks for, if rows that are related by it can be read in the same exchange.
    fn known_key(&self, dialect: Dialect) -> Option<&dyn BindAt> {
        let key = self.clauses.by_key.as_deref()?;
        // A term may write what is related.
        let may_read = dialect.capabilities().has_round_trips && self.clauses.with.is_empty();
        may_read.then_some(key)
    }

    /// Returns the columns that are read besides what is selected: those of `also`, those that relations start from, and
    /// the primary key, which shows that a row came twice.
    pub(super) fn kept<S>(&self, also: ColumnSet) -> ColumnSet
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        if L::LOADS { also.union(L::KEYS).union(ColumnSet::of(T::KEY)) } else { also }
    }

    /// Returns what is selected, if it isn't all columns.
    ///
    /// # Errors
    /// `QUERY_ERROR` if a column is to be kept that can't be, or if `distinct` would compare it.
    pub(super) fn selected<'s, S: Picks<T>>(
        &self,
        picks: &'s S,
        kept: ColumnSet,
    ) -> Result<Option<Selected<'s>>> {
        let selected = Selected::of::<T, S>(picks, kept)?;
        if selected.is_some() && self.clauses.distinct && !kept.is_empty() {
            return Err(related_of_distinct());
        }
        Ok(selected)
    }

    /// Whether related rows may be joined to the query's own.
    pub(super) fn may_join(&self) -> bool {
        may_join(&self.clauses, self.clauses.limit)
    }

    /// Returns the tables that are joined to the query's own, of which so many columns are read, if there may be some, and
    /// what takes their rows.
    pub(super) fn join<R: Send>(&self, width: usize, may_join: bool) -> (Joins<'_>, L::Loaded)
    where
        L: Attach<R>,
    {
        let mut joins = Joins::after(width);
        let loaded = if may_join {
            self.load.join(&mut joins, Owner::Table(T::NAME))
        } else {
            Loaded::none()
        };
        (joins, loaded)
    }

    /// Returns the first row, if there is one.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn first<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Option<L::Out>>
    where
        Self: 'a,
        L: Attach<T>,
    {
        on.call_of(self, |query, on| query.first_of(&Whole, on))
    }

    pub(super) fn first_of<S>(&self, picks: &S, on: &impl Sealed) -> Result<Option<L::Out>>
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        Ok(self.load_rows(picks, on, (self.clauses.at_most(1), self.clauses.offset))?.pop())
    }

    /// Returns the only row.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is none, `QUERY_ERROR` if there are several.
    pub fn one<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, L::Out>
    where
        Self: 'a,
        L: Attach<T>,
    {
        on.call_of(self, |query, on| query.only_of(&Whole, on))
    }

    pub(super) fn only_of<S>(&self, picks: &S, on: &impl Sealed) -> Result<L::Out>
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        only::<T, _>(self.load_rows(picks, on, (self.clauses.at_most(2), self.clauses.offset))?)
    }

    /// Returns the number of rows.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn count<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, u64>
    where
        Self: 'a,
        L: Clone + Send,
    {
        on.call_of(self, |query, on| query.count_of(on))
    }

    pub(super) fn count_of(&self, on: &impl Sealed) -> Result<u64> {
        let select = self.to_select(Columns::Count);
        on.read_on(|connection| {
            let mut count = 0;
            connection.run(&ByText(&select), &mut |row| {
                count = read_count(row, 0)?;
                Ok(Flow::Continue)
            })?;
            Ok(count)
        })
    }

    /// Returns whether there is a row.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn exists<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, bool>
    where
        Self: 'a,
        L: Clone + Send,
    {
        on.call_of(self, |query, on| query.exists_of(on))
    }

    pub(super) fn exists_of(&self, on: &impl Sealed) -> Result<bool> {
        let mut select = self.to_select(Columns::One);
        select.limit = Some(select.limit.map_or(1, |limit| limit.min(1)));
        on.read_on(|connection| {
            let mut found = false;
            connection.run(&ByText(&select), &mut |_| {
                found = true;
                Ok(Flow::Continue)
            })?;
            Ok(found)
        })
    }

    /// Returns the rows without those of other tables.
    pub(super) fn rows(&self, on: &impl Sealed) -> Result<Vec<T>> {
        on.read_on(|connection| {
            let layout = <Whole as Picks<T>>::layout(ColumnSet::EMPTY);
            let mut found = RowsWith::<T, Whole, _> { rows: Vec::new(), layout, loaded: () };
            let select = self.to_select(Columns::All);
            read(connection, &select, Level::default(), None, &mut found)?;
            Ok(found.rows)
        })
    }
}

/// Returns for how many of the rows, the first ones, related rows are loaded.
pub(super) type Choose<'c, T> = dyn FnMut(&[T]) -> Result<usize> + 'c;

/// What a statement finds, whatever the type of its rows: the code that runs it exists once for all tables.
trait Found {
    /// Reads one more row, and the rows joined to it.
    fn read(&mut self, row: &AnyRow<'_>) -> Result<()>;

    /// Forgets all rows, so that they are read without joined ones.
    fn restart(&mut self);

    /// Returns the values of the rows.
    fn list(&self) -> Vec<&dyn BindAt>;
}

/// Rows, and the rows that are joined to them.
struct RowsWith<T: Table, S: Picks<T>, F> {
    rows: Vec<S::Read>,
    layout: Layout,
    loaded: F,
}

impl<T: Table, S: Picks<T>, F: Loaded> Found for RowsWith<T, S, F> {
    fn read(&mut self, row: &AnyRow<'_>) -> Result<()> {
        self.rows.push(S::read(row, 0, self.layout)?);
        self.loaded.read(row)
    }

    fn restart(&mut self) {
        self.rows.clear();
        self.loaded = F::none();
    }

    fn list(&self) -> Vec<&dyn BindAt> {
        S::list(&self.rows).0
    }
}

/// Whether related rows may be joined to so many rows.
fn may_join(clauses: &Clauses<'_>, limit: Option<i64>) -> bool {
    (clauses.by_key.is_some() || limit.is_some_and(|limit| limit <= MOST_JOINED_ROWS))
        // PostgreSQL doesn't allow either of these with rows of other tables.
        && !clauses.distinct
        && clauses.lock.is_none()
        // What is joined may have to be read again, and a term may write.
        && clauses.with.is_empty()
}

/// Reads rows and those of the `level` below them, and rows again without joined ones if a join has returned one twice. Counts them if there is a `total`.
fn load(
    connection: &mut AnyConnection,
    select: Select<'_>,
    level: Level<'_>,
    layout: Layout,
    total: Option<&mut u64>,
    found: &mut dyn Found,
) -> Result<()> {
    let (table, may_double) = (select.table, select.joins.may_double(connection.dialect()));
    read(connection, &select, level, total, found)?;
    if may_double && is_doubled(table, found.list(), None)? {
        found.restart();
        let joins = Joins::after(layout.width());
        read(connection, &Select { joins, ..select }, Level::default(), None, found)?;
    }
    Ok(())
}

fn read(
    connection: &mut AnyConnection,
    select: &Select<'_>,
    level: Level<'_>,
    total: Option<&mut u64>,
    found: &mut dyn Found,
) -> Result<()> {
    let select_rows = ByText(select);
    let Some(total) = total else {
        if level.is_empty() {
            let mut on_row = |row: &AnyRow<'_>| found.read(row).map(|()| Flow::Continue);
            return connection.run(&select_rows, &mut on_row).map(drop);
        }
        return level.run_after(&[&select_rows], connection, &mut |_, row| found.read(row));
    };
    let selected = select.selected;
    let count = Select::new(select.table, select.clauses, Columns::Count);
    let count = Twice(Select { selected, ..count });
    level.run_after(&[&ByText(&count), &select_rows], connection, &mut |place, row| match place {
        0 => {
            *total = read_count(row, 0)?;
            Ok(())
        }
        _ => found.read(row),
    })
}

/// Returns the only one of rows of `T`.
pub(super) fn only<T: Table, R>(mut rows: Vec<R>) -> Result<R> {
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => Ok(row),
        (Some(_), false) => Err(more_than_one()),
        (None, _) => Err(no_such_row::<T>()),
    }
}

#[cold]
fn related_of_distinct() -> Error {
    Error::new(ErrorKind::Query, "a query with `distinct` and `select` can't load related rows")
        .with_hint(
            "rows with equal values may have different related rows: leave out `distinct`, or select whole rows",
        )
}

#[cold]
pub(super) fn no_such_row<T: Table>() -> Error {
    Error::new(ErrorKind::NotFound, format!("{} has no such row", T::NAME))
}

/// Returns which of `all` rows are the first `count`.
fn first_of(count: usize, all: usize) -> Vec<bool> {
    (0..all).map(|place| place < count).collect()
}
