//! Creating tables and views.

use super::sealed::Sealed;
use crate::error::Result;
use crate::schema::{TableDef, create_schema};

/// Creates tables, with indexes and constraints, and views, all or none.
pub(super) fn create_all(on: &(impl Sealed + ?Sized), tables: &[TableDef]) -> Result<()> {
    let dialect = on.dialect();
    if !dialect.capabilities().transactions {
        let reads = tables.iter().filter_map(|view| view.read_none(dialect));
        let statements: Vec<String> =
            create_schema(tables, dialect)?.into_iter().chain(reads).collect();
        return on.run_on(|connection| connection.batch(&statements.join(";\n")));
    }
    on.run_transaction(|tx| {
        tx.run_on(|connection| {
            let dialect = connection.dialect();
            let reads = tables.iter().filter_map(|view| view.read_none(dialect));
            let mut statements = create_schema(tables, dialect)?.into_iter().chain(reads);
            statements.try_for_each(|statement| connection.batch(&statement))
        })
    })
}
