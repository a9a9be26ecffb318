//! SQL by hand whose rows have a type.

use std::fmt;
use std::marker::PhantomData;

use super::stream::SqlReader;
use super::{Row, Sql};
use crate::run::{Executor, Mode};

/// SQL by hand whose rows are of type `T`: what `sql!(T, "…")` returns.
///
/// It runs as [`Sql`] does. The check of the command line and `kit::check_sql` compare the columns of its result with
/// `T`.
#[must_use = "SQL does nothing before `all`, `first`, `one` or `stream`"]
pub struct TypedSql<'a, T> {
    #[doc(hidden)]
    pub sql: Sql<'a>,
    #[doc(hidden)]
    pub of: PhantomData<fn() -> T>,
}

impl<T> Clone for TypedSql<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TypedSql<'_, T> {}

impl<T> fmt::Debug for TypedSql<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sql.fmt(f)
    }
}

impl<'a, T> TypedSql<'a, T> {
    /// Runs it, and returns all rows.
    ///
    /// # Errors
    /// See [`ReadSql::all`](super::ReadSql::all).
    pub fn all<'s, M: Mode>(&self, on: &'s impl Executor<M>) -> M::Output<'s, Vec<T>>
    where
        Self: 's,
        T: Row,
    {
        on.call_of(&self.sql, |sql, on| sql.all_of(on))
    }

    /// Runs it, and returns the first row, if there is one. It adds no LIMIT.
    ///
    /// # Errors
    /// See [`ReadSql::all`](super::ReadSql::all).
    pub fn first<'s, M: Mode>(&self, on: &'s impl Executor<M>) -> M::Output<'s, Option<T>>
    where
        Self: 's,
        T: Row,
    {
        on.call_of(&self.sql, |sql, on| sql.first_of(on))
    }

    /// Runs it, and returns its only row.
    ///
    /// # Errors
    /// See [`ReadSql::one`](super::ReadSql::one).
    pub fn one<'s, M: Mode>(&self, on: &'s impl Executor<M>) -> M::Output<'s, T>
    where
        Self: 's,
        T: Row,
    {
        on.call_of(&self.sql, |sql, on| sql.only_of(on))
    }

    /// Runs it, and returns its rows one by one: see [`ReadSql::stream`](super::ReadSql::stream).
    ///
    /// # Errors
    /// See [`ReadSql::stream`](super::ReadSql::stream).
    pub fn stream<'s, M: Mode>(self, on: &'s impl Executor<M>) -> M::Rows<'s, T>
    where
        T: Row,
        'a: 's,
    {
        on.read(move || Ok(SqlReader::new(self.sql)))
    }
}
