//! What can be run, on a database or inside a transaction.

use diesel::deserialize::FromSqlRow;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::query_dsl::CompatibleType;
use diesel::query_dsl::methods::LimitDsl;
use diesel::sql_types::BigInt;

use super::rows::{
    first_row, from_row, insert_groups, missing_or_stale, more_than_one, no_row, read_row, skipped,
    upsert,
};
use super::statement::{Delete, Find, Insert, OnConflict, Update, UpdateRow};
use super::transaction::{Tx, run_transaction};
use crate::backend::{Any, AnyConnection, Counted, DieselQuery, FirstRow, Flow, Isolation};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{ColumnSet, Columns, Schema, Table, Values};

pub(crate) mod sealed {
    use super::{AnyConnection, Error, Result, Tx};

    /// Gives a connection. Only [`Db`](crate::Db) and [`Tx`] do.
    pub trait Sealed {
        #[doc(hidden)]
        fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R>;

        /// The same for what only reads: `f` may be run again where the connection was lost, from its start.
        #[doc(hidden)]
        fn read_on<R>(&self, f: impl FnMut(&mut AnyConnection) -> Result<R>) -> Result<R>;

        #[doc(hidden)]
        fn run_transaction<T, E: From<Error>>(
            &self,
            f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
        ) -> Result<T, E>;
    }
}

/// Runs queries: implemented by [`Db`](crate::Db), and by [`Tx`] inside a transaction. Functions that take
/// `&impl Executor` work with both.
///
/// # Errors
/// Beside what each call says: where no connection can be had (`NETWORK_ERROR`, `POOL_EXHAUSTED` and the
/// like), a statement that the database refuses (`QUERY_ERROR`, `INSERT_ERROR`, …), a violated constraint
/// (`CONSTRAINT_ERROR`), a table or column that is not there (`SCHEMA_ERROR`), and a value that a column or
/// a Rust type can't hold (`VALUE_ERROR`).
///
/// A statement with RETURNING has done its work by the time that its rows are read: where one can't be, or
/// where there are several and [`one`](Executor::one) was called, the error doesn't take the work back. Inside
/// a transaction, returning the error does.
///
/// # Rows that come back
/// A row that [`insert`](Executor::insert), [`update_returning`](Executor::update_returning) and the like give back is the
/// database's RETURNING: the row with its key and its defaults, as it was written. What a BEFORE trigger made of it on
/// PostgreSQL is seen. What an AFTER trigger changes of it later is not, on either database: read such a row again.
///
/// On a `Db`, what only reads is run again where its connection is lost (see
/// [`DbBuilder::retry_reads`](crate::DbBuilder::retry_reads)); what writes never is.
pub trait Executor: sealed::Sealed {
    /// Loads all rows of a diesel query: a SELECT, or a statement with RETURNING.
    fn load<U, Q>(&self, query: Q) -> Result<Vec<U>>
    where
        Q: AsQuery,
        Q::Query: QueryFragment<Any> + QueryId,
        Q::SqlType: CompatibleType<U, Any>,
        U: FromSqlRow<<Q::SqlType as CompatibleType<U, Any>>::SqlType, Any>,
    {
        const {
            // diesel refuses misplaced window functions by this constant.
            let _ = <Q::Query as QueryId>::IS_WINDOW_FUNCTION;
        }
        let query = query.as_query();
        self.read_on(|connection| {
            let mut rows = Vec::new();
            connection.run(&DieselQuery(&query), &mut |row| {
                rows.push(read_row(row)?);
                Ok(Flow::Continue)
            })?;
            Ok(rows)
        })
    }

    /// Loads the first row of a diesel SELECT, if it has one. Adds `LIMIT 1` where the query has no limit.
    fn first<U, Q>(&self, query: Q) -> Result<Option<U>>
    where
        Q: AsQuery + LimitDsl,
        Q::Query: QueryFragment<Any> + QueryId,
        Q::SqlType: CompatibleType<U, Any>,
        U: FromSqlRow<<Q::SqlType as CompatibleType<U, Any>>::SqlType, Any>,
    {
        let query = query.as_query();
        self.read_on(|connection| {
            let mut found = None;
            connection.run(&FirstRow(&query), &mut |row| {
                found = Some(read_row(row)?);
                Ok(Flow::Stop)
            })?;
            Ok(found)
        })
    }

    /// Loads the only row of a diesel query: a SELECT, or a statement with RETURNING.
    ///
    /// # Errors
    /// `NOT_FOUND` where there is no row, `QUERY_ERROR` where there are several.
    fn one<U, Q>(&self, query: Q) -> Result<U>
    where
        Q: AsQuery,
        Q::Query: QueryFragment<Any> + QueryId,
        Q::SqlType: CompatibleType<U, Any>,
        U: FromSqlRow<<Q::SqlType as CompatibleType<U, Any>>::SqlType, Any>,
    {
        let query = query.as_query();
        let found = self.read_on(|connection| {
            let mut found = None;
            connection.run(&DieselQuery(&query), &mut |row| {
                if found.is_some() {
                    return Err(more_than_one());
                }
                found = Some(read_row(row)?);
                Ok(Flow::Continue)
            })?;
            Ok(found)
        })?;
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "the query found no row"))
    }

    /// Runs a diesel statement and tells how many rows it changed (0 for a SELECT).
    fn execute<Q>(&self, query: Q) -> Result<usize>
    where
        Q: QueryFragment<Any> + QueryId,
    {
        self.run_on(|connection| connection.run(&DieselQuery(&query), &mut |_| Ok(Flow::Continue)))
    }

    /// Counts the rows of a table or of a diesel query as it stands: with its limit, its offset, DISTINCT and
    /// GROUP BY. `db.count(users::table.filter(…))`.
    fn count<Q>(&self, query: Q) -> Result<i64>
    where
        Q: AsQuery + LimitDsl,
        Q::Query: QueryFragment<Any> + QueryId,
    {
        let query = query.as_query();
        self.read_on(|connection| {
            let mut count = 0;
            connection.run(&Counted(&query), &mut |row| {
                count = read_row::<i64, BigInt>(row)?;
                Ok(Flow::Continue)
            })?;
            Ok(count)
        })
    }

    /// Runs SQL text of any number of statements, without parameters and results: for schema changes and
    /// settings. Never put values into the text.
    fn execute_sql(&self, sql: &str) -> Result<()> {
        self.run_on(|connection| connection.batch(sql))
    }

    /// The row with this primary key, if there is one.
    fn find<T: Table>(&self, key: impl Into<T::Key>) -> Result<Option<T>> {
        let find = Find::<T>::new(key.into());
        self.read_on(|connection| first_row(connection, &find))
    }

    /// The row with this primary key.
    ///
    /// # Errors
    /// `NOT_FOUND` where there is none.
    fn get<T: Table>(&self, key: impl Into<T::Key>) -> Result<T> {
        self.find(key)?.ok_or_else(|| no_row::<T>())
    }

    /// The SQL of a diesel query as this database gets it, with placeholders for its values.
    ///
    /// `diesel::debug_query::<Any, _>` knows no database and writes SQLite's.
    ///
    /// # Errors
    /// `QUERY_ERROR` where diesel refuses the query, such as an UPDATE that sets nothing.
    fn sql<Q>(&self, query: &Q) -> Result<String>
    where
        Q: QueryFragment<Any>,
    {
        self.run_on(|connection| Ok(crate::backend::render_shown(query, connection.dialect())?))
    }

    /// Inserts a row and gives it back as it was written, with its key and its defaults.
    fn insert<N: Values>(&self, new: N) -> Result<N::Row> {
        let rows = [&new];
        let insert = Insert::new(&rows, new.columns(), OnConflict::Fail, true);
        self.run_on(|connection| first_row(connection, &insert))?
            .ok_or_else(|| skipped::<N::Row>(1, 0))
    }

    /// Inserts any number of rows, all or none, and tells how many are stored: fewer where a trigger skips some
    /// (RAISE(IGNORE) on SQLite, a BEFORE trigger that returns NULL on PostgreSQL).
    ///
    /// Rows that leave out different columns go in different statements, so that keys that the database
    /// counts up may not follow the order of the rows.
    fn insert_all<N: Values>(&self, rows: impl AsRef<[N]>) -> Result<usize> {
        let rows = rows.as_ref();
        self.run_on(|connection| insert_groups(connection, rows, false, &mut |_, _| Ok(())))
    }

    /// Inserts any number of rows, all or none, and gives them back as they were written, in their order.
    ///
    /// # Errors
    /// `QUERY_ERROR` where a trigger skips some of the rows, as the database doesn't say which. Where all rows went in
    /// one statement, the others are stored all the same; the message tells how many.
    fn insert_all_returning<N: Values>(&self, rows: impl AsRef<[N]>) -> Result<Vec<N::Row>> {
        let rows = rows.as_ref();
        let mut stored: Vec<Option<N::Row>> = rows.iter().map(|_| None).collect();
        self.run_on(|connection| {
            insert_groups(connection, rows, true, &mut |place, row| {
                stored[place] = Some(from_row(row)?);
                Ok(())
            })
        })?;
        // None is missing: that would have been an error.
        Ok(stored.into_iter().flatten().collect())
    }

    /// Inserts a row, or, where one with the same primary key is there, gives that one the new values.
    /// Gives the row back as it is stored.
    ///
    /// Columns whose default the database fills in keep theirs where the new row leaves them out; a nullable
    /// column that is left out is NULL, and one with `default_fn` has a new value. A row that is there
    /// already counts its `version` up and takes the values of its `on_update` columns, as with
    /// [`update`](Executor::update), whatever the new row holds.
    ///
    /// # Errors
    /// `QUERY_ERROR` where the new row leaves its key to the database: use
    /// [`upsert_on`](Executor::upsert_on).
    fn upsert<N: Values>(&self, new: N) -> Result<N::Row> {
        let key = ColumnSet::of(N::Row::KEY);
        if !key.without(new.columns()).is_empty() {
            return Err(Error::new(
                ErrorKind::Query,
                format!("`upsert` into {} needs a row with its primary key", N::Row::NAME),
            )
            .with_hint("set the key, or name the unique columns with `upsert_on`"));
        }
        self.run_on(|connection| upsert(connection, &new, key))
    }

    /// The same for a row that is found by other unique columns: `db.upsert_on(users::email, new)`, or a
    /// tuple of columns. A unique constraint or index must be over exactly these.
    fn upsert_on<N: Values>(&self, columns: impl Columns<Row = N::Row>, new: N) -> Result<N::Row> {
        fn set<C: Columns>(_: &C) -> ColumnSet {
            C::SET
        }
        let key = set(&columns);
        self.run_on(|connection| upsert(connection, &new, key))
    }

    /// Writes all columns of a row but its key.
    ///
    /// # Errors
    /// `NOT_FOUND` where no row has the key; `STALE_ROW` where the table has a `version` column and
    /// somebody else changed the row since it was read.
    fn update<T: Table>(&self, row: &T) -> Result<()> {
        let update = UpdateRow::new(row, false);
        self.run_on(|connection| match connection.run(&update, &mut |_| Ok(Flow::Continue))? {
            0 => Err(missing_or_stale(connection, row)),
            _ => Ok(()),
        })
    }

    /// The same, and gives the row back as it is stored: with its new version, its `on_update` columns and
    /// its generated ones.
    ///
    /// # Errors
    /// As for [`update`](Executor::update).
    fn update_returning<T: Table>(&self, row: &T) -> Result<T> {
        let update = UpdateRow::new(row, true);
        self.run_on(|connection| match first_row(connection, &update)? {
            Some(row) => Ok(row),
            None => Err(missing_or_stale(connection, row)),
        })
    }

    /// Writes some columns of the row with this key, and gives the row back:
    /// `db.change::<User>(id, UserChanges::default().name("Ada"))`. Without a change it only reads the row.
    ///
    /// # Errors
    /// `NOT_FOUND` where no row has the key.
    fn change<T: Table>(&self, key: impl Into<T::Key>, changes: T::Changes) -> Result<T> {
        if changes.columns().is_empty() {
            return self.get(key);
        }
        let Some(update) = Update::<T>::new(key.into(), &changes) else {
            return Err(no_row::<T>());
        };
        self.run_on(|connection| first_row(connection, &update))?.ok_or_else(|| no_row::<T>())
    }

    /// Deletes a row.
    ///
    /// # Errors
    /// `NOT_FOUND` where no row has its key; `STALE_ROW` where the table has a `version` column and somebody
    /// else changed the row since it was read.
    fn delete<T: Table>(&self, row: &T) -> Result<()> {
        let delete = Delete::row(row);
        self.run_on(|connection| match connection.run(&delete, &mut |_| Ok(Flow::Continue))? {
            0 => Err(missing_or_stale(connection, row)),
            _ => Ok(()),
        })
    }

    /// Deletes the row with this key, whatever its version, and tells whether there was one.
    fn delete_by_key<T: Table>(&self, key: impl Into<T::Key>) -> Result<bool> {
        let delete = Delete::<T>::by_key(key.into());
        let deleted =
            self.run_on(|connection| connection.run(&delete, &mut |_| Ok(Flow::Continue)));
        Ok(deleted? > 0)
    }

    /// Runs `f` in a transaction: commits when it returns `Ok`, rolls back when it returns `Err` or panics.
    /// Inside a transaction it is a savepoint.
    ///
    /// On SQLite it begins IMMEDIATE, so that two writers wait for each other instead of failing.
    ///
    /// # Errors
    /// What `f` returns, or what beginning or committing fails with. Using the database handle inside is an
    /// error (`TRANSACTION_ERROR`): use the handle that `f` gets.
    fn transaction<T>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.run_transaction(f)
    }

    /// The same for an `f` that fails with an error of the application's own.
    ///
    /// # Errors
    /// What `f` returns, or what beginning or committing fails with.
    fn try_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run_transaction(f)
    }

    /// Creates the tables of a schema with their indexes and constraints, all or none: for tests and
    /// prototypes. A database that lives on has migrations.
    ///
    /// # Errors
    /// `CONFIG_ERROR` where the schema contradicts itself; `QUERY_ERROR` where a table exists already.
    fn create_all<S: Schema>(&self) -> Result<()> {
        let tables = S::tables();
        self.run_transaction(|tx| {
            sealed::Sealed::run_on(tx, |connection| {
                for statement in crate::schema::create_schema(&tables, connection.dialect())? {
                    connection.batch(&statement)?;
                }
                Ok(())
            })
        })
    }
}

impl sealed::Sealed for Tx<'_> {
    fn run_on<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        self.borrow(f)?
    }

    /// Never again: what was done before in the transaction is lost with the connection.
    fn read_on<R>(&self, mut f: impl FnMut(&mut AnyConnection) -> Result<R>) -> Result<R> {
        self.borrow(|connection| f(connection))?
    }

    fn run_transaction<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.borrow(|connection| run_transaction(connection, Isolation::Default, false, f))?
    }
}

impl Executor for Tx<'_> {}
