//! The parts of statements on tables, for code that changes a table instead of creating it.

use super::{checks, enums, index, table, types};
use crate::dialect::Dialect;
use crate::schema::{ColumnDef, ForeignKeyDef, IndexDef, SchemaError, TableDef, UniqueDef};

pub use super::full_text::{
    create as create_full_text, drop as drop_full_text, fill as fill_full_text,
    triggers as full_text_triggers,
};
pub use super::sequences::{create_sequence, give_sequence};
pub use super::value::default_sql;
pub use checks::type_checks;
pub use enums::{create as create_enum, native as native_enums};

/// Returns the column as in `CREATE TABLE`: its name, type, NOT NULL, default, and the expression it is generated from.
///
/// # Errors
/// A default that the column can't hold.
pub fn column(
    table: &TableDef,
    column: &ColumnDef,
    dialect: Dialect,
) -> Result<String, SchemaError> {
    table::column_definition(table, column, dialect)
}

/// Returns the column's declared type, without its collation.
pub fn type_name(column: &ColumnDef, dialect: Dialect) -> String {
    types::name(column, dialect)
}

/// Returns the column's declared type, with its collation if it has one.
pub fn column_type(column: &ColumnDef, dialect: Dialect) -> String {
    types::declared(column, dialect)
}

/// Returns the SQL of the column's default, if it has one.
///
/// # Errors
/// A default that the column can't hold.
pub fn default(
    table: &TableDef,
    column: &ColumnDef,
    dialect: Dialect,
) -> Result<Option<String>, SchemaError> {
    table::default(table, column, dialect)
}

/// Returns `CONSTRAINT … FOREIGN KEY … REFERENCES …`.
pub fn foreign_key(key: &ForeignKeyDef, dialect: Dialect) -> String {
    table::foreign_key(key, dialect)
}

/// Returns `ALTER TABLE … ADD CONSTRAINT … UNIQUE` for the table of this name.
pub fn add_unique(table: &str, unique: &UniqueDef, dialect: Dialect) -> String {
    table::add_unique(table, unique, dialect)
}

/// Returns `CREATE INDEX` for the table of this name, with the index [as the database has it](IndexDef::of_dialect).
pub fn create_index(table: &str, def: &IndexDef, dialect: Dialect) -> String {
    index::create(table, def, dialect)
}

/// Returns `CREATE TABLE` without the indexes, under another name than the table's own.
///
/// # Errors
/// A default that its column can't hold.
pub fn create_table_as(
    name: &str,
    def: &TableDef,
    dialect: Dialect,
) -> Result<String, SchemaError> {
    table::create_as(name, def, &def.foreign_keys.iter().collect::<Vec<_>>(), dialect)
}
