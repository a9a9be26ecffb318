//! What a database may have beyond what a migration knows. No program adapts the file to it on D1, so the file refuses.

use orm_core::schema::fragments::full_text_triggers;

use super::DIALECT;
use super::family::Family;
use crate::diff::{Diff, Steps};
use crate::values::Guard;

/// What a table that is rebuilt would lose.
pub(super) fn parts(steps: &Steps<'_>) -> Guard {
    let table = &steps.alteration.from;
    let name = literal(&table.name);
    let mut objects: Vec<String> = table.indexes.iter().map(|index| literal(&index.name)).collect();
    objects.extend(full_text_triggers(table).iter().map(|(name, _)| literal(name)));
    objects.push("''".into());
    let columns: Vec<String> = table.columns.iter().map(|column| literal(&column.name)).collect();
    Guard {
        table: table.name.clone(),
        column: None,
        message: format!(
            "{:?} has {{rows}} columns, indexes, triggers, keys or options unknown to this migration, which the \
             rebuilt table would lose: add them to the struct, or drop them before and create them again at the end",
            table.name
        ),
        count: format!(
            "SELECT (SELECT count(*) FROM sqlite_schema WHERE tbl_name = {name} COLLATE NOCASE AND (type = 'trigger' OR type \
             = 'index' AND sql IS NOT NULL) AND name NOT IN ({objects})) + (SELECT count(*) FROM pragma_table_xinfo({name}) \
             WHERE name COLLATE NOCASE NOT IN ({columns})) + (SELECT max(0, count(DISTINCT id) - {keys}) FROM \
             pragma_foreign_key_list({name})) + (SELECT max(0, count(*) - {uniques}) FROM pragma_index_list({name}) WHERE \
             origin = 'u') + (SELECT coalesce(sum(wr + strict), 0) FROM pragma_table_list({name}))",
            objects = objects.join(", "),
            columns = columns.join(", "),
            keys = table.foreign_keys.len(),
            uniques = table.uniques.len(),
        ),
    }
}

/// Foreign keys of tables that the migration doesn't know. Dropping the table that they refer to would change their rows.
/// D1 answers nothing about its own tables.
pub(super) fn referring(family: &Family<'_, '_>, diff: &Diff) -> Option<Guard> {
    let names: Vec<String> = family.old_names().map(literal).collect();
    let shown: Vec<String> = family.old_names().map(|name| format!("{name:?}")).collect();
    let first = family.old_names().next()?;
    let known: Vec<String> = diff.from.iter().map(|table| literal(&table.name)).collect();
    Some(Guard {
        table: first.to_owned(),
        column: None,
        message: format!(
            "{{rows}} foreign keys of tables unknown to this migration refer to {}, which are dropped or rebuilt: add structs \
             for those tables, or drop them first",
            shown.join(", ")
        ),
        count: format!(
            "WITH \"others\" AS MATERIALIZED (SELECT name FROM sqlite_schema WHERE type = 'table' AND name COLLATE NOCASE \
             NOT IN ({}) AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\') SELECT count(*) FROM \"others\" JOIN \
             pragma_foreign_key_list(\"others\".name) AS refers WHERE refers.\"table\" COLLATE NOCASE IN ({})",
            known.join(", "),
            names.join(", ")
        ),
    })
}

/// Triggers that would run for the rows of a table that gets a column in the place of another.
pub(super) fn triggers(steps: &Steps<'_>) -> Guard {
    let table = &steps.alteration.from;
    let known: Vec<String> =
        full_text_triggers(table).iter().map(|(name, _)| literal(name)).collect();
    Guard {
        table: table.name.clone(),
        column: None,
        message: format!(
            "{:?} has {{rows}} triggers that may run when the migration writes every row: drop them before, and create them \
             again at the end",
            table.name
        ),
        count: format!(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = {} COLLATE NOCASE AND sql LIKE \
             '%UPDATE%' AND name NOT IN ({})",
            literal(&table.name),
            if known.is_empty() { "''".into() } else { known.join(", ") }
        ),
    }
}

fn literal(text: &str) -> String {
    DIALECT.quote_literal(text)
}
