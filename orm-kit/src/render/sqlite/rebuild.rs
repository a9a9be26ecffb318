//! The rebuild of a table.

use orm_core::Dialect;
use orm_core::schema::fragments::{create_table_as, default, full_text_triggers, type_checks};
use orm_core::schema::{ColumnDef, SchemaError, TableDef};

use super::{DIALECT, gone_names, quoted};
use crate::diff::{Renames, Steps, is_not_null};
use crate::render::script::Script;
use crate::values::{Conversion, Guard, convert};

/// Creates a table again, with the rows of the old one.
pub(super) fn rebuild(
    steps: &Steps<'_>,
    renames: &Renames,
    script: &mut Script,
) -> Result<(), SchemaError> {
    let after = steps.after();
    let new_name = format!("__mizzle_new_{}", after.name);
    let (old, new) = (quoted(&after.name), quoted(&new_name));
    script.explain(
        format!(
            "Rebuilds {}: SQLite has no statement for this change. mizzle keeps what the table has beyond this:\n{}",
            after.name,
            was(steps, renames)?
        ),
        create_table_as(&new_name, after, DIALECT)?,
    );
    script.push(copy(steps, &new_name, DIALECT)?);
    if counts(&steps.alteration.from) && counts(after) {
        keep_mark(&after.name, &new_name, script);
    }
    script.push(format!("DROP TABLE {old}"));
    script.push(format!("ALTER TABLE {new} RENAME TO {old}"));
    Ok(())
}

/// Returns the statement that copies the rows of the table into the one named `new_name`.
pub(in crate::render) fn copy(
    steps: &Steps<'_>,
    new_name: &str,
    dialect: Dialect,
) -> Result<String, SchemaError> {
    let after = steps.after();
    let mut targets = Vec::new();
    let mut values = Vec::new();
    for column in &after.columns {
        if column.generated.is_some() || steps.alteration.old_name(&column.name).is_none() {
            continue;
        }
        targets.push(quoted(&column.name));
        values.push(value(steps, column, dialect)?);
    }
    if targets.is_empty() {
        let all = after.columns.iter().find(|column| column.generated.is_none());
        // No value of the rows stays: inserts as many rows of defaults.
        if let Some(column) = all {
            let value = default(after, column, dialect)?.unwrap_or_else(|| "NULL".into());
            targets.push(quoted(&column.name));
            values.push(value);
        }
    }
    Ok(format!(
        "INSERT INTO {} ({})\nSELECT {}\nFROM {}",
        quoted(new_name),
        targets.join(", "),
        values.join(", "),
        quoted(&after.name)
    ))
}

/// Returns the new value of a column that stays, from its old one.
pub(in crate::render) fn value(
    steps: &Steps<'_>,
    column: &ColumnDef,
    dialect: Dialect,
) -> Result<String, SchemaError> {
    let after = steps.after();
    let name = quoted(&column.name);
    let Some((old, _)) = steps.changed.iter().find(|(_, new)| new.name == column.name) else {
        return Ok(name);
    };
    let value = match convert(old, column, &name, dialect) {
        Conversion::Same => name,
        Conversion::By { value, .. } => value,
        // The guard has found only NULL.
        Conversion::Never => "NULL".into(),
    };
    let becomes_not_null = !is_not_null(&steps.before, old) && is_not_null(after, column);
    Ok(match default(after, column, dialect)? {
        Some(sql) if becomes_not_null => format!("coalesce({value}, {sql})"),
        _ => value,
    })
}

/// Returns whether the table counts its rows.
pub(in crate::render) fn counts(table: &TableDef) -> bool {
    table.columns.iter().any(|column| column.auto)
}

/// Continues to count in the table `new` where `old` is.
pub(in crate::render) fn keep_mark(old: &str, new: &str, script: &mut Script) {
    let (old, new) = (DIALECT.quote_literal(old), DIALECT.quote_literal(new));
    script.explain(
        "The numbers of deleted rows are not used again.",
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

/// Returns the table as the script knows it after the renames, as comments. The runner compares it with the actual
/// table.
fn was(steps: &Steps<'_>, renames: &Renames) -> Result<String, SchemaError> {
    let from = &steps.alteration.from;
    let known = renames.apply_with(from, &gone_names(steps), DIALECT);
    let mut sql = create_table_as(&known.name, &known, DIALECT)?;
    // A constraint keeps its name if the column is renamed.
    for ((_, old), (_, new)) in type_checks(from, DIALECT).iter().zip(type_checks(&known, DIALECT))
    {
        let check = |name: &str| format!("CONSTRAINT {} CHECK ({})", quoted(name), new.condition);
        sql = sql.replacen(&check(&new.name), &check(&old.name), 1);
    }
    let lines: Vec<String> = sql.split('\n').map(|line| format!("was:{line}")).collect();
    Ok(lines.join("\n"))
}

/// Triggers and indexes that the script doesn't know would be dropped with the table. mizzle keeps them; other tools
/// don't.
pub(super) fn unknown_objects(steps: &Steps<'_>) -> Guard {
    let table = &steps.alteration.from;
    let literal = |text: &str| DIALECT.quote_literal(text);
    let mut known: Vec<String> = table.indexes.iter().map(|index| literal(&index.name)).collect();
    known.extend(full_text_triggers(table).iter().map(|(name, _)| literal(name)));
    known.push("''".into());
    Guard {
        table: table.name.clone(),
        column: None,
        message: format!(
            "{:?} has {{rows}} triggers or indexes that this migration doesn't know, which would be lost: run it with \
             mizzle, which keeps them",
            table.name
        ),
        count: format!(
            "SELECT count(*) FROM sqlite_schema WHERE tbl_name = {} COLLATE NOCASE AND (type = 'trigger' OR type = 'index' AND \
             sql IS NOT NULL) AND name NOT IN ({}) AND NOT EXISTS (SELECT 1 FROM sqlite_temp_schema WHERE name = \
             'mizzle_runner')",
            literal(&table.name),
            known.join(", ")
        ),
    }
}

/// Columns that the script doesn't know. mizzle keeps them; other tools don't.
pub(super) fn unknown_columns(steps: &Steps<'_>) -> Guard {
    let table = &steps.alteration.from;
    let known: Vec<String> =
        table.columns.iter().map(|column| DIALECT.quote_literal(&column.name)).collect();
    Guard {
        table: table.name.clone(),
        column: None,
        message: format!(
            "{:?} has {{rows}} columns that this migration doesn't know, which would be lost: run it with mizzle, which keeps \
             them",
            table.name
        ),
        count: format!(
            "SELECT count(*) FROM pragma_table_xinfo({}) WHERE name COLLATE NOCASE NOT IN ({}) AND NOT EXISTS (SELECT 1 \
             FROM sqlite_temp_schema WHERE name = 'mizzle_runner')",
            DIALECT.quote_literal(&table.name),
            known.join(", ")
        ),
    }
}
