//! The conditions that a schema must meet before it is rendered.
//!
//! A database would refuse all of this too, but after half of the statements, and with messages that don't lead back to
//! the struct.

mod columns;
mod foreign_keys;
mod full_text;
mod keys;
mod names;
mod views;

#[cfg(test)]
mod tests;

use super::error::SchemaError;
use super::model::TableDef;
use crate::dialect::Dialect;

/// Checks the tables and how they refer to each other.
pub(super) fn schema(tables: &[TableDef], dialect: Dialect) -> Result<(), SchemaError> {
    for def in tables {
        table(def, dialect)?;
    }
    names::distinct(tables, dialect)?;
    columns::enums_agree(tables)?;
    crate::schema::view::in_order(tables.iter().filter(|table| table.is_view()), dialect)?;
    tables.iter().try_for_each(|table| foreign_keys::check(table, tables))
}

/// Checks a table without regard to the others.
pub(super) fn table(table: &TableDef, dialect: Dialect) -> Result<(), SchemaError> {
    names::valid(table)?;
    columns::check(table, dialect)?;
    keys::check(table)?;
    full_text::check(table)?;
    views::check(table, dialect)
}
