//! The normal form of a schema: as a database would report it.

#[cfg(feature = "postgres")]
use orm_core::schema::fragments::{create_enum, native_enums};
use orm_core::schema::{TableDef, create_schema};
use orm_core::{Db, Dialect, Executor, Result, Tx};
#[cfg(feature = "postgres")]
use orm_core::{Error, Isolation};

#[cfg(feature = "sqlite")]
use super::sqlite;
#[cfg(feature = "postgres")]
use super::{other_types, postgres};

/// Returns `tables` as [`introspect`](super::introspect) would find them if they were created in this database, so that
/// the two can be compared: expressions and defaults as the database writes them, types as far as the database
/// distinguishes them, constraints and indexes in order. Former names of tables and columns (`renamed_from`) are
/// removed, as no database knows them.
///
/// Nothing stays in the database. PostgreSQL creates them as temporary tables, which requires the privilege TEMPORARY,
/// in a transaction that is always rolled back. SQLite creates them in memory.
///
/// # Errors
/// An error of creating them, such as an expression that the database doesn't accept.
pub fn normal_form(db: &Db, tables: &[TableDef]) -> Result<Vec<TableDef>> {
    match db.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite | Dialect::D1 => on_scratch(db, tables, |tx| Ok(sqlite::read(tx)?.tables)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => on_scratch(db, tables, |tx| {
            Ok(postgres::read(tx, postgres::Namespace::Temporary, &other_types(tables))?.tables)
        }),
        // A database that isn't compiled in has no connection.
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => Ok(Vec::new()),
    }
}

/// Creates the tables and views for `look` alone, as [`normal_form`] does. On PostgreSQL they hide the database's own tables of the
/// same names.
pub(crate) fn on_scratch<R: Default>(
    db: &Db,
    given: &[TableDef],
    look: impl FnOnce(&Tx<'_>) -> Result<R>,
) -> Result<R> {
    let tables: Vec<TableDef> =
        given.iter().map(|table| plain(&table.of_dialect(db.dialect()))).collect();
    #[cfg_attr(
        not(feature = "postgres"),
        allow(unused_mut, reason = "only PostgreSQL stores views")
    )]
    let mut statements = create_schema(&tables, db.dialect())?;
    match db.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite | Dialect::D1 => on_sqlite(&statements, look),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            statements.extend(postgres::views::stored(given)?);
            on_postgres(db, &tables, &statements, look)
        }
        // A database that isn't compiled in has no connection.
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => Ok(R::default()),
    }
}

/// A materialized view can't be temporary. Its SQL and its columns are those of a plain one, and a table has its indexes.
fn plain(table: &TableDef) -> TableDef {
    let mut table = table.clone();
    if let Some(view) = table.view.as_mut().filter(|view| view.materialized) {
        view.materialized = false;
        table.indexes.clear();
    }
    table
}

/// Runs the statements in an SQLite database in memory, for `look` alone.
#[cfg(feature = "sqlite")]
pub(super) fn on_sqlite<R>(
    statements: &[String],
    look: impl FnOnce(&Tx<'_>) -> Result<R>,
) -> Result<R> {
    let described =
        Db::builder("sqlite::memory:").on_connect(|scratch| scratch.accept_collations());
    described.connect()?.transaction(|tx| {
        for statement in statements {
            tx.execute_sql(statement)?;
        }
        look(tx)
    })
}

/// Returns the statements that create types that the database has, labels and all. The database's functions take its own
/// types: a temporary one would hide it, and a check, an index or a column that calls such a function would be refused.
#[cfg(feature = "postgres")]
fn existing_types(tx: &Tx<'_>, tables: &[TableDef]) -> Result<Vec<String>> {
    let types = native_enums(tables);
    if types.is_empty() {
        return Ok(Vec::new());
    }
    let own = postgres::enums(tx)?;
    let existing = types
        .into_iter()
        .filter(|(name, labels)| own.get(*name).is_some_and(|own| own.as_slice() == *labels));
    Ok(existing.map(|(name, labels)| create_enum(name, labels, Dialect::Postgres)).collect())
}

/// Rolls the transaction back, and returns what was read in it.
#[cfg(feature = "postgres")]
enum RollBack<R> {
    With(R),
    Failed(Error),
}

#[cfg(feature = "postgres")]
impl<R> From<Error> for RollBack<R> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

#[cfg(feature = "postgres")]
fn on_postgres<R: Default>(
    db: &Db,
    tables: &[TableDef],
    statements: &[String],
    look: impl FnOnce(&Tx<'_>) -> Result<R>,
) -> Result<R> {
    let transaction = db.transaction_builder().isolation(Isolation::RepeatableRead);
    let rolled_back = transaction.try_run(|tx| -> Result<(), RollBack<R>> {
        postgres::settle(tx)?;
        let existing = existing_types(tx, tables)?;
        postgres::use_temporary_schema(tx)?;
        for statement in statements.iter().filter(|statement| !existing.contains(statement)) {
            tx.execute_sql(statement)?;
        }
        postgres::uncover_sequences(tx)?;
        Err(RollBack::With(look(tx)?))
    });
    match rolled_back {
        Err(RollBack::With(found)) => Ok(found),
        Err(RollBack::Failed(error)) => Err(error),
        // It never commits.
        Ok(()) => Ok(R::default()),
    }
}
