//! Which views structs can express.

use orm_core::Dialect;
use orm_core::schema::TableDef;
use orm_core::schema::view::{defined_by_with, in_order, qualified_relations};
use orm_lexer::{Token, tokens};

use super::expressible::{MOST_COLUMNS, columns, constraints};
use super::names;
use crate::diff::mentions;
use crate::introspect::{Note, others};

/// The words that the SQL of a struct's view can't have.
const WRITING: [&str; 4] = ["insert", "update", "delete", "into"];

/// Returns the views that structs can express, each after those that it reads. `tables` are those with a struct.
pub(super) fn of(
    views: &[TableDef],
    tables: &[TableDef],
    dialect: Dialect,
    notes: &mut Vec<Note>,
) -> Vec<TableDef> {
    let ordered = in_order(views, dialect).unwrap_or_else(|_| views.iter().collect());
    let mut kept: Vec<TableDef> = Vec::new();
    for known in ordered {
        let mut view = known.clone();
        let mut own = Vec::new();
        columns(&mut view, dialect, &mut own);
        // A label that a variant can't have leaves a text, which a view doesn't check.
        view.checks.clear();
        let why = why_no_struct(&view, tables, &kept, notes, dialect);
        if let Some(why) = why {
            let is_unreadable = |note: &Note| {
                note.table == view.name && note.column.is_none() && known.columns.is_empty()
            };
            // What is in it is left out with it.
            notes.retain(|note| note.table != view.name || is_unreadable(note));
            let what = format!("the view has no struct: {why}");
            notes.push(Note { table: view.name.clone(), column: None, what });
            continue;
        }
        notes.extend(own);
        constraints(&mut view, &known.columns, &[], dialect, notes);
        kept.push(view);
    }
    kept
}

fn why_no_struct(
    view: &TableDef,
    tables: &[TableDef],
    kept: &[TableDef],
    notes: &[Note],
    dialect: Dialect,
) -> Option<String> {
    let select = view.select(dialect).unwrap_or_default();
    if let Some(tool) = others::tool_of(&view.name) {
        return Some(format!("it belongs to {tool}"));
    }
    if !names::is_expressible(&view.name) {
        return Some("its name is too long or has control characters".into());
    }
    if view.columns.is_empty() {
        return Some("none of its columns can be a field".into());
    }
    if view.columns.len() > MOST_COLUMNS {
        return Some(format!("it has more than {MOST_COLUMNS} columns, the maximum of diesel"));
    }
    if let Some(other) = unknown_relation(select, tables, kept, dialect) {
        return Some(format!("it reads {other}, which has none"));
    }
    let reads = view.reads(dialect);
    let is_gone = |note: &&Note| {
        let table = tables.iter().find(|table| table.name == note.table);
        let Some((table, column)) = table.zip(note.column.as_ref()) else { return false };
        table.find_column(column).is_none()
            && reads.iter().any(|name| dialect.is_same_name(name, &table.name))
            && mentions(select, column, dialect)
    };
    if let Some(Note { table, column: Some(column), .. }) = notes.iter().find(is_gone) {
        return Some(format!("it reads {table}.{column}, which is left out"));
    }
    if in_order(kept.iter().chain([view]), dialect).is_err() {
        return Some("it reads a table of its own name".into());
    }
    let all = tokens(select, dialect);
    let word = all.iter().enumerate().find(|(place, token)| is_writing(&all, *place, token));
    match word {
        Some((_, word)) => Some(format!("its SQL has a column {:?} without quotes", word.text)),
        None if all.iter().any(Token::is_blank) => {
            Some("its SQL has a blank that is a part of a name".into())
        }
        None => None,
    }
}

/// Returns a table or view that the SELECT reads, and that no struct describes.
fn unknown_relation(
    select: &str,
    tables: &[TableDef],
    kept: &[TableDef],
    dialect: Dialect,
) -> Option<String> {
    let with = defined_by_with(select, dialect);
    let is = |one: &str, other: &str| dialect.is_same_name(one, other);
    let is_known = |schema: Option<&str>, name: &str| {
        let is_described = || tables.iter().chain(kept).any(|table| is(&table.name, name));
        match (dialect, schema) {
            (_, None) if with.iter().any(|defined| is(defined, name)) => true,
            (Dialect::Sqlite | Dialect::D1, None | Some("main")) => {
                is_described() || is(name, "sqlite_schema") || is(name, "sqlite_master")
            }
            (Dialect::Sqlite | Dialect::D1, Some(_)) => false,
            // PostgreSQL writes the schema of what it would not find without.
            (Dialect::Postgres, None) => is_described() || name.starts_with("pg_"),
            (Dialect::Postgres, Some(schema)) => {
                matches!(schema, "pg_catalog" | "information_schema")
            }
        }
    };
    let mut all = qualified_relations(select, dialect).into_iter();
    let (schema, name) = all.find(|(schema, name)| !is_known(schema.as_deref(), name))?;
    Some(schema.map_or_else(|| name.clone(), |schema| format!("{schema}.{name}")))
}

/// Whether the macro would take the word for a statement's that writes.
fn is_writing(all: &[Token<'_>], place: usize, token: &Token<'_>) -> bool {
    let follows = place.checked_sub(1).is_some_and(|before| {
        let before = &all[before];
        before.is_symbol(".") || ["as", "for", "key"].iter().any(|word| before.is(word))
    });
    !follows && WRITING.iter().any(|word| token.is(word))
}
