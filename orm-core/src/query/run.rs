//! The calls that run a query.

use super::attach::{Attach, load_related};
use super::build::Query;
use super::join::{Joins, MOST_JOINED_ROWS, Owner};
use super::loaded::Loaded;
use super::select::{Columns, Select};
use super::with::Twice;
use crate::backend::{AnyConnection, AnyRow, ByText, Flow, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Executor, from_row, more_than_one, read_count};
use crate::table::Table;
use crate::table::key::is_doubled;

impl<T: Table, L> Query<'_, T, L> {
    /// Returns all rows.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn all(&self, on: &impl Executor) -> Result<Vec<L::Out>>
    where
        L: Attach<T>,
    {
        self.load_rows(on, self.clauses.range())
    }

    pub(super) fn load_rows(
        &self,
        on: &impl Executor,
        range: (Option<i64>, Option<i64>),
    ) -> Result<Vec<L::Out>>
    where
        L: Attach<T>,
    {
        self.load_chosen(on, range, None, &mut |rows| Ok(rows.len()))
    }

    /// Loads rows, and counts those without the limit and the offset.
    pub(super) fn load_counted(
        &self,
        on: &impl Executor,
        range: (Option<i64>, Option<i64>),
    ) -> Result<(Vec<L::Out>, u64)>
    where
        L: Attach<T>,
    {
        let mut total = 0;
        let rows = self.load_chosen(on, range, Some(&mut total), &mut |rows| Ok(rows.len()))?;
        Ok((rows, total))
    }

    /// Loads rows, but related rows only for the first of them: `choose` returns how many. Sets `total` to the number of
    /// rows without the limit and the offset.
    pub(super) fn load_chosen(
        &self,
        on: &impl Executor,
        (limit, offset): (Option<i64>, Option<i64>),
        mut total: Option<&mut u64>,
        choose: &mut dyn FnMut(&[T]) -> Result<usize>,
    ) -> Result<Vec<L::Out>>
    where
        L: Attach<T>,
    {
        let is_joined = (self.clauses.is_by_key || limit.is_some_and(|limit| limit <= MOST_JOINED_ROWS))
            // PostgreSQL doesn't allow either of these with rows of other tables.
            && !self.clauses.distinct
            && self.clauses.lock.is_none()
            // What is joined may have to be read again, and a term may write.
            && self.clauses.with.is_empty();
        on.read_on(|connection| {
            let mut joins = Joins::after(T::COLUMNS.len());
            let mut loaded = if is_joined {
                self.load.join(&mut joins, Owner::Table(T::NAME))
            } else {
                Loaded::none()
            };
            let may_double = joins.may_double(connection.dialect());
            let total = total.as_deref_mut();
            let mut rows = self.run(connection, (limit, offset), total, joins, &mut loaded)?;
            if may_double && is_doubled(&rows, None)? {
                loaded = Loaded::none();
                let joins = Joins::after(T::COLUMNS.len());
                rows = self.run(connection, (limit, offset), None, joins, &mut loaded)?;
            }
            let count = choose(&rows)?;
            if count < rows.len() {
                loaded.retain(&first_of(count, rows.len()));
                rows.truncate(count);
            }
            load_related(&self.load, &rows, &mut loaded, connection)?;
            self.load.attach_all(rows, loaded)
        })
    }

    /// Reads the rows, and the rows joined to them.
    fn run<F: Loaded>(
        &self,
        connection: &mut AnyConnection,
        (limit, offset): (Option<i64>, Option<i64>),
        total: Option<&mut u64>,
        joins: Joins<'_>,
        loaded: &mut F,
    ) -> Result<Vec<T>> {
        let select = Select { limit, offset, joins, ..self.to_select(Columns::All) };
        let mut rows = Vec::new();
        let mut on_row = |row: &AnyRow<'_>| {
            rows.push(from_row(row)?);
            loaded.read(row)
        };
        match total {
            None => {
                connection
                    .run(&ByText(&select), &mut |row| on_row(row).map(|()| Flow::Continue))?;
            }
            Some(total) => {
                let count = Twice(self.to_select(Columns::Count));
                read_counted(connection, &ByText(&count), total, &ByText(&select), &mut on_row)?;
            }
        }
        Ok(rows)
    }

    /// Returns the first row, if there is one.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn first(&self, on: &impl Executor) -> Result<Option<L::Out>>
    where
        L: Attach<T>,
    {
        Ok(self.load_rows(on, (self.clauses.at_most(1), self.clauses.offset))?.pop())
    }

    /// Returns the only row.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is none, `QUERY_ERROR` if there are several.
    pub fn one(&self, on: &impl Executor) -> Result<L::Out>
    where
        L: Attach<T>,
    {
        let mut rows = self.load_rows(on, (self.clauses.at_most(2), self.clauses.offset))?;
        match (rows.pop(), rows.is_empty()) {
            (Some(row), true) => Ok(row),
            (Some(_), false) => Err(more_than_one()),
            (None, _) => Err(no_such_row::<T>()),
        }
    }

    /// Returns the number of rows.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn count(&self, on: &impl Executor) -> Result<u64> {
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
    pub fn exists(&self, on: &impl Executor) -> Result<bool> {
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
    pub(super) fn rows(&self, on: &impl Executor) -> Result<Vec<T>> {
        on.read_on(|connection| {
            self.run(connection, self.clauses.range(), None, Joins::default(), &mut ())
        })
    }
}

#[cold]
pub(super) fn no_such_row<T: Table>() -> Error {
    Error::new(ErrorKind::NotFound, format!("{} has no such row", T::NAME))
}

/// Runs the statement that counts rows and the one that returns some of them.
fn read_counted(
    connection: &mut AnyConnection,
    count: &dyn Source,
    total: &mut u64,
    select: &dyn Source,
    on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<()>,
) -> Result<()> {
    connection.run_all(&[count, select], &mut |place, row| match place {
        0 => {
            *total = read_count(row, 0)?;
            Ok(())
        }
        _ => on_row(row),
    })
}

/// Returns which of `all` rows are the first `count`.
fn first_of(count: usize, all: usize) -> Vec<bool> {
    (0..all).map(|place| place < count).collect()
}
