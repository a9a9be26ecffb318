//! The changes that SQLite has statements for.

use orm_core::schema::fragments::type_checks;
use orm_core::schema::{CheckDef, ColumnDef, DefaultValue, IndexDef, IndexKey, TableDef};

use super::DIALECT;
use crate::diff::{Steps, is_not_null, mentions};

/// Whether SQLite has no statement for the change.
pub(super) fn must_rebuild(steps: &Steps<'_>) -> bool {
    let is_added = |name: &str| steps.added.iter().any(|added| added.name == name);
    !steps.changed.is_empty()
        || !steps.foreign_keys.is_empty()
        || !only_of_columns(steps, is_added)
        || changes_beyond_columns(steps)
}

/// Whether a key, a unique constraint or an expression changes, or a column comes or goes for which there is no statement.
pub(in crate::render) fn changes_beyond_columns(steps: &Steps<'_>) -> bool {
    let (before, after) = (&steps.alteration.from, steps.after());
    steps.key_changed
        || !after.primary_key.is_empty() && before.primary_key_name() != after.primary_key_name()
        || !steps.uniques.is_empty()
        || steps.added.iter().any(|column| !can_add(after, column))
        || steps.dropped.iter().any(|column| !can_drop(before, column))
        || renames_in_expression(steps)
}

/// Whether a check or a computed column names a column that is renamed: SQLite would update the expression, but write
/// it differently than the struct does.
fn renames_in_expression(steps: &Steps<'_>) -> bool {
    let from = &steps.alteration.from;
    let checks = from.checks.iter().map(|check| &check.condition);
    let computed = from.columns.iter().filter_map(|column| column.generated.as_ref());
    let mut expressions = checks.chain(computed);
    expressions.any(|sql| names_renamed(steps, sql))
}

fn names_renamed(steps: &Steps<'_>, sql: &str) -> bool {
    steps.alteration.columns.iter().any(|(old, new)| old != new && mentions(sql, old, DIALECT))
}

/// Returns the indexes that are created again, each by its old name and with its new definition: those that are
/// renamed, for which SQLite has no statement, and those whose expressions name a column that is renamed.
pub(in crate::render) fn remade_indexes<'s>(
    steps: &'s Steps<'_>,
) -> impl Iterator<Item = (&'s str, &'s IndexDef)> {
    let renamed = &steps.indexes.renamed;
    steps.alteration.from.indexes.iter().filter_map(move |old| {
        let in_parts = old.parts.iter().any(|part| match &part.key {
            IndexKey::Column(_) => false,
            IndexKey::Expression(sql) => names_renamed(steps, sql),
        });
        let is_bound =
            in_parts || old.condition.as_ref().is_some_and(|sql| names_renamed(steps, sql));
        let new_name = renamed.iter().find(|(name, _)| *name == old.name).map(|(_, new)| new);
        let is_dropped = steps.indexes.dropped.iter().any(|index| index.name == old.name);
        let name = new_name.or((is_bound && !is_dropped).then_some(&old.name))?;
        let new = steps.after().indexes.iter().find(|index| index.name == *name)?;
        Some((old.name.as_str(), new))
    })
}

/// Whether no check changes except those that come with the type of a column that `is_new`.
pub(in crate::render) fn only_of_columns(steps: &Steps<'_>, is_new: impl Fn(&str) -> bool) -> bool {
    let own = type_checks(steps.after(), DIALECT);
    let comes_along =
        |check: &CheckDef| own.iter().any(|(column, known)| known == check && is_new(column));
    steps.checks.renamed.is_empty()
        && steps.checks.dropped.is_empty()
        && steps.checks.added.iter().all(comes_along)
}

/// See <https://www.sqlite.org/lang_altertable.html#alter_table_add_column>.
pub(in crate::render) fn can_add(table: &TableDef, column: &ColumnDef) -> bool {
    let is_constant = match &column.default {
        None => !is_not_null(table, column),
        Some(DefaultValue::Now | DefaultValue::Sql(_)) => false,
        Some(_) => true,
    };
    column.generated.is_none()
        && !column.auto
        && !table.primary_key.contains(&column.name)
        && is_constant
}

/// See <https://www.sqlite.org/lang_altertable.html#alter_table_drop_column>. Indexes on it are dropped before. Any
/// other part that uses it changes as well.
pub(in crate::render) fn can_drop(table: &TableDef, column: &ColumnDef) -> bool {
    let in_expression = |sql: &str| mentions(sql, &column.name, DIALECT);
    let in_checks = table.checks.iter().any(|check| in_expression(&check.condition))
        || type_checks(table, DIALECT).iter().any(|(_, check)| in_expression(&check.condition));
    let in_generated = table
        .columns
        .iter()
        .any(|other| other.generated.as_ref().is_some_and(|sql| in_expression(sql)));
    !table.primary_key.contains(&column.name)
        && !table.uniques.iter().any(|unique| unique.columns.contains(&column.name))
        && !table.foreign_keys.iter().any(|key| key.columns.contains(&column.name))
        && !in_checks
        && !in_generated
        && column.generated.is_none()
}
