//! The calls that run statements, on a database or inside a transaction.

use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::query_dsl::methods::LimitDsl;

use super::batch::{self, Batch};
use super::copy::copy_in;
use super::diesel_query;
use super::many::{
    insert_all_returning, insert_one, insert_unread, key_of_all, update_all, update_all_returning,
    upsert_all,
};
use super::mode::{Blocking, Calls, Mode, waits};
use super::on_conflict::ConflictTarget;
use super::one::{change_by_key, delete, delete_by_key, find, touch, update, update_returning};
use super::read_as::ReadAs;
use super::rows::or_no_row;
use super::sealed::Sealed;
use super::statement::Conflict;
use super::tables::create_all;
use super::transaction::Tx;
use crate::backend::{Any, DieselQuery, Flow};
use crate::error::{Error, Result};
use crate::table::{KeyValue, Schema, Table, Values, Versioned, Writable};

/// Runs queries, on a [`Db`](crate::Db), or on a [`Tx`] inside a transaction. Functions that take `&impl Executor` work
/// with both.
///
/// With the Cargo feature `tokio`, an `AsyncDb` and an `AsyncTx` have the same calls, which return futures: functions that take
/// `&impl Executor<Async>` work with these, and functions that take `&impl Executor<M>`, for a [`Mode`] `M`, with all of them.
///
/// # Errors
/// Besides its own errors, each call fails if no connection is available (`NETWORK_ERROR`, `POOL_EXHAUSTED` and the
/// like), if the database refuses the statement (`QUERY_ERROR`, `INSERT_ERROR`, …), if a constraint is violated
/// (`CONSTRAINT_ERROR`), if a table or column is missing (`SCHEMA_ERROR`), and if a column or a Rust type can't hold a
/// value (`VALUE_ERROR`).
///
/// A statement with RETURNING has done its work before its rows are read. If a row can't be read, or if there are
/// several rows and [`one`](Executor::one) was called, the error doesn't undo the work. Inside a transaction, returning
/// the error does.
///
/// # Returned rows
/// [`insert`](Executor::insert), [`update_returning`](Executor::update_returning) and the like return the row of the
/// database's RETURNING: as written, with its key and its defaults. It includes the changes of a BEFORE trigger on
/// PostgreSQL. It doesn't include later changes of an AFTER trigger, on either database: read such a row again.
///
/// On a `Db`, a read is run again if its connection is lost (see
/// [`DbBuilder::retry_reads`](crate::DbBuilder::retry_reads)). A write never is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handle whose calls are `{M}`",
    label = "a handle of another kind",
    note = "`&impl Executor` takes a `Db`, a `Tx` or a `Session`; `&impl Executor<Async>` takes an `AsyncDb`, an `AsyncTx` or an \
            `AsyncSession`; `&impl Executor<M>` takes all of them, with `M: Mode`",
    note = "`AsyncDb::from(db)` and `async_db.blocking()` share one pool"
)]
pub trait Executor<M: Mode = Blocking>: Calls<M> {
    /// Loads all rows of a diesel query: a SELECT, or a statement with RETURNING.
    fn load<'a, U, Q>(&'a self, query: Q) -> M::Output<'a, Vec<U>>
    where
        Q: AsQuery,
        Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
        Q::SqlType: ReadAs<U>,
        U: Send + 'a,
    {
        const {
            // diesel uses this constant to refuse misplaced window functions.
            let _ = <Q::Query as QueryId>::IS_WINDOW_FUNCTION;
        }
        let query = query.as_query();
        self.call(move |on| diesel_query::load::<U, Q::SqlType, _>(on, &query))
    }

    /// Returns the rows of a diesel query one by one, without keeping all of them in memory: a SELECT, or a statement with
    /// RETURNING. See [`Stream`](crate::Stream).
    ///
    /// ```
    /// # use diesel::prelude::*;
    /// # use orm_core::{Db, Executor};
    /// # diesel::table! { users { id -> BigInt, name -> Text } }
    /// # fn f(db: &Db) -> orm_core::Result<()> {
    /// for name in db.stream(users::table.select(users::name))? {
    ///     let name: String = name?;
    ///     println!("{name}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    fn stream<'a, U, Q>(&'a self, query: Q) -> M::Rows<'a, U>
    where
        Q: AsQuery,
        Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
        Q::SqlType: ReadAs<U>,
        U: Send + 'a,
    {
        const {
            // diesel uses this constant to refuse misplaced window functions.
            let _ = <Q::Query as QueryId>::IS_WINDOW_FUNCTION;
        }
        let reader = diesel_query::reader::<U, Q::SqlType, _>(query.as_query());
        self.read(move || Ok(reader))
    }

    /// Loads the first row of a diesel SELECT, if there is one. Adds `LIMIT 1` if the query has no limit.
    fn first<'a, U, Q>(&'a self, query: Q) -> M::Output<'a, Option<U>>
    where
        Q: AsQuery + LimitDsl,
        Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
        Q::SqlType: ReadAs<U>,
        U: Send + 'a,
    {
        let query = query.as_query();
        self.call(move |on| diesel_query::first::<U, Q::SqlType, _>(on, &query))
    }

    /// Loads the only row of a diesel query: a SELECT, or a statement with RETURNING.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is no row, `QUERY_ERROR` if there are several.
    fn one<'a, U, Q>(&'a self, query: Q) -> M::Output<'a, U>
    where
        Q: AsQuery,
        Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
        Q::SqlType: ReadAs<U>,
        U: Send + 'a,
    {
        let query = query.as_query();
        self.call(move |on| diesel_query::one::<U, Q::SqlType, _>(on, &query))
    }

    /// Runs a diesel statement, and returns the number of rows it changed (0 for a SELECT).
    fn execute<'a, Q>(&'a self, query: Q) -> M::Output<'a, u64>
    where
        Q: QueryFragment<Any> + QueryId + Send + 'a,
    {
        self.call(move |on| {
            on.run_on(|connection| {
                connection.run(&DieselQuery(&query), &mut |_| Ok(Flow::Continue))
            })
        })
    }

    /// Counts the rows of a table or of a diesel query, with its limit, its offset, DISTINCT and GROUP BY:
    /// `db.count(users::table.filter(…))`.
    fn count<'a, Q>(&'a self, query: Q) -> M::Output<'a, u64>
    where
        Q: AsQuery + LimitDsl,
        Q::Query: QueryFragment<Any> + QueryId + Send + 'a,
    {
        let query = query.as_query();
        self.call(move |on| diesel_query::count(on, &query))
    }

    /// Runs SQL text with any number of statements, without parameters or results: for schema changes and settings.
    /// Never put values into the text.
    fn execute_sql<'a>(&'a self, sql: &'a str) -> M::Output<'a, ()> {
        self.call(|on| on.run_on(|connection| connection.batch(sql)))
    }

    /// Returns the row with this primary key, if there is one.
    fn find<T: Table>(&self, key: impl Into<T::Key>) -> M::Output<'_, Option<T>> {
        let key = KeyValue::<T>(key.into());
        self.call(move |on| find(on, &key))
    }

    /// Returns the row with this primary key.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is none.
    fn get<T: Table>(&self, key: impl Into<T::Key>) -> M::Output<'_, T> {
        let key = KeyValue::<T>(key.into());
        self.call(move |on| or_no_row(find(on, &key)))
    }

    /// Returns the SQL of a diesel query for this database, with placeholders for its values.
    ///
    /// `diesel::debug_query::<Any, _>` doesn't know the database and writes SQLite's SQL.
    ///
    /// # Errors
    /// `QUERY_ERROR` if diesel refuses the query, for example an UPDATE that sets nothing.
    fn sql<Q>(&self, query: &Q) -> Result<String>
    where
        Q: QueryFragment<Any>,
    {
        Ok(crate::backend::render_shown(query, Calls::dialect(self))?)
    }

    /// Inserts a row, and returns it as written, with its key and its defaults.
    fn insert<'a, N: Values<Row: Writable> + Send + 'a>(&'a self, new: N) -> M::Output<'a, N::Row> {
        self.call(move |on| on.run_on(|connection| insert_one(connection, &new, Conflict::Fail)))
    }

    /// Inserts any number of rows, all or none, and returns the number of stored rows. There are fewer if a trigger
    /// skips some (RAISE(IGNORE) on SQLite, a BEFORE trigger that returns NULL on PostgreSQL).
    ///
    /// Rows that leave out different columns are inserted by different statements, so the keys that the database
    /// assigns may not follow the order of the rows.
    fn insert_all<'a, N: Values<Row: Writable> + Send + 'a>(
        &'a self,
        rows: impl AsRef<[N]> + Send + 'a,
    ) -> M::Output<'a, u64> {
        self.call(move |on| {
            on.run_on(|connection| insert_unread(connection, rows.as_ref(), Conflict::Fail))
        })
    }

    /// Works like [`insert_all`](Executor::insert_all), but leaves out rows that conflict with a primary key or another
    /// unique constraint or index: with an existing row, or with one before them. Returns the number of stored rows.
    fn insert_all_or_ignore<'a, N: Values<Row: Writable> + Send + 'a>(
        &'a self,
        rows: impl AsRef<[N]> + Send + 'a,
    ) -> M::Output<'a, u64> {
        self.call(move |on| {
            on.run_on(|connection| insert_unread(connection, rows.as_ref(), Conflict::Ignore))
        })
    }

    /// Inserts any number of rows, all or none, and returns them as written, in their order.
    ///
    /// # Errors
    /// `QUERY_ERROR` if a trigger skips some of the rows, because the database doesn't report which. If one statement
    /// inserted all rows, the others are stored nevertheless, and the message says how many.
    fn insert_all_returning<'a, N: Values<Row: Writable> + Send + 'a>(
        &'a self,
        rows: impl AsRef<[N]> + Send + 'a,
    ) -> M::Output<'a, Vec<N::Row>> {
        self.call(move |on| on.run_on(|connection| insert_all_returning(connection, rows.as_ref())))
    }

    /// Inserts the rows of an iterator, all or none, and returns the number of stored rows, as
    /// [`insert_all`](Executor::insert_all) does. PostgreSQL gets them by COPY, and stores some while the next are read from
    /// the iterator. The memory doesn't depend on their number: a COPY takes up to 10,000 rows or 4 MB, and an INSERT on
    /// SQLite up to 128 rows.
    ///
    /// The transaction is open while the iterator runs: on SQLite, nobody else writes meanwhile. A statement timeout
    /// applies to each part. PostgreSQL's rules (`CREATE RULE`) don't see rows of COPY.
    ///
    /// ```
    /// # use orm_core::{Db, Executor, Values, Writable};
    /// # fn f<N: Values<Row: Writable> + Send>(db: &Db, new: impl Fn(i64) -> N + Send) -> orm_core::Result<u64> {
    /// db.copy_in((1..=1_000_000).map(new))
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`insert_all`](Executor::insert_all).
    fn copy_in<'a, N: Values<Row: Writable> + Send + 'a>(
        &'a self,
        rows: impl IntoIterator<Item = N, IntoIter: Send> + Send + 'a,
    ) -> M::Output<'a, u64> {
        self.call(move |on| copy_in(on, rows.into_iter().map(Ok)))
    }

    /// Works like [`copy_in`](Executor::copy_in), with the same errors, but an item may also be an error, of the
    /// application's own type, which ends the call. Then no row is stored.
    fn try_copy_in<'a, N: Values<Row: Writable> + Send + 'a, E: From<Error> + Send + 'a>(
        &'a self,
        rows: impl IntoIterator<Item = Result<N, E>, IntoIter: Send> + Send + 'a,
    ) -> M::Tried<'a, u64, E> {
        self.try_call(move |on| copy_in(on, rows.into_iter()))
    }

    /// Inserts a row. If there is a row with the same primary key, updates that row with the new values instead.
    /// Returns the row as stored.
    ///
    /// If the new row leaves out a column whose default the database fills in, the existing row keeps its value. A
    /// nullable column that is left out becomes NULL, and one with `default_fn` gets a new value. An existing row
    /// counts up its `version` and gets the values of its `on_update` columns, as with [`update`](Executor::update),
    /// whatever the new row contains.
    ///
    /// # Errors
    /// `QUERY_ERROR` if the new row leaves its key to the database: use [`upsert_on`](Executor::upsert_on).
    fn upsert<'a, N: Values<Row: Writable> + Send + 'a>(&'a self, new: N) -> M::Output<'a, N::Row> {
        self.call(move |on| {
            let how = key_of_all(std::slice::from_ref(&new), "upsert")?;
            on.run_on(|connection| insert_one(connection, &new, Conflict::Update(&how)))
        })
    }

    /// Works like [`upsert`](Executor::upsert), but finds the existing row by other unique columns:
    /// `db.upsert_on(users::email, new)`, or a tuple of columns. There must be a unique constraint or index on exactly
    /// these columns. [`on_conflict`](crate::on_conflict) also takes a partial index, and columns to leave alone.
    fn upsert_on<'a, N: Values<Row: Writable> + Send + 'a>(
        &'a self,
        target: impl ConflictTarget<Row = N::Row>,
        new: N,
    ) -> M::Output<'a, N::Row> {
        let how = target.on_conflict().how;
        self.call(move |on| {
            on.run_on(|connection| insert_one(connection, &new, Conflict::Update(&how)))
        })
    }

    /// Inserts or updates any number of rows, all or none, each as [`upsert`](Executor::upsert) does. Returns the number
    /// of rows that were inserted or updated. If several rows have the same key, the last one wins.
    ///
    /// Rows side by side that set the same columns share a statement. If a row of a statement has the key of another
    /// one, PostgreSQL takes a statement for each row.
    ///
    /// # Errors
    /// `QUERY_ERROR` if a new row leaves its key to the database: use [`upsert_all_on`](Executor::upsert_all_on).
    fn upsert_all<'a, N: Values<Row: Writable> + Send + 'a>(
        &'a self,
        rows: impl AsRef<[N]> + Send + 'a,
    ) -> M::Output<'a, u64> {
        self.call(move |on| {
            let rows = rows.as_ref();
            let how = key_of_all(rows, "upsert_all")?;
            on.run_on(|connection| upsert_all(connection, rows, &how))
        })
    }

    /// Works like [`upsert_all`](Executor::upsert_all), but finds the existing rows by other unique columns, as
    /// [`upsert_on`](Executor::upsert_on) does.
    fn upsert_all_on<'a, N: Values<Row: Writable> + Send + 'a>(
        &'a self,
        target: impl ConflictTarget<Row = N::Row>,
        rows: impl AsRef<[N]> + Send + 'a,
    ) -> M::Output<'a, u64> {
        let how = target.on_conflict().how;
        self.call(move |on| on.run_on(|connection| upsert_all(connection, rows.as_ref(), &how)))
    }

    /// Writes all columns of a row except its key.
    ///
    /// # Errors
    /// `NOT_FOUND` if no row has the key; `STALE_ROW` if the table has a `version` column and the row was changed since
    /// it was read.
    fn update<'a, T: Writable>(&'a self, row: &'a T) -> M::Output<'a, ()> {
        self.call(|on| on.run_on(|connection| update(connection, row)))
    }

    /// Works like [`update`](Executor::update), with the same errors, and returns the row as stored, with its new version,
    /// its `on_update` columns and its generated columns.
    fn update_returning<'a, T: Writable>(&'a self, row: &'a T) -> M::Output<'a, T> {
        self.call(|on| on.run_on(|connection| update_returning(connection, row)))
    }

    /// Counts up the version of a row, sets its `on_update` columns, and returns the row as stored. Of two transactions
    /// that change different rows below it at the same time, one then gets `STALE_ROW`.
    ///
    /// ```
    /// # use orm_core::*; fn f<Order: Versioned<Key = i64>, N: Values<Row: Writable> + Send>(db: &Db, line: impl Fn(&Order) -> N) -> orm_core::Result<N::Row> {
    /// db.retry_stale(3, |tx| {
    ///     let order = tx.touch(&tx.get::<Order>(1)?)?;
    ///     tx.insert(line(&order))
    /// })
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NOT_FOUND` if no row has the key; `STALE_ROW` if the row was changed or touched since it was read.
    fn touch<'a, T: Versioned>(&'a self, row: &'a T) -> M::Output<'a, T> {
        self.call(|on| on.run_on(|connection| touch(connection, row)))
    }

    /// Writes all columns of rows except their keys, all or none, each with its own values, as
    /// [`update`](Executor::update) does. Takes one statement for up to 10,000 rows on PostgreSQL, and one for each row
    /// on SQLite, which is as fast there.
    ///
    /// # Errors
    /// Those of [`update`](Executor::update). The message of `NOT_FOUND` and `STALE_ROW` names the first such row.
    fn update_all<'a, T: Writable>(
        &'a self,
        rows: impl AsRef<[T]> + Send + 'a,
    ) -> M::Output<'a, ()> {
        self.call(move |on| {
            let rows = rows.as_ref();
            on.run_on(|connection| update_all(connection, rows, false, &mut |_, _| ()))
        })
    }

    /// Works like [`update_all`](Executor::update_all), with the same errors, and returns the rows as stored, in the order of
    /// `rows`.
    fn update_all_returning<'a, T: Writable>(
        &'a self,
        rows: impl AsRef<[T]> + Send + 'a,
    ) -> M::Output<'a, Vec<T>> {
        self.call(move |on| on.run_on(|connection| update_all_returning(connection, rows.as_ref())))
    }

    /// Writes some columns of the row with this key, and returns the row:
    /// `db.update_by_key::<User>(id, UserChanges::default().name("Ada"))`. Without changes it only reads the row.
    ///
    /// # Errors
    /// `NOT_FOUND` if no row has the key.
    fn update_by_key<T: Writable>(
        &self,
        key: impl Into<T::Key>,
        changes: T::Changes,
    ) -> M::Output<'_, T> {
        let key = KeyValue::<T>(key.into());
        self.call(move |on| {
            if changes.columns().is_empty() {
                return or_no_row(find(on, &key));
            }
            on.run_on(|connection| change_by_key(connection, &key, &changes))
        })
    }

    /// Deletes a row, found by its key.
    ///
    /// # Errors
    /// `NOT_FOUND` if no row has its key; `STALE_ROW` if the table has a `version` column and the row was changed since
    /// it was read.
    fn delete<'a, T: Writable>(&'a self, row: &'a T) -> M::Output<'a, ()> {
        self.call(|on| on.run_on(|connection| delete(connection, row)))
    }

    /// Deletes the row with this key, whatever its version. Returns whether there was one.
    fn delete_by_key<T: Writable>(&self, key: impl Into<T::Key>) -> M::Output<'_, bool> {
        let key = KeyValue::<T>(key.into());
        self.call(move |on| on.run_on(|connection| delete_by_key(connection, &key)))
    }

    /// Runs `f` in a transaction: commits if it returns `Ok`, rolls back if it returns `Err` or panics. Inside a
    /// transaction, this opens a savepoint.
    ///
    /// On SQLite the transaction begins with IMMEDIATE, so two writers wait for each other instead of failing.
    ///
    /// # Errors
    /// What `f` returns, or an error of beginning or committing. Using the database handle inside `f` is an error
    /// (`TRANSACTION_ERROR`): use the handle that `f` gets.
    fn transaction<T>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T>
    where
        M: Mode<Waits = ()>,
    {
        self.wait((), |on| on.run_transaction(f))
    }

    /// Works like [`transaction`](Executor::transaction), but `f` may fail with the application's own error type.
    ///
    /// # Errors
    /// What `f` returns, or an error of beginning or committing.
    fn try_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        M: Mode<Waits = ()>,
    {
        self.wait((), |on| on.run_transaction(f))
    }

    /// Runs several statements, all or none, and returns their results: a tuple of items, or a `Vec` of items of one type.
    /// See [`batch`](mod@batch). Its errors are those of the statements, with [`Error::batch_place`].
    fn batch<'a, B: Batch + Send + 'a>(&'a self, batch: B) -> M::Output<'a, B::Output>
    where
        B::Output: Send,
    {
        self.call(move |on| batch::run(on, batch))
    }

    /// Sends a notification to a channel. Everyone who listens to the channel ([`Db::listen`](crate::Db::listen)) receives the
    /// payload, which is text of up to 7,999 bytes. A transaction sends it when it commits, and never if it rolls back.
    ///
    /// On PostgreSQL it is a `NOTIFY`, for all programs that listen; in one transaction, the same payload for the same channel
    /// is sent once. On SQLite, only listeners of the same [`Db`](crate::Db) get it.
    ///
    /// # Errors
    /// `VALUE_ERROR` if the channel is empty or longer than 63 bytes, if the payload is too long, or if either contains a NUL
    /// character.
    fn notify<'a>(&'a self, channel: &'a str, payload: &'a str) -> M::Output<'a, ()> {
        self.call(move |on| on.run_on(|connection| connection.notify(channel, payload)))
    }

    /// Creates the tables of a schema, with indexes and constraints, and its views, all or none: for tests and prototypes.
    /// Use migrations for a database that lasts.
    ///
    /// # Errors
    /// `CONFIG_ERROR` if the schema contradicts itself; `QUERY_ERROR` if a table already exists; `SCHEMA_ERROR` if the SQL of
    /// a view names something that is missing, or lacks a column of its struct.
    fn create_all<S: Schema>(&self) -> M::Output<'_, ()> {
        self.call(|on| create_all(on, &S::tables()))
    }
}

waits!(['t] Tx<'t>);
impl Executor for Tx<'_> {}
