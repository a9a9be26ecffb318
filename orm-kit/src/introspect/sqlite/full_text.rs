//! Full text indexes: FTS5 tables with triggers, as mizzle creates them.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::schema::TableDef;
use orm_core::schema::fragments::create_full_text;
use orm_core::{Dialect, Executor, Result};
use orm_lexer::tokens;

use super::Note;

/// Adds the indexes to their tables.
pub(super) fn read(
    tx: &impl Executor,
    tables: &mut [TableDef],
    notes: &mut Vec<Note>,
) -> Result<()> {
    let all: Vec<(String, String)> = tx.load(sql::<(Text, Text)>(
        "SELECT name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL \
         AND (type = 'trigger' OR type = 'table' AND rootpage = 0)",
    ))?;
    let all: BTreeMap<String, String> = all.into_iter().collect();
    for table in tables {
        let name = table.full_text_name();
        let Some(fts5) = all.get(&name).filter(|sql| is_ours(sql)) else { continue };
        let columns = columns(fts5);
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let language = if fts5.contains("\"porter ") { "english" } else { "simple" };
        let with = table.clone().full_text(&columns, language);
        let has_columns = columns.iter().all(|column| table.find_column(column).is_some());
        let is_there = |sql: &String| all.values().any(|there| there == sql);
        if has_columns && create_full_text(&with, Dialect::Sqlite).iter().all(is_there) {
            *table = with;
        } else {
            let what = format!(
                "its full text index {name} doesn't have the triggers that mizzle writes; it is left out: drop it and them, so \
                 that it is created again"
            );
            notes.push(Note::table(&table.name, what));
        }
    }
    Ok(())
}

/// Whether it may be an index of mizzle's, by its tokenizer.
fn is_ours(sql: &str) -> bool {
    sql.ends_with("categories 'L* M* Nd Nl'\")")
}

/// Returns the names before the options of FTS5.
fn columns(sql: &str) -> Vec<String> {
    let tokens = tokens(sql, Dialect::Sqlite);
    let arguments = tokens.iter().skip_while(|token| !token.is_symbol("(")).skip(1);
    let columns = arguments.take_while(|token| !token.is("tokenize"));
    columns.filter_map(|token| token.name()).map(Into::into).collect()
}
