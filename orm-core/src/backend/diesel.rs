//! diesel's connection traits.

use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use diesel::associations::HasTable;
use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, DefaultLoadingMode,
    Instrumentation, InstrumentationEvent, LoadConnection, SimpleConnection,
};
use diesel::dsl::Update;
use diesel::expression::{MixedAggregates, QueryMetadata, ValidGrouping, is_aggregate};
use diesel::query_builder::{AsChangeset, IntoUpdateTarget, Query, QueryFragment, QueryId};
use diesel::query_dsl::UpdateAndFetchResults;
use diesel::query_dsl::methods::LoadQuery;
use diesel::{ConnectionResult, QueryResult, RunQueryDsl, Table};

use super::any::{Names, OwnedRow};
use super::instrumentation::Listener;
use super::url::sanitize_url;
use super::{
    Any, AnyConnection, AnyRow, ConnectOptions, DieselQuery, Flow, OwnedQuery, Reading, Source,
    Target,
};

impl ConnectionSealed for AnyConnection {}

impl SimpleConnection for AnyConnection {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let run = |connection: &mut Self| connection.batch(query);
        let done = if self.listener.listens() { self.heard(query, run) } else { run(self) };
        done.map_err(|error| {
            let message = error.duplicate().into();
            // The first error: a failed COMMIT is followed by a ROLLBACK.
            self.batch_error.get_or_insert(error);
            message
        })
    }
}

impl Connection for AnyConnection {
    type Backend = Any;
    type TransactionManager = AnsiTransactionManager;

    fn establish(url: &str) -> ConnectionResult<Self> {
        let mut listener = Listener::of_program();
        let shown = sanitize_url(url);
        listener.hear(InstrumentationEvent::start_establish_connection(&shown));
        let opened = Target::parse(url)
            .and_then(|target| Self::open(&target, &ConnectOptions::default()))
            .map_err(|error| diesel::ConnectionError::BadConnection(error.to_string()));
        let error = opened.as_ref().err();
        listener.hear(InstrumentationEvent::finish_establish_connection(&shown, error));
        opened.map(|mut connection| {
            connection.listener = listener;
            connection
        })
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Any> + QueryId,
    {
        let changed = self.run(&DieselQuery(source), &mut |_| Ok(Flow::Continue))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transactions
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.listener.instrumentation()
    }

    /// Listens to all statements of the connection, as long as it is open. To listen to those of a [`Db`](crate::Db), set
    /// it in [`on_connect`](crate::DbBuilder::on_connect). diesel's events of cached statements are missing.
    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.listener = Listener::new(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, _: CacheSize) {}
}

/// For code that is written for diesel's traits. The rows are copied, as diesel's iterators may keep them. mizzle's own
/// calls read them in place.
impl LoadConnection<DefaultLoadingMode> for AnyConnection {
    type Cursor<'conn, 'query> = std::vec::IntoIter<QueryResult<AnyRow<'conn>>>;
    type Row<'conn, 'query> = AnyRow<'conn>;

    fn load<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Any> + QueryId + 'query,
        Any: QueryMetadata<T::SqlType>,
    {
        let mut rows = Vec::new();
        let mut columns: Option<Rc<Names>> = None;
        self.run(&DieselQuery(&source), &mut |row| {
            let names = columns.get_or_insert_with(|| Names::of(row));
            let row = OwnedRow::copy(row, Rc::clone(names));
            rows.push(Ok(AnyRow::Owned(row, PhantomData)));
            Ok(Flow::Continue)
        })?;
        Ok(rows.into_iter())
    }
}

/// diesel's loading mode that reads rows as they come: `query.load_iter::<User, RowByRow>(connection)`.
///
/// The memory that it takes doesn't depend on the number of rows. diesel's default mode reads all rows before it returns the
/// first. See [`Stream`](crate::Stream) for what happens in the database.
///
/// ```
/// # use diesel::prelude::*;
/// # use orm_core::RowByRow;
/// # use orm_core::backend::AnyConnection;
/// # diesel::table! { users { id -> BigInt, name -> Text } }
/// fn print(connection: &mut AnyConnection) -> QueryResult<()> {
///     for name in users::table.select(users::name).load_iter::<String, RowByRow>(connection)? {
///         println!("{}", name?);
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct RowByRow;

impl LoadConnection<RowByRow> for AnyConnection {
    type Cursor<'conn, 'query> = RowsOneByOne<'conn, 'query>;
    type Row<'conn, 'query> = AnyRow<'conn>;

    fn load<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Any> + QueryId + 'query,
        Any: QueryMetadata<T::SqlType>,
    {
        let source = Box::new(OwnedQuery(source));
        self.open_rows(&*source, Reading::default())?;
        Ok(RowsOneByOne { connection: self, source, names: None })
    }
}

/// The rows of a diesel query, one by one.
pub struct RowsOneByOne<'conn, 'query> {
    connection: &'conn mut AnyConnection,
    source: Box<dyn Source + 'query>,
    names: Option<Rc<Names>>,
}

impl fmt::Debug for RowsOneByOne<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsOneByOne").finish_non_exhaustive()
    }
}

impl<'conn> Iterator for RowsOneByOne<'conn, '_> {
    type Item = QueryResult<AnyRow<'conn>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.connection.next_row(&*self.source) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(error.into())),
        }
        let row = self.connection.row()?;
        let names = self.names.get_or_insert_with(|| Names::of(&row));
        Some(Ok(AnyRow::Owned(OwnedRow::copy(&row, Rc::clone(names)), PhantomData)))
    }
}

impl Drop for RowsOneByOne<'_, '_> {
    fn drop(&mut self) {
        self.connection.close_rows();
    }
}

/// `save_changes`: returns the row as it was written, in one statement.
impl<'b, Changes, Output> UpdateAndFetchResults<Changes, Output> for AnyConnection
where
    Changes: Copy + AsChangeset<Target = <Changes as HasTable>::Table> + IntoUpdateTarget,
    Update<Changes, Changes>: LoadQuery<'b, Self, Output>,
    <Changes::Table as Table>::AllColumns: ValidGrouping<()>,
    <<Changes::Table as Table>::AllColumns as ValidGrouping<()>>::IsAggregate:
        MixedAggregates<is_aggregate::No, Output = is_aggregate::No>,
{
    fn update_and_fetch(&mut self, changeset: Changes) -> QueryResult<Output> {
        diesel::update(changeset).set(changeset).get_result(self)
    }
}

impl diesel::migration::MigrationConnection for AnyConnection {
    fn setup(&mut self) -> QueryResult<usize> {
        self.batch(
            "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (\
             version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        )?;
        Ok(0)
    }
}
