//! Reading the rows of a `sql!` one by one.

use super::{Places, Row, Sql};
use crate::backend::{AnyConnection, Source};
use crate::error::Result;
use crate::run::{Reader, next_row};

pub(super) struct SqlReader<'a, T> {
    sql: Sql<'a>,
    /// Where the fields are in a row. Found with the first one.
    places: Option<Places>,
    row: std::marker::PhantomData<fn() -> T>,
}

impl<'a, T> SqlReader<'a, T> {
    pub(super) fn new(sql: Sql<'a>) -> Self {
        Self { sql, places: None, row: std::marker::PhantomData }
    }
}

impl<T: Row> Reader<T> for SqlReader<'_, T> {
    fn source(&self) -> &dyn Source {
        &self.sql
    }

    fn next(&mut self, connection: &mut AnyConnection) -> Result<Option<T>> {
        let places = &mut self.places;
        next_row(connection, &self.sql, |row| {
            let places = match places {
                Some(places) => places,
                none => none.insert(row.places(T::places)?),
            };
            T::read(row, places)
        })
    }
}
