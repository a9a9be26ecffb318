//! The full text index: what both databases can have.

use super::keys;
use crate::schema::{ColumnType, SchemaError, TableDef};

/// The languages that SQLite and PostgreSQL both know.
const LANGUAGES: [&str; 2] = ["simple", "english"];

/// Names that FTS5 keeps for itself.
const RESERVED: [&str; 2] = ["rank", "rowid"];

pub(super) fn check(table: &TableDef) -> Result<(), SchemaError> {
    let Some(full_text) = &table.full_text else { return Ok(()) };
    keys::columns(table, "the full text index", &full_text.columns)?;
    let name = table.full_text_name();
    let of_text = |column: &&String| {
        let column = table.find_column(column);
        column.is_some_and(|column| matches!(column.ty, ColumnType::Text | ColumnType::Varchar(_)))
    };
    let reserved = |column: &&String| {
        RESERVED.iter().any(|reserved| column.eq_ignore_ascii_case(reserved))
            || column.eq_ignore_ascii_case(&name)
    };
    let generated = |column: &&String| {
        table.find_column(column).is_some_and(|column| column.generated.is_some())
    };
    let columns = &full_text.columns;
    let problem = if let Some(column) = columns.iter().find(|column| !of_text(column)) {
        format!("has the column {column:?}, which is no text; name fields of type `String`")
    } else if let Some(column) = columns.iter().find(generated) {
        format!(
            "has the column {column:?}, which is generated, and PostgreSQL computes it from other columns only; name those"
        )
    } else if let Some(column) = columns.iter().find(reserved) {
        format!(
            "has the column {column:?}, a name that SQLite's FTS5 needs for itself; give the column another one"
        )
    } else if table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
        format!("is the column {name:?} on PostgreSQL; give the table's own one another name")
    } else if !has_integer_key(table) {
        "needs a primary key of one integer column, because SQLite's FTS5 finds the row by it"
            .into()
    } else if !LANGUAGES.contains(&full_text.language.as_str()) {
        format!(
            "has the language {:?}; both databases know {}",
            full_text.language,
            LANGUAGES.join(" and ")
        )
    } else {
        return Ok(());
    };
    Err(SchemaError::InvalidFullText { table: table.name.as_str().into(), problem: problem.into() })
}

/// Without one, VACUUM may change what FTS5 knows a row by.
fn has_integer_key(table: &TableDef) -> bool {
    let [key] = table.primary_key.as_slice() else { return false };
    table.find_column(key).is_some_and(|column| column.ty.is_integer())
}
