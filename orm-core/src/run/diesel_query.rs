//! Reading the rows of diesel's queries.

use diesel::query_builder::{QueryFragment, QueryId};

use super::read_as::ReadAs;
use super::rows::{nothing_found, read_count, read_row};
use super::sealed::Sealed;
use super::stream::{Reader, next_row};
use crate::backend::more_than_one;
use crate::backend::{
    Any, AnyConnection, AnyRow, Counted, DieselQuery, FirstRow, Flow, OwnedQuery, Source,
};
use crate::error::Result;

pub(super) fn load<U, ST, Q>(on: &(impl Sealed + ?Sized), query: &Q) -> Result<Vec<U>>
where
    Q: QueryFragment<Any> + QueryId,
    ST: ReadAs<U>,
{
    on.read_on(|connection| {
        let mut rows = Vec::new();
        connection.run(&DieselQuery(query), &mut |row| {
            rows.push(read_row::<U, ST>(row)?);
            Ok(Flow::Continue)
        })?;
        Ok(rows)
    })
}

pub(super) fn first<U, ST, Q>(on: &(impl Sealed + ?Sized), query: &Q) -> Result<Option<U>>
where
    Q: QueryFragment<Any> + QueryId,
    ST: ReadAs<U>,
{
    on.read_on(|connection| {
        let mut found = None;
        connection.run(&FirstRow(query), &mut |row| {
            found = Some(read_row::<U, ST>(row)?);
            Ok(Flow::Stop)
        })?;
        Ok(found)
    })
}

pub(super) fn count<Q>(on: &(impl Sealed + ?Sized), query: &Q) -> Result<u64>
where
    Q: QueryFragment<Any> + QueryId,
{
    on.read_on(|connection| {
        let mut count = 0;
        connection.run(&Counted(query), &mut |row| {
            count = read_count(row, 0)?;
            Ok(Flow::Continue)
        })?;
        Ok(count)
    })
}

pub(super) fn one<U, ST, Q>(on: &(impl Sealed + ?Sized), query: &Q) -> Result<U>
where
    Q: QueryFragment<Any> + QueryId,
    ST: ReadAs<U>,
{
    let found = on.read_on(|connection| {
        let mut found = None;
        connection.run(&DieselQuery(query), &mut |row| {
            if found.is_some() {
                return Err(more_than_one());
            }
            found = Some(read_row::<U, ST>(row)?);
            Ok(Flow::Continue)
        })?;
        Ok(found)
    })?;
    found.ok_or_else(nothing_found)
}

/// Reads the rows of a diesel query.
pub(super) struct DieselReader<Q, U> {
    query: OwnedQuery<Q>,
    read: fn(&AnyRow<'_>) -> Result<U>,
}

impl<Q, U> Reader<U> for DieselReader<Q, U>
where
    Q: QueryFragment<Any> + QueryId,
{
    fn source(&self) -> &dyn Source {
        &self.query
    }

    #[inline]
    fn next(&mut self, connection: &mut AnyConnection) -> Result<Option<U>> {
        next_row(connection, &self.query, self.read)
    }
}

/// Returns what reads the rows of a query one by one.
pub(super) fn reader<U, ST, Q>(query: Q) -> DieselReader<Q, U>
where
    Q: QueryFragment<Any> + QueryId,
    ST: ReadAs<U>,
{
    DieselReader { query: OwnedQuery(query), read: read_row::<U, ST> }
}
