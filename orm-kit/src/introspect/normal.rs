//! The normal form of a schema: as a database would report it.

use orm_core::schema::{TableDef, create_schema};
use orm_core::{Db, Dialect, Executor, Result};
#[cfg(feature = "postgres")]
use orm_core::{Error, Isolation};

#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;

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
    let statements = create_schema(tables, db.dialect())?;
    match db.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => on_sqlite(&statements),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => on_postgres(db, &statements),
        // A database that isn't compiled in has no connection.
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => Ok(Vec::new()),
    }
}

#[cfg(feature = "sqlite")]
fn on_sqlite(statements: &[String]) -> Result<Vec<TableDef>> {
    let described =
        Db::builder("sqlite::memory:").on_connect(|scratch| scratch.accept_collations());
    described.connect()?.transaction(|tx| {
        for statement in statements {
            tx.execute_sql(statement)?;
        }
        Ok(sqlite::read(tx)?.tables)
    })
}

/// Rolls the transaction back, and returns what was read in it.
#[cfg(feature = "postgres")]
enum RollBack {
    With(Vec<TableDef>),
    Failed(Error),
}

#[cfg(feature = "postgres")]
impl From<Error> for RollBack {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

#[cfg(feature = "postgres")]
fn on_postgres(db: &Db, statements: &[String]) -> Result<Vec<TableDef>> {
    let transaction = db.transaction_builder().isolation(Isolation::RepeatableRead);
    let rolled_back = transaction.try_run(|tx| -> Result<(), RollBack> {
        postgres::settle(tx)?;
        postgres::use_temporary_schema(tx)?;
        for statement in statements {
            tx.execute_sql(statement)?;
        }
        Err(RollBack::With(postgres::read(tx, postgres::Namespace::Temporary)?.tables))
    });
    match rolled_back {
        Err(RollBack::With(tables)) => Ok(tables),
        Err(RollBack::Failed(error)) => Err(error),
        // It never commits.
        Ok(()) => Ok(Vec::new()),
    }
}
