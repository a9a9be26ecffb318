//! A diff on SQLite.
//!
//! SQLite can add, rename and drop simple columns, and rename tables. For everything else the table is rebuilt: a new
//! one is created, the rows are copied, and it takes the old one's name. Two settings make that safe. Foreign keys are
//! off, because with them dropping a table deletes the rows that refer to it; SQLite accepts that setting only outside
//! a transaction. `legacy_alter_table` is on while tables are renamed, so that views and triggers that name the table
//! don't fail in between, and references to it stay.

pub(super) mod ability;
pub(super) mod rebuild;
pub(super) mod refers;

use orm_core::Dialect;
use orm_core::schema::fragments::{column as column_sql, create_index, foreign_key, type_checks};
use orm_core::schema::{
    CheckDef, ColumnDef, ForeignKeyDef, IndexDef, SchemaError, TableDef, create_tables,
};

use self::ability::{must_rebuild, remade_indexes};
use self::rebuild::{rebuild, unknown_columns, unknown_objects};
use self::refers::Refers;
use super::full_text::{FullTexts, touches};
use super::script::{GUARD_TABLE, GUARDS_FOLLOW, Script};
use super::views::Remade;
use super::{Lock, order};
use crate::diff::{Diff, Renames, Steps};
use crate::values::guards;

const DIALECT: Dialect = Dialect::Sqlite;

pub(super) fn quoted(name: &str) -> String {
    DIALECT.quote_ident(name)
}

pub(super) fn render(diff: &Diff) -> Result<Script, SchemaError> {
    let renames = Renames::of(diff);
    let tables = Steps::of(diff, &renames, DIALECT)?;
    let rebuilt: Vec<&Steps<'_>> = tables.iter().filter(|steps| must_rebuild(steps)).collect();
    let drops = diff.dropped().next().is_some();
    let mut script = Script { own_transaction: !rebuilt.is_empty() || drops, ..Script::default() };
    let mut all = guards(diff, DIALECT)?;
    all.extend(rebuilt.iter().flat_map(|steps| [unknown_objects(steps), unknown_columns(steps)]));
    let refers = Refers::of(diff, &tables, &rebuilt);
    let has_guards = !all.is_empty() || !refers.is_empty();

    if script.own_transaction {
        script.explain(
            "Dropping a table would delete what refers to its rows: foreign keys are off until the end, and checked there.",
            "PRAGMA foreign_keys = OFF",
        );
        script.push("BEGIN IMMEDIATE");
    }
    if has_guards {
        match all.is_empty() {
            true => script.push(GUARD_TABLE),
            false => script.explain(GUARDS_FOLLOW, GUARD_TABLE),
        }
        script.guard(&all, DIALECT);
        refers.count(&mut script);
    }
    let is_rebuilt = |name: &str| {
        rebuilt.iter().any(|steps| DIALECT.is_same_name(&steps.alteration.from.name, name))
    };
    let views = Remade::of(diff, &tables, is_rebuilt, DIALECT)?;
    views.drop(&mut script);
    let full_texts = FullTexts::of(diff, &tables, must_rebuild, DIALECT);
    full_texts.drop(&mut script);
    drop_indexes(&tables, &mut script);
    for table in diff.dropped() {
        script.push(format!("DROP TABLE {}", quoted(&table.name)));
    }
    rename(&tables, &mut script);
    for steps in &tables {
        if !must_rebuild(steps) {
            alter(steps, DIALECT, &mut script)?;
        }
    }
    if !rebuilt.is_empty() {
        script.push("PRAGMA legacy_alter_table = ON");
        for steps in &rebuilt {
            rebuild(steps, &renames, &mut script)?;
        }
        script.push("PRAGMA legacy_alter_table = OFF");
    }
    let created: Vec<TableDef> = diff.created().cloned().collect();
    for statement in create_tables(&created, &[], DIALECT)? {
        script.push(statement);
    }
    for steps in &tables {
        let made: Vec<&IndexDef> = steps
            .indexes
            .added
            .iter()
            .chain(remade_indexes(steps).map(|(_, index)| index))
            .collect();
        for index in &steps.after().indexes {
            let sql = create_index(&steps.after().name, index, DIALECT);
            if made.contains(&index) {
                script.push(sql);
            } else if must_rebuild(steps) {
                script.explain("unchanged: it went with its table", sql);
            }
        }
    }
    full_texts.create(&mut script);
    views.create(&mut script)?;
    refers.compare(&mut script);
    if has_guards {
        script.push("DROP TABLE temp.mizzle_guard");
    }
    if script.own_transaction {
        script.push("COMMIT");
        script.push("PRAGMA foreign_keys = ON");
    }
    Ok(script)
}

/// Returns what makes others wait.
pub(super) fn lock(steps: &Steps<'_>) -> Option<Lock> {
    let what = if must_rebuild(steps) {
        "rebuilds the table by copying its rows, while nobody else can write the database"
    } else if !steps.indexes.added.is_empty()
        || steps.after().full_text.is_some() && touches(steps, DIALECT)
    {
        "builds an index, while nobody else can write the database"
    } else {
        return None;
    };
    let table = &steps.alteration.from.name;
    Some(Lock { table: table.clone(), what: what.into(), rows_of: table.clone() })
}

/// Drops the indexes that go or are created again, by their old names.
pub(super) fn drop_indexes(tables: &[Steps<'_>], script: &mut Script) {
    for steps in tables {
        let remade = remade_indexes(steps).map(|(old, _)| old);
        let dropped = steps.indexes.dropped.iter().map(|index| index.name.as_str());
        for name in dropped.chain(remade) {
            script.push(format!("DROP INDEX {}", quoted(name)));
        }
    }
}

/// The renames, which SQLite applies to everything that refers to them: keys, indexes, views, triggers.
pub(super) fn rename(tables: &[Steps<'_>], script: &mut Script) {
    let names: Vec<(String, String)> = tables
        .iter()
        .map(|steps| (steps.alteration.from.name.clone(), steps.after().name.clone()))
        .collect();
    for (old, new) in order::renames(&names) {
        // To SQLite, a change of case only isn't a change.
        if old.eq_ignore_ascii_case(&new) {
            let between = format!("__mizzle_{new}");
            script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&old), quoted(&between)));
            script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&between), quoted(&new)));
        } else {
            script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&old), quoted(&new)));
        }
    }
    for steps in tables {
        // A dropped column may have the name that another one takes.
        let mut columns = gone_names(steps);
        columns.extend(steps.alteration.columns.iter().cloned());
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

/// The dropped columns whose names others take, each with the name that it has until then.
fn gone_names(steps: &Steps<'_>) -> Vec<(String, String)> {
    let is_taken = |gone: &&ColumnDef| {
        steps.alteration.columns.iter().any(|(_, new)| gone.name.eq_ignore_ascii_case(new))
    };
    let taken = steps.dropped.iter().filter(is_taken);
    taken.map(|gone| (gone.name.clone(), gone_name(&gone.name))).collect()
}

/// Returns the name of a dropped column while another one takes its name.
fn gone_name(column: &str) -> String {
    format!("__mizzle_gone_{column}")
}

/// The changes that SQLite has statements for.
pub(super) fn alter(
    steps: &Steps<'_>,
    dialect: Dialect,
    script: &mut Script,
) -> Result<(), SchemaError> {
    let after = steps.after();
    let table = quoted(&after.name);
    for column in &steps.dropped {
        let is_taken = after.columns.iter().any(|other| {
            other.name.eq_ignore_ascii_case(&column.name)
                && steps.alteration.old_name(&other.name).is_some()
        });
        let name = if is_taken { gone_name(&column.name) } else { column.name.clone() };
        script.push_alone(format!("ALTER TABLE {table} DROP COLUMN {}", quoted(&name)));
    }
    let checks = type_checks(after, dialect);
    for column in &steps.added {
        let mut sql = column_sql(after, column, dialect)?;
        if let Some((_, check)) = checks.iter().find(|(name, _)| *name == column.name) {
            sql.push_str(&of_column(check));
        }
        for key in steps.foreign_keys.added.iter().filter(|key| key.columns == [&*column.name]) {
            sql.push_str(&format!(" {}", reference(key, dialect)));
        }
        script.push(format!("ALTER TABLE {table} ADD COLUMN {sql}"));
    }
    Ok(())
}

/// Returns a foreign key as part of its column.
fn reference(key: &ForeignKeyDef, dialect: Dialect) -> String {
    let columns: Vec<String> = key.columns.iter().map(|column| quoted(column)).collect();
    let whole = foreign_key(key, dialect);
    let name = format!("CONSTRAINT {} ", quoted(&key.name));
    let of_table = format!("{name}FOREIGN KEY ({}) ", columns.join(", "));
    format!("{name}{}", whole.strip_prefix(&of_table).unwrap_or(&whole))
}

/// Returns a check as part of a column.
pub(super) fn of_column(check: &CheckDef) -> String {
    format!(" CONSTRAINT {} CHECK ({})", quoted(&check.name), check.condition)
}
