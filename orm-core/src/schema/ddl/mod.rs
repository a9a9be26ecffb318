//! The SQL that creates a schema.
//!
//! Rendering is a function of the description and the dialect alone: the same schema gives the same
//! bytes, and no connection is needed. `create_all` and migrations share it.

mod checks;
mod enums;
pub mod fragments;
mod index;
mod moment;
mod table;
mod types;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use self::checks::type_check_name;
use super::error::SchemaError;
use super::model::{ForeignKeyDef, TableDef};
use super::{order, validate};
use crate::dialect::Dialect;

/// The statements that create `table` and its indexes, without a semicolon at their end.
///
/// The tables and the native enum types that it refers to must exist already; [`create_schema`]
/// takes care of that.
///
/// # Errors
///
/// The table's own description contradicts itself, such as a key of a column that it doesn't have.
pub fn create_table(table: &TableDef, dialect: Dialect) -> Result<Vec<String>, SchemaError> {
    validate::table(table, dialect)?;
    let foreign_keys: Vec<&ForeignKeyDef> = table.foreign_keys.iter().collect();
    table::create(table, &foreign_keys, dialect)
}

/// The statements that create all of `tables` in an empty database, in an order in which they can
/// run.
///
/// Types come first, then each table with its indexes after the tables that it refers to, and
/// otherwise as listed. Where tables refer to each other in a circle, PostgreSQL gets the foreign
/// keys that close it at the end; SQLite looks for the other table only when rows are written.
///
/// # Errors
///
/// The description contradicts itself, or a table refers to one that isn't listed.
pub fn create_schema(tables: &[TableDef], dialect: Dialect) -> Result<Vec<String>, SchemaError> {
    validate::schema(tables, dialect)?;
    let mut statements = Vec::new();
    if dialect == Dialect::Postgres {
        let types = fragments::native_enums(tables);
        statements.extend(
            types.into_iter().map(|(name, labels)| fragments::create_enum(name, labels, dialect)),
        );
    }
    statements.extend(create_tables(tables, &[], dialect)?);
    Ok(statements)
}

/// The statements that create `tables` beside those that exist already, by name: see
/// [`create_schema`], which checks them and creates the types as well.
///
/// # Errors
///
/// A default that its column can't hold.
pub fn create_tables(
    tables: &[TableDef],
    existing: &[&str],
    dialect: Dialect,
) -> Result<Vec<String>, SchemaError> {
    let mut statements = Vec::new();
    let mut created: Vec<&str> = existing.to_vec();
    let mut later = Vec::new();
    for position in order::parents_first(tables) {
        let table = &tables[position];
        let (now, wait): (Vec<&ForeignKeyDef>, Vec<&ForeignKeyDef>) = table
            .foreign_keys
            .iter()
            .partition(|key| dialect == Dialect::Sqlite || can_be_inline(key, table, &created));
        statements.extend(table::create(table, &now, dialect)?);
        later.extend(wait.into_iter().map(|key| table::add_foreign_key(&table.name, key, dialect)));
        created.push(&table.name);
    }
    statements.extend(later);
    Ok(statements)
}

/// Whether PostgreSQL, which looks at once for what a foreign key refers to, can create this one
/// with its table.
fn can_be_inline(key: &ForeignKeyDef, table: &TableDef, created: &[&str]) -> bool {
    if key.table == table.name {
        // The table's unique indexes don't exist yet.
        return table.has_key(&key.references);
    }
    created.contains(&key.table.as_str())
}

/// `"a", "b"`
fn columns(columns: &[String], dialect: Dialect) -> String {
    let quoted: Vec<String> = columns.iter().map(|name| dialect.quote_ident(name)).collect();
    quoted.join(", ")
}
