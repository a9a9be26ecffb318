//! Reading the rows of a query one by one.

use std::collections::VecDeque;

use super::attach::{Attach, load_related};
use super::build::Query;
use super::loaded::Loaded;
use super::picks::{Picks, Whole};
use super::select::Rows;
use crate::backend::{AnyConnection, AnyRow, OwnedText, Source};
use crate::error::Result;
use crate::run::{Executor, Mode, Reader, next_row};
use crate::table::{ColumnSet, Table};

/// The most rows whose related rows are loaded together.
const MOST_ROWS: usize = 1000;
/// The most bytes of such rows.
const MOST_BYTES: usize = 1 << 20;

impl<'q, T: Table, L> Query<'q, T, L> {
    /// Returns the rows one by one, without keeping all of them in memory: see [`Stream`](crate::Stream). Related rows are loaded for up
    /// to 1,000 rows (or 1 MB of them) at a time, one statement for each relation.
    ///
    /// ```
    /// # use orm_core::{Db, Query, Table};
    /// # fn f<User: Table + std::fmt::Debug>(db: &Db) -> orm_core::Result<()> {
    /// for user in Query::<User>::new().stream(db)? {
    ///     println!("{:?}", user?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`Executor`]. An error that occurs later is the stream's last item.
    pub fn stream<'a, M: Mode>(self, on: &'a impl Executor<M>) -> M::Rows<'a, L::Out>
    where
        L: Attach<T> + 'a,
        L::Out: 'a,
        'q: 'a,
    {
        on.read(move || self.into_reader(Whole))
    }

    /// Returns what reads the rows.
    ///
    /// # Errors
    /// See [`selected`](Query::selected).
    pub(super) fn into_reader<S>(self, picks: S) -> Result<QueryReader<'q, T, L, S>>
    where
        S: Picks<T>,
        L: Attach<S::Row>,
    {
        let kept = self.kept::<S>(ColumnSet::EMPTY);
        self.selected(&picks, kept)?;
        let query = OwnedText(Rows { query: self, picks, kept });
        Ok(QueryReader { query, ready: VecDeque::new() })
    }
}

pub(super) struct QueryReader<'q, T: Table, L: Attach<S::Row>, S: Picks<T>> {
    query: OwnedText<Rows<'q, T, L, S>>,
    /// Rows with their related rows.
    ready: VecDeque<L::Out>,
}

impl<T: Table, L: Attach<S::Row>, S: Picks<T>> Reader<L::Out> for QueryReader<'_, T, L, S> {
    fn source(&self) -> &dyn Source {
        &self.query
    }

    fn is_beside(&self) -> bool {
        L::LOADS
    }

    #[inline]
    fn next(&mut self, connection: &mut AnyConnection) -> Result<Option<L::Out>> {
        if L::LOADS {
            return self.next_with_related(connection);
        }
        let layout = S::layout(self.query.0.kept);
        let read = |row: &AnyRow<'_>| S::read(row, 0, layout);
        let row = next_row(connection, &self.query, read)?;
        // Nothing is loaded, so no row is left out.
        Ok(row.map(S::row).and_then(L::unattached))
    }
}

impl<T: Table, L: Attach<S::Row>, S: Picks<T>> QueryReader<'_, T, L, S> {
    /// Loads the related rows of some rows together. A relation may leave out all of them.
    fn next_with_related(&mut self, connection: &mut AnyConnection) -> Result<Option<L::Out>> {
        let layout = S::layout(self.query.0.kept);
        while self.ready.is_empty() {
            let (mut rows, mut bytes) = (Vec::new(), 0);
            while rows.len() < MOST_ROWS && bytes < MOST_BYTES {
                let read = |row: &AnyRow<'_>| Ok((S::read(row, 0, layout)?, row.size()));
                let Some((row, size)) = next_row(connection, &self.query, read)? else { break };
                rows.push(row);
                bytes += size;
            }
            if rows.is_empty() {
                return Ok(None);
            }
            let (relations, mut loaded) = (&self.query.0.query.load, Loaded::none());
            connection.beside_rows(|connection| {
                load_related::<S::Row, _>(relations, &|| S::list(&rows).0, &mut loaded, connection)
            })?;
            self.ready = relations.attach_all(S::rows(rows), loaded)?.into();
        }
        Ok(self.ready.pop_front())
    }
}
