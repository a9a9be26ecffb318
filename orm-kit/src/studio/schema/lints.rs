//! What looks wrong in a schema.

use orm_core::Dialect;
use serde::Serialize;

use super::super::catalog::{KeyKind, Table, TableKind, TableName};

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Lint {
    severity: &'static str,
    table: TableName,
    column: Option<String>,
    text: String,
}

pub(super) fn lints(tables: &[Table], dialect: Dialect) -> Vec<Lint> {
    let mut lints = Vec::new();
    for table in tables.iter().filter(|table| table.kind == TableKind::Table) {
        let mut add = |severity, column: Option<&str>, text: String| {
            let (table, column) = (table.name.clone(), column.map(str::to_owned));
            lints.push(Lint { severity, table, column, text });
        };
        match (&table.key, table.key_kind) {
            (None, _) => add("warning", None, "it has no primary key".into()),
            (_, Some(KeyKind::Rowid)) => {
                add("warning", None, "it has no primary key that is NOT NULL, only a rowid".into());
            }
            (_, Some(KeyKind::Unique)) => {
                add("note", None, "it has no primary key, only a unique index".into());
            }
            _ => {}
        }
        for key in &table.foreign_keys {
            if !is_indexed(table, &key.columns) {
                add(
                    "warning",
                    key.columns.first().map(String::as_str),
                    format!(
                        "no index begins with the foreign key ({}), so a change of {} reads the whole table",
                        key.columns.join(", "),
                        key.to.name
                    ),
                );
            }
            if !tables.iter().any(|other| is_same(&other.name, &key.to)) {
                add(
                    "error",
                    key.columns.first().map(String::as_str),
                    format!("its foreign key refers to {}, which doesn't exist", key.to),
                );
            }
        }
        for (place, index) in table.indexes.iter().enumerate() {
            let others = table.indexes.iter().enumerate();
            let longer = others.filter(|(other, _)| *other != place).find(|(other, longer)| {
                let is_prefix = longer.columns.starts_with(&index.columns);
                let is_partial = |index: &super::super::catalog::Index| {
                    index.sql.as_deref().is_some_and(|sql| orm_lexer::mentions(sql, " where "))
                };
                let is_equal = longer.columns.len() == index.columns.len();
                is_prefix
                    && !index.unique
                    && index.columns.iter().all(|column| !column.is_empty())
                    && !is_partial(index)
                    && !is_partial(longer)
                    && (!is_equal || longer.unique || *other < place)
                    && is_plain(index.sql.as_deref(), dialect)
            });
            if let Some((_, longer)) = longer {
                let text = format!("the index {} is covered by {}", index.name, longer.name);
                add("note", index.columns.first().map(String::as_str), text);
            }
        }
    }
    lints
}

/// Whether an index is of the ordinary kind, so that a longer one can replace it.
fn is_plain(sql: Option<&str>, dialect: Dialect) -> bool {
    dialect.is_sqlite() || sql.is_some_and(|sql| orm_lexer::mentions(sql, "using btree"))
}

fn is_same(one: &TableName, other: &TableName) -> bool {
    one.schema == other.schema && one.name.eq_ignore_ascii_case(&other.name)
}

/// Whether an index or the key begins with these columns, in any order.
fn is_indexed(table: &Table, columns: &[String]) -> bool {
    let begins = |known: &[String]| {
        known.len() >= columns.len()
            && known[..columns.len()]
                .iter()
                .all(|name| columns.iter().any(|one| one.eq_ignore_ascii_case(name)))
    };
    table.indexes.iter().any(|index| begins(&index.columns))
        || table.key.as_deref().is_some_and(begins)
}
