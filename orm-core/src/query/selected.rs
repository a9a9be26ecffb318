//! The calls that read some columns of a query's rows, with their related rows.

use super::attach::Attach;
use super::build::Query;
use super::columns::SelectedColumns;
use super::page::Page;
use super::picks::Picked;
use super::selection::Selection;
use super::selects::SelectsAs;
use crate::run::{Executor, Mode};
use crate::table::Table;

/// The calls that read the rows of a [`Selection`] as values of a type that the caller names.
///
/// It is in the prelude. They are the calls of a trait so that nobody has to name the [`Mode`] beside the type of the rows.
pub trait ReadSelection<'q, T: Table, L, E, M: Mode> {
    /// Returns all rows. The values of each become a `U`, a tuple or what a [`Query::select_as`] says.
    ///
    /// Relations are loaded as by [`Query::all`], with as few round trips. The columns that they start from are read as well,
    /// if they aren't selected.
    ///
    /// # Errors
    /// See [`Executor`]. `QUERY_ERROR` for `distinct` with relations: rows with equal values may have different related
    /// rows.
    fn all<'a, U>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Vec<L::Out>>
    where
        Self: 'a,
        E: SelectsAs<T, U> + Send,
        L: Attach<U>,
        U: Send;

    /// Returns the first row, if there is one.
    ///
    /// # Errors
    /// See [`all`](Self::all).
    fn first<'a, U>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Option<L::Out>>
    where
        Self: 'a,
        E: SelectsAs<T, U> + Send,
        L: Attach<U>,
        U: Send;

    /// Returns the only row.
    ///
    /// # Errors
    /// See [`all`](Self::all). `NOT_FOUND` if there is none, `QUERY_ERROR` if there are several.
    fn one<'a, U>(&self, on: &'a impl Executor<M>) -> M::Output<'a, L::Out>
    where
        Self: 'a,
        E: SelectsAs<T, U> + Send,
        L: Attach<U>,
        U: Send;

    /// Reads a page of rows: see [`Query::page`].
    ///
    /// # Errors
    /// Those of [`Query::page`] and [`all`](Self::all).
    fn page<'a, U>(
        &self,
        on: &'a impl Executor<M>,
        number: u64,
        size: u64,
    ) -> M::Output<'a, Page<L::Out>>
    where
        Self: 'a,
        E: SelectsAs<T, U> + Send,
        L: Attach<U>,
        U: Send;

    /// Returns the rows one by one, without keeping all of them in memory: see [`Query::stream`].
    ///
    /// # Errors
    /// See [`all`](Self::all). An error that occurs later is the stream's last item.
    fn stream<'a, U>(self, on: &'a impl Executor<M>) -> M::Rows<'a, L::Out>
    where
        E: SelectsAs<T, U> + Send + 'a,
        L: Attach<U> + 'a,
        U: Send + 'a,
        L::Out: 'a,
        'q: 'a;
}

impl<'q, T: Table, L, E, M: Mode> ReadSelection<'q, T, L, E, M> for Selection<'q, T, L, E> {
    fn all<'a, U>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Vec<L::Out>>
    where
        Self: 'a,
        E: SelectsAs<T, U> + Send,
        L: Attach<U>,
        U: Send,
    {
        on.call_of(self, move |this, on| {
            this.query.load_rows(&Picked::new(&this.columns), on, this.query.clauses.range())
        })
    }

    fn first<'a, U>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Option<L::Out>>
    where
        Self: 'a,
        E: SelectsAs<T, U> + Send,
        L: Attach<U>,
        U: Send,
    {
        on.call_of(self, move |this, on| this.query.first_of(&Picked::new(&this.columns), on))
    }

    fn one<'a, U>(&self, on: &'a impl Executor<M>) -> M::Output<'a, L::Out>
    where
        Self: 'a,
        E: SelectsAs<T, U> + Send,
        L: Attach<U>,
        U: Send,
    {
        on.call_of(self, move |this, on| this.query.only_of(&Picked::new(&this.columns), on))
    }

    fn page<'a, U>(
        &self,
        on: &'a impl Executor<M>,
        number: u64,
        size: u64,
    ) -> M::Output<'a, Page<L::Out>>
    where
        Self: 'a,
        E: SelectsAs<T, U> + Send,
        L: Attach<U>,
        U: Send,
    {
        on.call_of(self, move |this, on| {
            this.query.page_of(&Picked::new(&this.columns), on, number, size)
        })
    }

    fn stream<'a, U>(self, on: &'a impl Executor<M>) -> M::Rows<'a, L::Out>
    where
        E: SelectsAs<T, U> + Send + 'a,
        L: Attach<U> + 'a,
        U: Send + 'a,
        L::Out: 'a,
        'q: 'a,
    {
        let (query, columns) = self.into_parts();
        on.read(move || query.into_reader(Picked::new(columns)))
    }
}

impl<'q, T: Table, L, E> Selection<'q, T, L, E> {
    pub(super) fn into_parts(self) -> (Query<'q, T, L>, SelectedColumns<E>) {
        (self.query, self.columns)
    }
}
