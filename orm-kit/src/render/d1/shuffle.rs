//! A column that is replaced in its table: a new one is added, gets the values of the old one, and takes its name.
//!
//! The table keeps everything else, and so do the tables that refer to it.

use orm_core::schema::fragments::{column as column_sql, type_checks};
use orm_core::schema::{
    CheckDef, ColumnDef, ForeignKeyDef, IndexDef, IndexKey, SchemaError, TableDef,
};

use super::DIALECT;
use crate::diff::{Diff, Steps, is_not_null, mentions, rename_identifiers};
use crate::render::script::Script;
use crate::render::sqlite::ability::{
    can_add, can_drop, changes_beyond_columns, only_of_columns, remade_indexes,
};
use crate::render::sqlite::rebuild::value;
use crate::render::sqlite::{of_column, quoted};

/// How a table that stays gets its new form.
#[derive(Debug, PartialEq)]
pub(super) enum Way<'d> {
    /// By statements for each change.
    Alter,
    /// By such statements, and new columns in the place of these.
    Shuffle(Vec<&'d ColumnDef>),
    /// By a new table.
    Rebuild,
}

pub(super) fn way<'d>(steps: &Steps<'d>, diff: &Diff) -> Way<'d> {
    let changed: Vec<&ColumnDef> = steps.changed.iter().map(|(_, new)| *new).collect();
    let is_new = |name: &str| {
        steps.added.iter().any(|added| added.name == name)
            || changed.iter().any(|changed| changed.name == name)
    };
    let keys = &steps.foreign_keys;
    let is_addable = keys.renamed.is_empty()
        && keys.dropped.is_empty()
        && keys.added.iter().all(|key| comes_with_column(steps, key));
    if changes_beyond_columns(steps)
        || !is_addable
        || !only_of_columns(steps, is_new)
        || !changed.iter().all(|column| can_shuffle(steps, column, diff))
    {
        Way::Rebuild
    } else if changed.is_empty() {
        Way::Alter
    } else {
        Way::Shuffle(changed)
    }
}

/// Returns whether the foreign key is over a new column that is NULL in all rows: a column can be added with it.
fn comes_with_column(steps: &Steps<'_>, key: &ForeignKeyDef) -> bool {
    let [name] = key.columns.as_slice() else { return false };
    let is_it = |column: &&&ColumnDef| column.name == *name;
    steps
        .added
        .iter()
        .find(is_it)
        .is_some_and(|column| column.default.is_none() && !is_not_null(steps.after(), column))
}

/// Returns whether a new column can take the place of the old one.
fn can_shuffle(steps: &Steps<'_>, column: &ColumnDef, diff: &Diff) -> bool {
    let Some(old) = steps.before.find_column(&column.name) else { return false };
    let (before, after) = (&steps.before, steps.after());
    let name = &column.name;
    let is_searched = |table: &TableDef| {
        table.full_text.as_ref().is_some_and(|index| index.columns.contains(name))
    };
    let refers = |tables: &[TableDef], table: &str, column: &str| {
        tables.iter().flat_map(|other| &other.foreign_keys).any(|key| {
            DIALECT.is_same_name(&key.table, table)
                && key.references.iter().any(|reference| reference == column)
        })
    };
    let old_name = steps.alteration.old_name(name).unwrap_or(name);
    can_add(after, column)
        && can_drop(before, old)
        && !is_searched(before)
        && !is_searched(after)
        && !mentions_in_checks(after, name)
        && !refers(&diff.from, &steps.alteration.from.name, old_name)
        && !refers(&diff.to, &after.name, name)
}

fn mentions_in_checks(table: &TableDef, column: &str) -> bool {
    let computed = table.columns.iter().filter_map(|other| other.generated.as_ref());
    let mut expressions = table.checks.iter().map(|check| &check.condition).chain(computed);
    expressions.any(|sql| mentions(sql, column, DIALECT))
}

/// Replaces the columns, and returns the indexes to create again.
pub(super) fn shuffle<'s>(
    steps: &Steps<'s>,
    columns: &[&ColumnDef],
    script: &mut Script,
) -> Result<Vec<(&'s TableDef, &'s IndexDef)>, SchemaError> {
    let after = steps.after();
    let table = quoted(&after.name);
    let remade: Vec<&str> = remade_indexes(steps).map(|(old, _)| old).collect();
    let is_over = |index: &&IndexDef| {
        let is_dropped = steps.indexes.dropped.iter().any(|other| other.name == index.name);
        !is_dropped
            && !remade.contains(&index.name.as_str())
            && columns.iter().any(|column| covers(index, &column.name))
    };
    let over: Vec<&IndexDef> = steps.before.indexes.iter().filter(is_over).collect();
    for index in &over {
        script.push(format!("DROP INDEX {}", quoted(&index.name)));
    }
    let checks = type_checks(after, DIALECT);
    let mut sets = Vec::new();
    for column in columns {
        let new = ColumnDef { name: between(&column.name), ..(*column).clone() };
        let mut sql = column_sql(after, &new, DIALECT)?;
        if let Some((_, check)) = checks.iter().find(|(name, _)| *name == column.name) {
            let names = [(column.name.clone(), new.name.clone())];
            let condition = rename_identifiers(&check.condition, &names, DIALECT);
            sql.push_str(&of_column(&CheckDef { name: check.name.clone(), condition }));
        }
        script.explain(
            format!("Replaces the column {}: D1 has no statement for this change.", column.name),
            format!("ALTER TABLE {table} ADD COLUMN {sql}"),
        );
        sets.push(format!("{} = {}", quoted(&new.name), value(steps, column, DIALECT)?));
    }
    script.push(format!("UPDATE {table} SET {}", sets.join(", ")));
    for column in columns {
        let (name, new) = (quoted(&column.name), quoted(&between(&column.name)));
        script.push(format!("ALTER TABLE {table} DROP COLUMN {name}"));
        script.push(format!("ALTER TABLE {table} RENAME COLUMN {new} TO {name}"));
    }
    let again = after.indexes.iter().filter(|index| over.iter().any(|old| old.name == index.name));
    Ok(again.map(|index| (after, index)).collect())
}

/// Returns the name of a new column until it takes the name of the old one.
fn between(column: &str) -> String {
    format!("__mizzle_new_{column}")
}

fn covers(index: &IndexDef, column: &str) -> bool {
    index.condition.as_ref().is_some_and(|sql| mentions(sql, column, DIALECT))
        || index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => name == column,
            IndexKey::Expression(sql) => mentions(sql, column, DIALECT),
        })
}
