//! Items that read.

use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::query_dsl::methods::LimitDsl;

use super::item::{Item, Read};
use crate::backend::{Any, AnyRow, Counted, DieselQuery, Effect, FirstRow};
use crate::error::Result;
use crate::run::read_as::ReadAs;
use crate::run::rows::{from_row, no_row, nothing_found, read_count, read_row};
use crate::run::statement::{Find, KeyOf, Own};
use crate::table::{KeyValue, Table, TableFacts};

/// Reads a row. Unlike the function's own type, this has nothing of the query in it.
type ReadFn<U> = fn(&AnyRow<'_>) -> Result<U>;

/// Loads all rows of a diesel query: a SELECT, or a statement with RETURNING. See [`Executor::load`](crate::Executor::load).
pub fn load<'a, U: Send + 'a, Q>(query: Q) -> Item<'a, Vec<U>>
where
    Q: AsQuery,
    Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
    Q::SqlType: ReadAs<U>,
{
    let query = query.as_query();
    Item::all(
        Effect::ReturnsRows,
        move |_, f| f(&DieselQuery(&query)),
        read_row::<U, Q::SqlType> as ReadFn<U>,
    )
}

/// Loads the first row of a diesel SELECT, if there is one. See [`Executor::first`](crate::Executor::first).
pub fn first<'a, U: Send + 'a, Q>(query: Q) -> Item<'a, Option<U>>
where
    Q: AsQuery + LimitDsl,
    Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
    Q::SqlType: ReadAs<U>,
{
    let query = query.as_query();
    Item::first(
        Effect::ReturnsRows,
        move |_, f| f(&FirstRow(&query)),
        read_row::<U, Q::SqlType> as ReadFn<U>,
    )
}

/// Loads the only row of a diesel query. The batch fails, and nothing of it is done, with `NOT_FOUND` if there is no row
/// and with `QUERY_ERROR` if there are several. See [`Executor::one`](crate::Executor::one).
pub fn one<'a, U: Send + 'a, Q>(query: Q) -> Item<'a, U>
where
    Q: AsQuery,
    Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
    Q::SqlType: ReadAs<U>,
{
    let query = query.as_query();
    Item::one(
        Effect::ReturnsRows,
        move |_, f| f(&DieselQuery(&query)),
        read_row::<U, Q::SqlType> as ReadFn<U>,
        nothing_found,
    )
}

/// Counts the rows of a table or of a diesel query. See [`Executor::count`](crate::Executor::count).
pub fn count<'a, Q>(query: Q) -> Item<'a, u64>
where
    Q: AsQuery + LimitDsl,
    Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
{
    let query = query.as_query();
    Item::new(
        Effect::Reads,
        move |_, f| f(&Counted(&query)),
        Read::new(
            1,
            |row: &AnyRow<'_>| read_count(row, 0),
            |mut rows: Vec<u64>, _, _| Ok(rows.pop().unwrap_or_default()),
        ),
    )
}

/// Returns the row with this primary key, if there is one. See [`Executor::find`](crate::Executor::find).
pub fn find<'a, T: Table + 'a>(key: impl Into<T::Key>) -> Item<'a, Option<T>> {
    let key = KeyValue::<T>(key.into());
    Item::first(Effect::Reads, move |_, f| f(&by_key(&key)), from_row::<T>)
}

/// Returns the row with this primary key. If there is none, the batch fails with `NOT_FOUND`, and nothing of it is done. See
/// [`Executor::get`](crate::Executor::get).
pub fn get<'a, T: Table + 'a>(key: impl Into<T::Key>) -> Item<'a, T> {
    let (table, key) = (TableFacts::of::<T>(), KeyValue::<T>(key.into()));
    Item::one(Effect::Reads, move |_, f| f(&by_key(&key)), from_row::<T>, || no_row(table))
}

fn by_key<T: Table>(key: &KeyValue<T>) -> Own<Find<'_>> {
    Find::new(TableFacts::of::<T>(), KeyOf::Value(key))
}
