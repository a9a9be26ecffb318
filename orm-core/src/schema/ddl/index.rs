//! `CREATE INDEX`.

use crate::dialect::Dialect;
use crate::schema::{IndexDef, IndexKey, IndexPart};

/// Returns the statement that creates `index` on the table of this name.
pub(super) fn create(table: &str, index: &IndexDef, dialect: Dialect) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = dialect.quote_ident(&index.name);
    let table = dialect.quote_ident(table);
    let parts: Vec<String> = index.parts.iter().map(|key| part(key, dialect)).collect();
    let mut sql = format!("CREATE {unique}INDEX {name} ON {table} ({})", parts.join(", "));
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
    if part.descending {
        sql.push_str(" DESC");
    }
    sql
}
