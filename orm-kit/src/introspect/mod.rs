//! What a database holds, as a schema.

use orm_core::schema::TableDef;
use orm_core::{Db, Result};

/// What a database holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Introspected {
    /// The tables, sorted by name; their constraints and indexes sorted by name.
    pub tables: Vec<TableDef>,
    /// What a [`TableDef`] can't say, such as the column of a type that mizzle doesn't know.
    pub notes: Vec<Note>,
}

/// Something in the database that a [`TableDef`] can't say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The table.
    pub table: String,
    /// The column, if it is about one.
    pub column: Option<String>,
    /// What it is, as a sentence without a full stop.
    pub what: String,
}

/// Reads the schema of the database: of the tables that belong to the application, which are not those of extensions,
/// of other schemas than the first of the search path, or of the histories of migrations.
///
/// # Errors
/// What reading fails with.
pub fn introspect(_db: &Db) -> Result<Introspected> {
    todo!()
}

/// `tables` as [`introspect`] would find them if they were created in this database, so that the two can be compared:
/// expressions and defaults as the database writes them, types as far as the database can tell them.
///
/// Nothing remains in the database.
///
/// # Errors
/// What creating them fails with, such as an expression that the database doesn't take.
pub fn normal_form(_db: &Db, _tables: &[TableDef]) -> Result<Vec<TableDef>> {
    todo!()
}
