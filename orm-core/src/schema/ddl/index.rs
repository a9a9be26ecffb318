//! `CREATE INDEX`.

use crate::dialect::Dialect;
use crate::schema::{IndexDef, IndexKey, IndexPart, TableDef};

/// Returns the statements that create the table's indexes, as far as the database has them.
pub(super) fn create_all(table: &TableDef, dialect: Dialect) -> impl Iterator<Item = String> {
    let indexes = table.indexes.iter().filter_map(move |index| index.of_dialect(dialect));
    indexes.map(move |index| create(&table.name, &index, dialect))
}

/// Returns the statement that creates `index`, as the database has it, on the table of this name.
pub(super) fn create(table: &str, index: &IndexDef, dialect: Dialect) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = dialect.quote_ident(&index.name);
    let table = dialect.quote_ident(table);
    let parts: Vec<String> = index.parts.iter().map(|key| part(key, dialect)).collect();
    let method =
        index.method.as_ref().map(|method| format!("USING {} ", dialect.quote_ident(method)));
    let method = method.unwrap_or_default();
    let mut sql = format!("CREATE {unique}INDEX {name} ON {table} {method}({})", parts.join(", "));
    if let Some(condition) = &index.condition {
        sql.push_str(&format!(" WHERE {condition}"));
    }
    sql
}

fn part(part: &IndexPart, dialect: Dialect) -> String {
    let mut sql = match &part.key {
        IndexKey::Column(column) => dialect.quote_ident(column),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    if let Some(class) = &part.ops {
        sql.push_str(&format!(" {}", dialect.quote_ident(class)));
    }
    if part.descending {
        sql.push_str(" DESC");
    }
    sql
}
