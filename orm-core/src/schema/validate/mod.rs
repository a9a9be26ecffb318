//! What must hold before a schema is rendered.
//!
//! A database would refuse all of this too, but after half of the statements, and in words that
//! don't lead back to the struct.

mod columns;
mod foreign_keys;
mod keys;
mod names;

#[cfg(test)]
mod tests;

use super::error::SchemaError;
use super::model::TableDef;
use crate::dialect::Dialect;

/// Checks the tables and what they have to do with each other.
pub(super) fn schema(tables: &[TableDef], dialect: Dialect) -> Result<(), SchemaError> {
    for def in tables {
        table(def, dialect)?;
    }
    names::distinct(tables, dialect)?;
    columns::enums_agree(tables)?;
    tables.iter().try_for_each(|table| foreign_keys::check(table, tables))
}

/// Checks what can be said about a table without the others.
pub(super) fn table(table: &TableDef, dialect: Dialect) -> Result<(), SchemaError> {
    names::valid(table)?;
    columns::check(table, dialect)?;
    keys::check(table)
}
