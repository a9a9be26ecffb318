//! The full text index of a table.
//!
//! On SQLite it is an FTS5 table with its own copy of the texts, and triggers that keep it in step. One that reads the
//! texts from the table itself would be smaller. But it is corrupt as soon as a row goes without its trigger, as
//! `REPLACE` lets it, and each write has to know the old texts.
//!
//! On PostgreSQL it is a generated column with a GIN index. An index of the expression alone would leave the table as it
//! is, but then each row's text is split into words again to sort by rank.

use super::columns;
use crate::dialect::Dialect;
use crate::schema::{FullTextDef, TableDef, names};

/// What all of SQLite's tokenizers have: letters, their marks and digits make words, as they do on PostgreSQL. Marks stay.
const TOKENIZER: &str = "unicode61 remove_diacritics 0 categories 'L* M* Nd Nl'";

/// Returns the statements that create the index, if the table has one.
pub fn create(table: &TableDef, dialect: Dialect) -> Vec<String> {
    let Some(full_text) = &table.full_text else { return Vec::new() };
    match dialect {
        Dialect::Sqlite | Dialect::D1 => {
            let mut statements = vec![fts5(table, full_text)];
            statements.extend(triggers(table).into_iter().map(|(_, sql)| sql));
            statements
        }
        Dialect::Postgres => {
            let name = dialect.quote_ident(&table.full_text_name());
            let index = dialect.quote_ident(&table.full_text_index_name());
            let owner = dialect.quote_ident(&table.name);
            vec![
                format!(
                    "ALTER TABLE {owner} ADD COLUMN {name} tsvector GENERATED ALWAYS AS ({}) STORED",
                    vector(full_text)
                ),
                format!("CREATE INDEX {index} ON {owner} USING gin ({name})"),
            ]
        }
    }
}

/// Returns the statement that puts the rows that exist into a new index. PostgreSQL does it by itself.
pub fn fill(table: &TableDef, dialect: Dialect) -> Option<String> {
    let full_text = table.full_text.as_ref().filter(|_| dialect.is_sqlite())?;
    let (name, owner) = (quoted(&table.full_text_name()), quoted(&table.name));
    let (key, texts) = (quoted(table.primary_key.first()?), columns(&full_text.columns, dialect));
    Some(format!("INSERT INTO {name} (rowid, {texts}) SELECT {key}, {texts} FROM {owner}"))
}

/// Returns the statements that drop the index, if the table has one: what is beside the table, and the column of the table
/// that PostgreSQL has. What depends on that column stops its statement.
pub fn drop(table: &TableDef, dialect: Dialect) -> (Vec<String>, Option<String>) {
    if table.full_text.is_none() {
        return (Vec::new(), None);
    }
    let name = dialect.quote_ident(&table.full_text_name());
    match dialect {
        Dialect::Sqlite | Dialect::D1 => {
            let triggers = triggers(table).into_iter();
            let drops = triggers.map(|(name, _)| format!("DROP TRIGGER {}", quoted(&name)));
            (drops.chain([format!("DROP TABLE {name}")]).collect(), None)
        }
        Dialect::Postgres => {
            let index = dialect.quote_ident(&table.full_text_index_name());
            let owner = dialect.quote_ident(&table.name);
            let column = format!("ALTER TABLE {owner} DROP COLUMN {name}");
            (vec![format!("DROP INDEX IF EXISTS {index}")], Some(column))
        }
    }
}

/// Returns SQLite's triggers by name.
///
/// They read the row from the table: another trigger may have changed it, or written it again, before they run.
pub fn triggers(table: &TableDef) -> Vec<(String, String)> {
    let Some(full_text) = &table.full_text else { return Vec::new() };
    let (index, owner) = (quoted(&table.full_text_name()), quoted(&table.name));
    let key = quoted(table.primary_key.first().map_or("", String::as_str));
    let texts = columns(&full_text.columns, Dialect::Sqlite);
    // The table's collations may call texts equal that differ.
    let changes = full_text.columns.iter().map(|column| {
        let column = quoted(column);
        format!(" OR old.{column} COLLATE BINARY IS NOT new.{column}")
    });
    let changes: String = changes.collect();
    let events = [
        // A row that REPLACE deleted has had no trigger.
        ("insert", "INSERT".to_owned(), String::new(), format!("new.{key}")),
        (
            "update",
            format!("UPDATE OF {key}, {texts}"),
            format!(" WHEN old.{key} <> new.{key}{changes}"),
            format!("old.{key}, new.{key}"),
        ),
        ("delete", "DELETE".to_owned(), String::new(), format!("old.{key}")),
    ];
    events
        .into_iter()
        .map(|(end, event, condition, rows)| {
            let name = names::trigger(&table.full_text_name(), end);
            let sql = format!(
                "CREATE TRIGGER {} AFTER {event} ON {owner} FOR EACH ROW{condition} BEGIN\n  DELETE FROM {index} WHERE rowid IN \
                 ({rows});\n  INSERT INTO {index} (rowid, {texts}) SELECT {key}, {texts} FROM {owner} WHERE {key} IN \
                 ({rows});\nEND",
                quoted(&name),
            );
            (name, sql)
        })
        .collect()
}

fn quoted(name: &str) -> String {
    Dialect::Sqlite.quote_ident(name)
}

fn fts5(table: &TableDef, full_text: &FullTextDef) -> String {
    let stemmer = if full_text.language == "simple" { "" } else { "porter " };
    format!(
        "CREATE VIRTUAL TABLE {} USING fts5({}, tokenize = \"{stemmer}{TOKENIZER}\")",
        quoted(&table.full_text_name()),
        columns(&full_text.columns, Dialect::Sqlite),
    )
}

/// Returns PostgreSQL's expression. Its parser would take addresses, paths and words with hyphens as one word, so all
/// punctuation of ASCII goes first.
fn vector(full_text: &FullTextDef) -> String {
    let quoted = |name: &str| Dialect::Postgres.quote_ident(name);
    let parts: Vec<String> = full_text
        .columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let (language, column) = (&full_text.language, quoted(column));
            let weight = ["A", "B", "C"].get(place).unwrap_or(&"D");
            format!(
                "setweight(to_tsvector('{language}', regexp_replace(replace(coalesce({column}::text, ''), 'ς', 'σ') COLLATE \
                 \"C\", '[!-/:-@[-`{{-~]+', ' ', 'g')), '{weight}')"
            )
        })
        .collect();
    // A word that no query has, so that no phrase goes from one column to the next.
    parts.join(" || '_:1'::tsvector || ")
}
