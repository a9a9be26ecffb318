//! SQL by hand in a batch.

use super::{Row, Sql, TypedSql};
use crate::backend::{AnyRow, Effect, Places};
use crate::error::Result;
use crate::run::batch::{Batched, Item, ReadRow};
use crate::run::nothing_found;

impl<'a> Sql<'a> {
    /// Makes an item of a [batch](crate::batch) of it: `sql!("…").batched().execute()`.
    pub fn batched(self) -> Batched<Self> {
        Batched(self)
    }

    fn effect(&self) -> Effect {
        if self.reads() { Effect::Reads } else { Effect::Writes }
    }
}

impl<'a, T> TypedSql<'a, T> {
    /// Makes an item of a [batch](crate::batch) of it: `sql!(User, "…").batched().all()`.
    pub fn batched(self) -> Batched<Self> {
        Batched(self)
    }
}

impl<'a> Batched<Sql<'a>> {
    /// Returns all rows, as [`ReadSql::all`](super::ReadSql::all) does.
    pub fn all<T: Row + 'a>(self) -> Item<'a, Vec<T>> {
        Item::all(self.0.effect(), move |_, f| f(&self.0), Reader::new())
    }

    /// Returns the first row, if there is one, as [`ReadSql::first`](super::ReadSql::first) does.
    pub fn first<T: Row + 'a>(self) -> Item<'a, Option<T>> {
        Item::first(self.0.effect(), move |_, f| f(&self.0), Reader::new())
    }

    /// Returns the only row, as [`ReadSql::one`](super::ReadSql::one) does. The batch fails, and nothing of it is done, with `NOT_FOUND` if there is
    /// none and with `QUERY_ERROR` if there are several.
    pub fn one<T: Row + 'a>(self) -> Item<'a, T> {
        Item::one(self.0.effect(), move |_, f| f(&self.0), Reader::new(), nothing_found)
    }

    /// Returns the number of rows that it changed (0 for a SELECT), as [`Sql::execute`] does.
    pub fn execute(self) -> Item<'a, u64> {
        Item::changed(self.0.effect(), move |_, f| f(&self.0))
    }
}

impl<'a, T: Row + 'a> Batched<TypedSql<'a, T>> {
    /// Returns all rows, as [`ReadSql::all`](super::ReadSql::all) does.
    pub fn all(self) -> Item<'a, Vec<T>> {
        Batched(self.0.sql).all()
    }

    /// Returns the first row, if there is one, as [`ReadSql::first`](super::ReadSql::first) does.
    pub fn first(self) -> Item<'a, Option<T>> {
        Batched(self.0.sql).first()
    }

    /// Returns the only row, as [`ReadSql::one`](super::ReadSql::one) does. The batch fails if there is none, or if there are several.
    pub fn one(self) -> Item<'a, T> {
        Batched(self.0.sql).one()
    }
}

/// Finds the columns of the result with its first row.
struct Reader {
    places: Option<Places>,
}

impl Reader {
    fn new() -> Self {
        Self { places: None }
    }
}

impl<T: Row> ReadRow<T> for Reader {
    fn restart(&mut self) {
        self.places = None;
    }

    fn read(&mut self, row: &AnyRow<'_>) -> Result<T> {
        let places = match &mut self.places {
            Some(places) => places,
            none => none.insert(row.places(T::places)?),
        };
        T::read(row, places)
    }
}
