//! Reading rows by pages.

use super::attach::Attach;
use super::build::Query;
use super::picks::{Picks, Whole};
use crate::error::{Error, ErrorKind, Result};
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode};
use crate::table::Table;

/// One page of a query's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of the page.
    pub items: Vec<T>,
    /// The number of the page, counted from 1.
    pub number: u64,
    /// The number of rows on a page.
    pub size: u64,
    /// The number of rows on all pages together.
    pub total: u64,
}

impl<T> Page<T> {
    /// Returns the number of pages.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.size.max(1))
    }

    /// Returns whether there is a page after this one.
    pub fn has_next(&self) -> bool {
        self.number < self.pages()
    }
}

impl<T: Table, L> Query<'_, T, L> {
    /// Reads page `number`, counted from 1, with `size` rows, and the total number of rows: two statements, in one
    /// exchange with a PostgreSQL server. Sort by unique columns, so that no row is on two pages.
    ///
    /// # Errors
    /// `QUERY_ERROR` if the number or the size is 0, or if the query has its own limit or offset.
    pub fn page<'a, M: Mode>(
        &self,
        on: &'a impl Executor<M>,
        number: u64,
        size: u64,
    ) -> M::Output<'a, Page<L::Out>>
    where
        Self: 'a,
        L: Attach<T>,
    {
        on.call_of(self, move |query, on| query.page_of(&Whole, on, number, size))
    }

    pub(super) fn page_of<S>(
        &self,
        picks: &S,
        on: &impl Sealed,
        number: u64,
        size: u64,
    ) -> Result<Page<L::Out>>
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        let invalid = |message: &str| Err(Error::new(ErrorKind::Query, message));
        if number == 0 || size == 0 {
            return invalid("pages are counted from 1 and have at least one row");
        }
        if self.clauses.is_limited() {
            return invalid("a query that is read by pages can't have a limit or an offset");
        }
        let (Ok(limit), Some(Ok(offset))) =
            (i64::try_from(size), (number - 1).checked_mul(size).map(i64::try_from))
        else {
            return invalid("the page is beyond what a database can count");
        };
        let (items, total) = self.load_counted(picks, on, (Some(limit), Some(offset)))?;
        Ok(Page { items, number, size, total })
    }
}
