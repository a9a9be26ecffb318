//! PostgreSQL's enum types.

use crate::dialect::Dialect;
use crate::schema::{ColumnType, TableDef};

/// Returns the native enum types of `tables`, each once, in the order in which columns use them. A view only reads them.
pub fn native(tables: &[TableDef]) -> Vec<(&str, &[String])> {
    let mut types: Vec<(&str, &[String])> = Vec::new();
    let tables = tables.iter().filter(|table| !table.is_view());
    for column in tables.flat_map(|table| &table.columns) {
        if let ColumnType::Enum { labels, native: Some(name) } = column.ty.item()
            && !types.iter().any(|(known, _)| known == name)
        {
            types.push((name, labels));
        }
    }
    types
}

/// Returns the statement that creates an enum type.
pub fn create(name: &str, labels: &[String], dialect: Dialect) -> String {
    let name = dialect.quote_ident(name);
    let labels: Vec<String> = labels.iter().map(|label| dialect.quote_literal(label)).collect();
    format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", "))
}
