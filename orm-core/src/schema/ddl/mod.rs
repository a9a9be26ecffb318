//! The SQL that creates a schema.
//!
//! The SQL depends only on the description and the dialect: the same schema gives the same bytes, and needs no
//! connection. `create_all` and migrations share it.

mod checks;
mod enums;
pub mod fragments;
mod full_text;
mod index;
mod moment;
mod sequences;
mod table;
mod types;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use self::checks::type_check_name;
use super::error::SchemaError;
use super::model::{ForeignKeyDef, TableDef};
use super::{order, validate, view};
use crate::dialect::Dialect;

/// Returns the statements that create `table`, or a view, and its indexes, without a semicolon at their end.
///
/// The tables and native enum types that it refers to must exist already; [`create_schema`] takes care of that.
///
/// # Errors
///
/// The table's description contradicts itself, such as a key over a column that it doesn't have.
pub fn create_table(table: &TableDef, dialect: Dialect) -> Result<Vec<String>, SchemaError> {
    if table.is_view() {
        return create_view(table, dialect);
    }
    validate::table(table, dialect)?;
    let foreign_keys: Vec<&ForeignKeyDef> = table.foreign_keys.iter().collect();
    table::create(table, &foreign_keys, dialect)
}

/// Returns the statements that create all of `tables` in an empty database, in an order in which they can run.
///
/// Types come first. Then come the tables as listed, each with its indexes, and each after the tables that it refers
/// to; then the views, each after those that it reads. If tables refer to each other in a circle, PostgreSQL gets the
/// foreign keys that close it at the end; SQLite looks for the other table only when rows are written.
///
/// A sequence of PostgreSQL that a default names is created if it is missing.
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
    let (views, tables): (Vec<TableDef>, Vec<TableDef>) =
        tables.iter().cloned().partition(TableDef::is_view);
    statements.extend(create_all_tables(&tables, dialect)?);
    for view in view::in_order(&views, dialect)? {
        statements.extend(create_view(view, dialect)?);
    }
    Ok(statements)
}

/// Returns the statements that create the tables of a schema, and the sequences that their defaults name.
fn create_all_tables(tables: &[TableDef], dialect: Dialect) -> Result<Vec<String>, SchemaError> {
    let created = create_tables(tables, &[], dialect)?;
    if dialect.is_sqlite() {
        return Ok(created);
    }
    let columns =
        || tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let sequences = columns().filter_map(|(_, column)| fragments::create_sequence(column));
    let mut statements: Vec<String> = sequences.collect();
    statements.extend(created);
    let given =
        columns().filter_map(|(table, column)| fragments::give_sequence(table, column, false));
    statements.extend(given);
    Ok(statements)
}

/// Returns the statements that create a view and its indexes.
///
/// # Errors
/// A view without a SELECT for this database, and whatever else no view can have.
pub fn create_view(view: &TableDef, dialect: Dialect) -> Result<Vec<String>, SchemaError> {
    validate::table(view, dialect)?;
    let is_materialized = view.view.as_ref().is_some_and(|view| view.materialized);
    let mut statements = vec![format!(
        "CREATE {}VIEW {} AS {}",
        if is_materialized { "MATERIALIZED " } else { "" },
        dialect.quote_ident(&view.name),
        view.select(dialect).unwrap_or_default(),
    )];
    statements.extend(index::create_all(view, dialect));
    Ok(statements)
}

/// Returns the statements that create `tables` next to `existing` ones, given by name. [`create_schema`] checks the
/// tables and creates the types as well.
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
            .partition(|key| dialect.is_sqlite() || can_be_inline(key, table, &created));
        statements.extend(table::create(table, &now, dialect)?);
        later.extend(wait.into_iter().map(|key| table::add_foreign_key(&table.name, key, dialect)));
        created.push(&table.name);
    }
    statements.extend(later);
    Ok(statements)
}

/// Returns whether this foreign key can be created together with its table. PostgreSQL looks for its target at once.
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
