//! The calls that run a `sql!` and read its rows.

use super::stream::SqlReader;
use super::{Row, Sql};
use crate::run::{Executor, Mode};

/// The calls that run a [`Sql`] and return rows of a type that the caller names: `sql.all::<(i64, String)>(&db)`.
///
/// It is in the prelude. They are the calls of a trait so that nobody has to name the [`Mode`] beside the type of the rows.
pub trait ReadSql<'a, M: Mode> {
    /// Runs it, and returns all rows.
    ///
    /// # Errors
    /// See [`Executor`]. `QUERY_ERROR` if the columns of the result aren't those of `T`; `VALUE_ERROR` if a value
    /// doesn't fit, such as a NULL where `T` has no `Option`.
    fn all<'s, T: Row>(&self, on: &'s impl Executor<M>) -> M::Output<'s, Vec<T>>
    where
        Self: 's;

    /// Runs it, and returns the first row, if there is one. It adds no LIMIT.
    ///
    /// # Errors
    /// See [`all`](ReadSql::all).
    fn first<'s, T: Row>(&self, on: &'s impl Executor<M>) -> M::Output<'s, Option<T>>
    where
        Self: 's;

    /// Runs it, and returns its only row.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is no row, `QUERY_ERROR` if there are several; see also [`all`](ReadSql::all).
    fn one<'s, T: Row>(&self, on: &'s impl Executor<M>) -> M::Output<'s, T>
    where
        Self: 's;

    /// Runs it, and returns its rows one by one, without keeping all of them in memory: see [`Stream`](crate::Stream).
    ///
    /// # Errors
    /// See [`all`](ReadSql::all). An error that occurs later is the stream's last item.
    fn stream<'s, T: Row>(self, on: &'s impl Executor<M>) -> M::Rows<'s, T>
    where
        'a: 's;
}

impl<'a, M: Mode> ReadSql<'a, M> for Sql<'a> {
    fn all<'s, T: Row>(&self, on: &'s impl Executor<M>) -> M::Output<'s, Vec<T>>
    where
        Self: 's,
    {
        on.call_of(self, |sql, on| sql.all_of(on))
    }

    fn first<'s, T: Row>(&self, on: &'s impl Executor<M>) -> M::Output<'s, Option<T>>
    where
        Self: 's,
    {
        on.call_of(self, |sql, on| sql.first_of(on))
    }

    fn one<'s, T: Row>(&self, on: &'s impl Executor<M>) -> M::Output<'s, T>
    where
        Self: 's,
    {
        on.call_of(self, |sql, on| sql.only_of(on))
    }

    fn stream<'s, T: Row>(self, on: &'s impl Executor<M>) -> M::Rows<'s, T>
    where
        'a: 's,
    {
        on.read(move || Ok(SqlReader::<T>::new(self)))
    }
}
