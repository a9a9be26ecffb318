//! A diff on SQLite.
//!
//! SQLite can add, rename and drop simple columns, and rename tables. For all else a table is rebuilt: a new one is made, its rows are
//! copied, and it takes the old one's name. Two settings make that safe. Foreign keys are off, since with them
//! dropping a table deletes what refers to its rows; SQLite takes that setting only outside of a transaction. And
//! `legacy_alter_table` is on while tables change their names, so that views and triggers that name the table in
//! between don't fail, and references to it stay.

use orm_core::Dialect;
use orm_core::schema::fragments::{
    column as column_sql, create_index, create_table_as, default, type_checks,
};
use orm_core::schema::{
    ColumnDef, DefaultValue, IndexDef, IndexKey, SchemaError, TableDef, create_tables,
};

use super::order;
use super::script::{GUARD_TABLE, Script, guard};
use crate::diff::{Diff, Renames, Steps, is_not_null, mentions};
use crate::rows::{Conversion, Guard, convert, guards};

const DIALECT: Dialect = Dialect::Sqlite;

fn quoted(name: &str) -> String {
    DIALECT.quote_ident(name)
}

pub(super) fn render(diff: &Diff) -> Result<Script, SchemaError> {
    let renames = Renames::of(diff);
    let tables: Vec<Steps<'_>> = diff
        .alterations()
        .map(|alteration| Steps::new(alteration, &renames, DIALECT))
        .collect::<Result<_, _>>()?;
    let rebuilt: Vec<&Steps<'_>> = tables.iter().filter(|steps| must_rebuild(steps)).collect();
    let drops = diff.dropped().next().is_some();
    let mut script = Script { own_transaction: !rebuilt.is_empty() || drops, ..Script::default() };
    let mut all = guards(diff, DIALECT)?;
    all.extend(rebuilt.iter().map(|steps| unknown_objects(steps)));
    let has_guards = !all.is_empty() || script.own_transaction;

    if script.own_transaction {
        script.explain(
            "Dropping a table would delete what refers to its rows: foreign keys are off until the end, and checked there.",
            "PRAGMA foreign_keys = OFF",
        );
        script.push("BEGIN IMMEDIATE");
    }
    if has_guards {
        script.push(GUARD_TABLE);
        script.statements.extend(all.iter().map(|found| guard(found, DIALECT)));
    }
    drop_parts(diff, &tables, &mut script);
    rename(&tables, &mut script);
    for steps in &tables {
        if !must_rebuild(steps) {
            alter(steps, &mut script)?;
        }
    }
    if !rebuilt.is_empty() {
        script.push("PRAGMA legacy_alter_table = ON");
        for steps in &rebuilt {
            rebuild(steps, &mut script)?;
        }
        script.push("PRAGMA legacy_alter_table = OFF");
    }
    let created: Vec<TableDef> = diff.created().cloned().collect();
    for statement in create_tables(&created, &[], DIALECT)? {
        script.push(statement);
    }
    for steps in &tables {
        let indexes: Vec<&IndexDef> = if must_rebuild(steps) {
            steps.after().indexes.iter().collect()
        } else {
            steps
                .indexes
                .added
                .iter()
                .chain(remade_indexes(steps).map(|(_, index)| index))
                .collect()
        };
        for index in indexes {
            script.push(create_index(&steps.after().name, index, DIALECT));
        }
    }
    if script.own_transaction {
        for table in checked(diff, &rebuilt) {
            script.statements.push(guard(&orphans(&table), DIALECT));
        }
    }
    if has_guards {
        script.push("DROP TABLE temp.mizzle_guard");
    }
    if script.own_transaction {
        script.push("COMMIT");
        script.push("PRAGMA foreign_keys = ON");
    }
    Ok(script)
}

/// What makes others wait.
pub(super) fn locks(steps: &Steps<'_>) -> Option<&'static str> {
    if must_rebuild(steps) {
        Some("rebuilds the table by copying its rows, while nobody else can write the database")
    } else if !steps.indexes.added.is_empty() {
        Some("builds an index, while nobody else can write the database")
    } else {
        None
    }
}

/// Whether SQLite has no statement for what changes.
fn must_rebuild(steps: &Steps<'_>) -> bool {
    let (before, after) = (&steps.alteration.from, steps.after());
    !steps.changed.is_empty()
        || steps.key_changed
        || !after.primary_key.is_empty() && before.primary_key_name() != after.primary_key_name()
        || !steps.uniques.is_empty()
        || !steps.foreign_keys.is_empty()
        || steps.added.iter().any(|column| !can_add(after, column))
        || steps.dropped.iter().any(|column| !can_drop(before, column))
        || !only_of_added_columns(steps)
        || renames_in_expression(steps)
}

/// Whether a check or a computed column names a column that gets another name: SQLite would follow, but write the
/// expression otherwise than the struct does.
fn renames_in_expression(steps: &Steps<'_>) -> bool {
    let from = &steps.alteration.from;
    let checks = from.checks.iter().map(|check| &check.condition);
    let computed = from.columns.iter().filter_map(|column| column.generated.as_ref());
    let mut expressions = checks.chain(computed);
    expressions.any(|sql| names_renamed(steps, sql))
}

fn names_renamed(steps: &Steps<'_>, sql: &str) -> bool {
    steps.alteration.columns.iter().any(|(old, new)| old != new && mentions(sql, old))
}

/// The indexes that are made anew, each by its name before and as it is after: those that get another name, which
/// SQLite has no statement for, and those whose expressions name a column that does.
fn remade_indexes<'s>(steps: &'s Steps<'_>) -> impl Iterator<Item = (&'s str, &'s IndexDef)> {
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

/// Whether no check changes but those that come with the type of a new column.
fn only_of_added_columns(steps: &Steps<'_>) -> bool {
    let own = type_checks(steps.after(), DIALECT);
    let comes_along = |check: &orm_core::schema::CheckDef| {
        own.iter().any(|(column, known)| {
            known == check && steps.added.iter().any(|added| added.name == *column)
        })
    };
    steps.checks.renamed.is_empty()
        && steps.checks.dropped.is_empty()
        && steps.checks.added.iter().all(comes_along)
}

/// See <https://www.sqlite.org/lang_altertable.html#alter_table_add_column>.
fn can_add(table: &TableDef, column: &ColumnDef) -> bool {
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

/// See <https://www.sqlite.org/lang_altertable.html#alter_table_drop_column>. Indexes on it are dropped before; its other
/// parts change as well, if it has any.
fn can_drop(table: &TableDef, column: &ColumnDef) -> bool {
    let in_expression = |sql: &str| mentions(sql, &column.name);
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

/// Indexes and tables that go, by the names before.
fn drop_parts(diff: &Diff, tables: &[Steps<'_>], script: &mut Script) {
    for steps in tables {
        let remade = remade_indexes(steps).map(|(old, _)| old);
        let dropped = steps.indexes.dropped.iter().map(|index| index.name.as_str());
        for name in dropped.chain(remade) {
            script.push(format!("DROP INDEX {}", quoted(name)));
        }
    }
    for table in diff.dropped() {
        script.push(format!("DROP TABLE {}", quoted(&table.name)));
    }
}

/// New names, which SQLite carries into whatever refers to them: keys, indexes, views, triggers.
fn rename(tables: &[Steps<'_>], script: &mut Script) {
    let names: Vec<(String, String)> = tables
        .iter()
        .map(|steps| (steps.alteration.from.name.clone(), steps.after().name.clone()))
        .collect();
    for (old, new) in order::renames(&names) {
        // A change of case alone is none to SQLite.
        if old.eq_ignore_ascii_case(&new) {
            let between = format!("__mizzle_{new}");
            script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&old), quoted(&between)));
            script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&between), quoted(&new)));
        } else {
            script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&old), quoted(&new)));
        }
    }
    for steps in tables {
        // A column that goes may have the name that another takes.
        let mut columns = Vec::new();
        for (old, new) in &steps.alteration.columns {
            if let Some(gone) =
                steps.dropped.iter().find(|gone| gone.name.eq_ignore_ascii_case(new))
            {
                columns.push((gone.name.clone(), gone_name(&gone.name)));
            }
            columns.push((old.clone(), new.clone()));
        }
        for (old, new) in order::renames(&columns) {
            script.push(format!(
                "ALTER TABLE {} RENAME COLUMN {} TO {}",
                quoted(&steps.after().name),
                quoted(&old),
                quoted(&new)
            ));
        }
    }
}

/// The name of a column that goes, while another takes its own.
fn gone_name(column: &str) -> String {
    format!("__mizzle_gone_{column}")
}

/// What SQLite has statements for.
fn alter(steps: &Steps<'_>, script: &mut Script) -> Result<(), SchemaError> {
    let after = steps.after();
    let table = quoted(&after.name);
    for column in &steps.dropped {
        let is_taken = after.columns.iter().any(|other| {
            other.name.eq_ignore_ascii_case(&column.name)
                && steps.alteration.old_name(&other.name).is_some()
        });
        let name = if is_taken { gone_name(&column.name) } else { column.name.clone() };
        script.push(format!("ALTER TABLE {table} DROP COLUMN {}", quoted(&name)));
    }
    let checks = type_checks(after, DIALECT);
    for column in &steps.added {
        let mut sql = column_sql(after, column, DIALECT)?;
        if let Some((_, check)) = checks.iter().find(|(name, _)| *name == column.name) {
            sql.push_str(&format!(
                " CONSTRAINT {} CHECK ({})",
                quoted(&check.name),
                check.condition
            ));
        }
        script.push(format!("ALTER TABLE {table} ADD COLUMN {sql}"));
    }
    Ok(())
}

/// A table made anew with the rows of the old one.
fn rebuild(steps: &Steps<'_>, script: &mut Script) -> Result<(), SchemaError> {
    let after = steps.after();
    let new_name = format!("__mizzle_new_{}", after.name);
    let (old, new) = (quoted(&after.name), quoted(&new_name));
    script.explain(
        format!("Rebuilds {}: SQLite has no statement for what changes.", after.name),
        create_table_as(&new_name, after, DIALECT)?,
    );
    let mut targets = Vec::new();
    let mut values = Vec::new();
    for column in &after.columns {
        if column.generated.is_some() || steps.alteration.old_name(&column.name).is_none() {
            continue;
        }
        let name = quoted(&column.name);
        let mut value = name.clone();
        if let Some((old, _)) = steps.changed.iter().find(|(_, new)| new.name == column.name) {
            match convert(&old.ty, &column.ty, &name, DIALECT) {
                Conversion::Same => {}
                Conversion::By { value: converted, .. } => value = converted,
                // The guard has found nothing but NULL.
                Conversion::Never => value = "NULL".into(),
            }
            let becomes_not_null = !is_not_null(&steps.before, old) && is_not_null(after, column);
            if let (true, Some(sql)) = (becomes_not_null, default(after, column, DIALECT)?) {
                value = format!("coalesce({value}, {sql})");
            }
        }
        targets.push(name);
        values.push(value);
    }
    if targets.is_empty() {
        let all = after.columns.iter().find(|column| column.generated.is_none());
        // Rows without a value that stays: as many rows of defaults.
        if let Some(column) = all {
            let value = default(after, column, DIALECT)?.unwrap_or_else(|| "NULL".into());
            targets.push(quoted(&column.name));
            values.push(value);
        }
    }
    script.push(format!(
        "INSERT INTO {new} ({})\nSELECT {}\nFROM {old}",
        targets.join(", "),
        values.join(", ")
    ));
    let counts = |table: &TableDef| table.columns.iter().any(|column| column.auto);
    if counts(&steps.alteration.from) && counts(after) {
        let (old, new) = (DIALECT.quote_literal(&after.name), DIALECT.quote_literal(&new_name));
        script.explain(
            "The numbers of rows that were deleted are not given again.",
            format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence \
                 WHERE name = {new})"
            ),
        );
        script.push(format!(
            "UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT seq FROM sqlite_sequence WHERE name = {old}), 0)) \
             WHERE name = {new}"
        ));
    }
    script.push(format!("DROP TABLE {old}"));
    script.push(format!("ALTER TABLE {new} RENAME TO {old}"));
    Ok(())
}

/// Triggers and indexes that the script doesn't know would go with the table. mizzle keeps them; other tools don't.
fn unknown_objects(steps: &Steps<'_>) -> Guard {
    let table = &steps.alteration.from;
    let literal = |text: &str| DIALECT.quote_literal(text);
    let mut known: Vec<String> = table.indexes.iter().map(|index| literal(&index.name)).collect();
    known.push("''".into());
    Guard {
        table: table.name.clone(),
        column: None,
        message: format!(
            "{:?} has {{rows}} triggers or indexes of its own, which would be lost: run this migration with mizzle, which keeps \
             them",
            table.name
        ),
        count: format!(
            "SELECT count(*) FROM sqlite_schema WHERE tbl_name = {} COLLATE NOCASE AND (type = 'trigger' OR type = 'index' AND \
             sql IS NOT NULL AND name NOT IN ({})) AND NOT EXISTS (SELECT 1 FROM sqlite_temp_schema WHERE name = \
             'mizzle_runner')",
            literal(&table.name),
            known.join(", ")
        ),
    }
}

/// The tables whose rows must find what they refer to: those that are rebuilt, and those that refer to them.
fn checked(diff: &Diff, rebuilt: &[&Steps<'_>]) -> Vec<String> {
    let is_rebuilt = |name: &str| rebuilt.iter().any(|steps| steps.after().name == name);
    diff.to
        .iter()
        .filter(|table| !table.foreign_keys.is_empty())
        .filter(|table| {
            is_rebuilt(&table.name) || table.foreign_keys.iter().any(|key| is_rebuilt(&key.table))
        })
        .map(|table| table.name.clone())
        .collect()
}

fn orphans(table: &str) -> Guard {
    Guard {
        table: table.into(),
        column: None,
        message: format!(
            "{table:?} has {{rows}} rows that refer to a row that doesn't exist: `PRAGMA foreign_key_check({table:?})` lists \
             them; change or delete them first"
        ),
        count: format!(
            "SELECT count(*) FROM pragma_foreign_key_check({})",
            DIALECT.quote_literal(table)
        ),
    }
}
