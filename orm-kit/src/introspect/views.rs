//! The views of a database, for comparison with those of the structs.

use orm_core::schema::TableDef;
use orm_core::{Db, Dialect, Result};

use super::normal::on_scratch;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;

/// Returns the views among `tables` as [`introspect`](super::introspect) would find them, with their indexes and without
/// their columns.
pub(crate) fn normal_views(db: &Db, tables: &[TableDef]) -> Result<Vec<TableDef>> {
    match db.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite | Dialect::D1 => on_scratch(db, tables, |tx| sqlite::views::texts(tx)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => on_scratch(db, tables, |tx| postgres::views::normal(tx, tables)),
        // A database that isn't compiled in has no connection.
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => Ok(Vec::new()),
    }
}
