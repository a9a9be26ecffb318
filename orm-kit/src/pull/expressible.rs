//! Which parts of a schema structs can express.

use orm_core::Dialect;
use orm_core::schema::fragments::{default_sql, type_checks, type_name};
use orm_core::schema::{
    Action, ColumnDef, ColumnType, DefaultValue, Family, ForeignKeyDef, IndexKey, TableDef,
};

use super::{defaults, names};
use crate::diff::mentions;
use crate::introspect::{Introspected, Note, others};

/// The widest table that diesel can be built for.
pub(super) const MOST_COLUMNS: usize = 128;

/// A schema without what structs can't express, and a list of what that was.
pub(super) struct Expressible {
    pub(super) tables: Vec<TableDef>,
    pub(super) notes: Vec<Note>,
}

/// Leaves out what structs can't express, so that writing the rest needs no further checks.
pub(super) fn of(found: &Introspected, dialect: Dialect) -> Expressible {
    let tables = &found.tables;
    let mut kept = Vec::new();
    let mut whole = Vec::new();
    let mut notes = found.notes.clone();
    for known in tables {
        let mut table = known.clone();
        let before = notes.len();
        columns(&mut table, dialect, &mut notes);
        match why_no_struct(&table, dialect) {
            Some(why) => {
                // What is in it is left out with it.
                notes.truncate(before);
                notes.push(Note {
                    table: table.name.clone(),
                    column: None,
                    what: format!("it has no struct: {why}"),
                });
            }
            None => {
                notes.extend(wide(&table));
                kept.push(table);
                whole.push(known);
            }
        }
    }
    if dialect.is_sqlite() {
        exact_keys(&mut kept);
    }
    for place in 0..kept.len() {
        let mut table = kept[place].clone();
        constraints(&mut table, &whole[place].columns, &kept, dialect, &mut notes);
        kept[place] = table;
    }
    Expressible { tables: kept, notes }
}

/// Returns the note on a table that needs a feature of diesel.
pub(super) fn wide(table: &TableDef) -> Option<Note> {
    let count = table.columns.len();
    let what = format!(
        "it has {count} columns, for which diesel needs its feature `{}` in Cargo.toml",
        feature(count)?
    );
    Some(Note { table: table.name.clone(), column: None, what })
}

/// Returns the diesel feature that a table with this many columns needs.
pub(super) fn feature(columns: usize) -> Option<&'static str> {
    match columns {
        0..=32 => None,
        33..=64 => Some("64-column-tables"),
        _ => Some("128-column-tables"),
    }
}

fn why_no_struct(table: &TableDef, dialect: Dialect) -> Option<String> {
    if let Some(tool) = others::tool_of(&table.name) {
        return Some(format!("it belongs to {tool}"));
    }
    why_impossible(table, dialect).map(Into::into)
}

fn why_impossible(table: &TableDef, dialect: Dialect) -> Option<&'static str> {
    let is_of = |family: Family| {
        move |name: &String| {
            table.find_column(name).is_some_and(|column| column.ty.family() == family)
        }
    };
    let is_generated =
        |name: &String| table.find_column(name).is_some_and(|column| column.generated.is_some());
    let is_missing = |name: &String| table.find_column(name).is_none();
    if !names::is_expressible(&table.name) {
        Some("its name is too long or has control characters")
    } else if table.primary_key.is_empty() {
        Some("it has no primary key")
    } else if table.primary_key.iter().any(is_missing) {
        Some("a column of its primary key is left out")
    } else if table.primary_key.iter().any(is_generated) {
        Some("a column of its primary key is computed")
    } else if dialect == Dialect::Postgres && table.primary_key.iter().any(is_of(Family::Float)) {
        Some("a column of its primary key is a float, which a key of a struct can't be")
    } else if table.primary_key.iter().any(is_of(Family::Array)) {
        Some("a column of its primary key is an array, which a key of a struct can't be")
    } else if table.columns.len() > MOST_COLUMNS {
        Some("it has more than 128 columns, the maximum of diesel")
    } else {
        None
    }
}

pub(super) fn columns(table: &mut TableDef, dialect: Dialect, notes: &mut Vec<Note>) {
    let mut note = |column: &str, what: &str| {
        notes.push(Note {
            table: table.name.clone(),
            column: Some(column.into()),
            what: what.into(),
        });
    };
    let all: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let mut lower: Vec<String> = Vec::new();
    let mut as_text: Vec<String> = Vec::new();
    let mut kept = Vec::new();
    for mut column in table.columns.drain(..).collect::<Vec<_>>() {
        let name = column.name.to_lowercase();
        if !names::is_expressible(&column.name) {
            note(&column.name, "its name is too long or has control characters; it is left out");
            continue;
        }
        if lower.contains(&name) {
            note(&column.name, "SQLite reads its name as that of another column; it is left out");
            continue;
        }
        if let ColumnType::Enum { labels, native } = column.ty.item()
            && !labels.iter().all(|label| names::is_label(label))
        {
            if native.is_some() {
                note(
                    &column.name,
                    "its type has a label that is empty or too long; it is left out",
                );
                continue;
            }
            as_text.push(column.name.clone());
        }
        column.default = column.default.map(|value| defaults::said(&value, &column.ty, dialect));
        lower.push(name);
        kept.push(column);
    }
    // What is computed from a column that is left out.
    while let Some(place) = kept.iter().position(|column| {
        let sql = column.generated.as_ref();
        let names = |sql: &String, name: &String| mentions(sql, name, dialect);
        sql.is_some_and(|sql| all.iter().any(|name| !is_in(&kept, name) && names(sql, name)))
    }) {
        let column = kept.remove(place);
        note(&column.name, "it is computed from a column that is left out; so is it");
    }
    table.columns = kept;
    // A text with the same check that the enum would have.
    let checks = type_checks(table, dialect);
    let checks: Vec<_> = checks
        .into_iter()
        .filter(|(column, _)| as_text.iter().any(|name| name == column))
        .map(|(_, check)| check)
        .collect();
    table.checks.extend(checks);
    for column in table.columns.iter_mut().filter(|column| as_text.contains(&column.name)) {
        column.ty = ColumnType::Text;
    }
}

/// Turns floats that are keys into decimals, which always compare reliably, and which read and write SQLite's floats
/// without loss.
fn exact_keys(tables: &mut [TableDef]) {
    let mut keys: Vec<(String, String)> = Vec::new();
    for table in tables.iter() {
        let own = table.foreign_keys.iter().flat_map(|key| &key.columns).chain(&table.primary_key);
        keys.extend(own.map(|column| (table.name.clone(), column.clone())));
        for key in &table.foreign_keys {
            keys.extend(key.references.iter().map(|column| (key.table.clone(), column.clone())));
        }
    }
    for table in tables {
        for column in table.columns.iter_mut().filter(|column| column.ty.family() == Family::Float)
        {
            if !keys.iter().any(|(name, key)| *name == table.name && *key == column.name) {
                continue;
            }
            let declared = type_name(column, Dialect::Sqlite);
            let sql = column
                .default
                .as_ref()
                .map(|value| default_sql(value, &column.ty, Dialect::Sqlite));
            if let Some(Ok(sql)) = sql {
                column.default = Some(DefaultValue::Sql(sql));
            }
            column.ty = ColumnType::Decimal;
            column.db_type.sqlite = Some(declared);
        }
    }
}

fn is_in(columns: &[ColumnDef], name: &str) -> bool {
    columns.iter().any(|column| column.name == name)
}

/// Leaves out what is over something that is left out: over columns that are no longer in `all`.
pub(super) fn constraints(
    table: &mut TableDef,
    all: &[ColumnDef],
    tables: &[TableDef],
    dialect: Dialect,
    notes: &mut Vec<Note>,
) {
    let gone: Vec<&str> = all
        .iter()
        .filter(|column| !is_in(&table.columns, &column.name))
        .map(|column| column.name.as_str())
        .collect();
    let names_gone = |sql: &String| gone.iter().any(|name| mentions(sql, name, dialect));
    let TableDef { name, columns, uniques, checks, foreign_keys, indexes, full_text, .. } = table;
    let mut leave_out = |what: &str, why: &str| {
        let what = format!("{what} is left out, as {why}");
        notes.push(Note { table: name.clone(), column: None, what });
    };
    let is_known = |name: &String| columns.iter().any(|column| column.name == *name);
    const NAME: &str = "its name is too long or has control characters";
    const COLUMN: &str = "a column of it is";
    const TWICE: &str = "another is over the same columns";

    if full_text.as_ref().is_some_and(|index| !index.columns.iter().all(is_known)) {
        leave_out("the full text index", COLUMN);
        *full_text = None;
    }
    let mut seen: Vec<Vec<String>> = Vec::new();
    uniques.retain(|unique| {
        let why = if !names::is_expressible(&unique.name) {
            NAME
        } else if !unique.columns.iter().all(is_known) {
            COLUMN
        } else if seen.contains(&unique.columns) {
            TWICE
        } else {
            seen.push(unique.columns.clone());
            return true;
        };
        leave_out(&format!("the unique constraint {}", unique.name), why);
        false
    });
    checks.retain(|check| {
        let why = if !names::is_expressible(&check.name) {
            NAME
        } else if names_gone(&check.condition) {
            COLUMN
        } else {
            return true;
        };
        leave_out(&format!("the check {}", check.name), why);
        false
    });
    indexes.retain(|index| {
        let has_missing = index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => !is_known(name),
            IndexKey::Expression(sql) => names_gone(sql),
        });
        let has_missing = has_missing || index.condition.as_ref().is_some_and(names_gone);
        let mut parts = index.parts.iter().enumerate();
        let repeats =
            parts.any(|(place, part)| index.parts[..place].iter().any(|p| p.key == part.key));
        let why = if !names::is_expressible(&index.name) {
            NAME
        } else if has_missing {
            COLUMN
        } else if repeats {
            "it has a part twice"
        } else {
            return true;
        };
        leave_out(&format!("the index {}", index.name), why);
        false
    });
    let mut seen: Vec<Vec<String>> = Vec::new();
    foreign_keys.retain(|key| {
        let parent = tables.iter().find(|parent| parent.name == key.table);
        let has_parent = parent.is_some_and(|parent| {
            key.references.iter().all(|column| parent.find_column(column).is_some())
        });
        let why = if !names::is_expressible(&key.name) {
            NAME
        } else if !has_parent {
            "what it refers to is"
        } else if !key.columns.iter().all(is_known) {
            COLUMN
        } else if seen.contains(&key.columns) {
            TWICE
        } else if columns.iter().any(|own| {
            key.columns.contains(&own.name)
                && matches!(own.ty.family(), Family::Float | Family::Array)
        }) {
            "a column of it is a float or an array, which a key of a struct can't be"
        } else if let Some(why) = impossible_action(columns, key) {
            why
        } else {
            seen.push(key.columns.clone());
            return true;
        };
        leave_out(&format!("the foreign key {}", key.name), why);
        false
    });
}

/// Actions that must fail when they run.
fn impossible_action(columns: &[ColumnDef], key: &ForeignKeyDef) -> Option<&'static str> {
    let mut required =
        columns.iter().filter(|column| key.columns.contains(&column.name) && !column.nullable);
    let has = |action| key.on_delete == action || key.on_update == action;
    if has(Action::SetNull) && required.clone().next().is_some() {
        return Some("it sets a NOT NULL column to NULL");
    }
    if has(Action::SetDefault) && required.any(|column| column.default.is_none()) {
        return Some("it sets a column without a default to its default");
    }
    None
}
