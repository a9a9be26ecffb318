//! The calls that read some columns of a query's rows, with their related rows.

use super::attach::Attach;
use super::build::Query;
use super::page::Page;
use super::picks::Picked;
use super::selection::Selection;
use super::selects::SelectsAs;
use crate::error::Result;
use crate::run::{Executor, Stream};
use crate::table::Table;

impl<'q, T: Table, L, E> Selection<'q, T, L, E> {
    /// Returns all rows. The values of each become a `U`, a tuple or what a [`Query::select_as`] says.
    ///
    /// Relations are loaded as by [`Query::all`], with as few round trips. The columns that they start from are read as well,
    /// if they aren't selected.
    ///
    /// # Errors
    /// See [`Executor`]. `QUERY_ERROR` for `distinct` with relations: rows with equal values may have different related
    /// rows.
    pub fn all<U>(&self, on: &impl Executor) -> Result<Vec<L::Out>>
    where
        E: SelectsAs<T, U>,
        L: Attach<U>,
    {
        self.query.load_rows(&Picked::new(&self.columns), on, self.query.clauses.range())
    }

    /// Returns the first row, if there is one.
    ///
    /// # Errors
    /// See [`all`](Self::all).
    pub fn first<U>(&self, on: &impl Executor) -> Result<Option<L::Out>>
    where
        E: SelectsAs<T, U>,
        L: Attach<U>,
    {
        self.query.first_of(&Picked::new(&self.columns), on)
    }

    /// Returns the only row.
    ///
    /// # Errors
    /// See [`all`](Self::all). `NOT_FOUND` if there is none, `QUERY_ERROR` if there are several.
    pub fn one<U>(&self, on: &impl Executor) -> Result<L::Out>
    where
        E: SelectsAs<T, U>,
        L: Attach<U>,
    {
        self.query.only_of(&Picked::new(&self.columns), on)
    }

    /// Reads a page of rows: see [`Query::page`].
    ///
    /// # Errors
    /// Those of [`Query::page`] and [`all`](Self::all).
    pub fn page<U>(&self, on: &impl Executor, number: u64, size: u64) -> Result<Page<L::Out>>
    where
        E: SelectsAs<T, U>,
        L: Attach<U>,
    {
        self.query.page_of(&Picked::new(&self.columns), on, number, size)
    }

    /// Returns the rows one by one, without keeping all of them in memory: see [`Query::stream`].
    ///
    /// # Errors
    /// See [`all`](Self::all). An error that occurs later is the stream's last item.
    pub fn stream<'a, U>(self, on: &'a impl Executor) -> Result<Stream<'a, L::Out>>
    where
        E: SelectsAs<T, U> + 'a,
        L: Attach<U> + 'a,
        T: 'a,
        U: 'a,
        L::Out: 'a,
        'q: 'a,
    {
        let (query, columns) = self.into_parts();
        query.stream_of(Picked::new(Box::new(columns)), on)
    }

    pub(super) fn into_parts(self) -> (Query<'q, T, L>, E) {
        (self.query, self.columns)
    }
}
