//! What makes others wait, longer the more rows there are.
//!
//! Each lock is held until the transaction ends. So a slow statement is reported with the strongest lock that the
//! script takes on the table, whichever statement takes it.

use orm_core::schema::fragments::{default, type_name};
use orm_core::schema::{ColumnDef, Family, ForeignKeyDef, TableDef};
use orm_lexer::{TokenKind, tokens};

use super::DIALECT;
use super::alter::is_computed_otherwise;
use super::enums::recreated_enums;
use crate::diff::{Diff, Steps, is_not_null, mentions, relabels};
use crate::render::Lock;
use crate::render::full_text::touches;

/// What takes long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Reads,
    BuildsIndex,
    Rewrites,
}

pub(crate) fn locks(diff: &Diff, tables: &[Steps<'_>]) -> Vec<Lock> {
    let recreated = recreated_enums(diff);
    let of = Of { diff, tables, recreated: &recreated };
    let mut locks = Vec::new();
    for steps in tables {
        let table = &steps.alteration.from.name;
        if let Some(work) = of.work(steps) {
            let what = told(work, of.is_exclusive(&steps.after().name));
            locks.push(Lock { table: table.clone(), what, rows_of: table.clone() });
        }
        for key in &steps.foreign_keys.added {
            locks.extend(of.parent(steps, key));
        }
    }
    // Tables in which only an enum type changes that is created again.
    for table in &diff.to {
        let is_known = tables.iter().any(|steps| steps.after().name == table.name);
        let is_created = diff.created().any(|created| created.name == table.name);
        if !is_known && !is_created && table.columns.iter().any(|column| of.is_recreated(column)) {
            let (table, rows_of) = (table.name.clone(), table.name.clone());
            locks.push(Lock { table, what: told(Work::Rewrites, true), rows_of });
        }
    }
    locks
}

/// Whether a column of words is added, which is computed for each row.
fn fills_full_text(steps: &Steps<'_>) -> bool {
    steps.after().full_text.is_some() && touches(steps, DIALECT)
}

fn told(work: Work, is_exclusive: bool) -> String {
    let work = match work {
        Work::Rewrites => "rewrites the table",
        Work::BuildsIndex => "builds an index",
        Work::Reads => "reads the whole table to check it",
    };
    let use_ = if is_exclusive { "read or write" } else { "write" };
    format!("{work}, while nobody else can {use_} it")
}

struct Of<'a> {
    diff: &'a Diff,
    tables: &'a [Steps<'a>],
    recreated: &'a [String],
}

impl Of<'_> {
    fn is_recreated(&self, column: &ColumnDef) -> bool {
        column
            .ty
            .item()
            .native()
            .is_some_and(|name| self.recreated.iter().any(|known| known == name))
    }

    fn work(&self, steps: &Steps<'_>) -> Option<Work> {
        let after = steps.after();
        let becomes_not_null = steps
            .changed
            .iter()
            .any(|(old, new)| !is_not_null(&steps.before, old) && is_not_null(after, new));
        let has_index = !steps.indexes.added.is_empty()
            || !steps.uniques.added.is_empty()
            || steps.key_changed && !after.primary_key.is_empty();
        let is_read = becomes_not_null
            || !steps.checks.added.is_empty()
            || !steps.foreign_keys.added.is_empty();
        [
            (self.rewrites(steps) || fills_full_text(steps), Work::Rewrites),
            (has_index, Work::BuildsIndex),
            (is_read, Work::Reads),
        ]
        .into_iter()
        .find_map(|(is_so, work)| is_so.then_some(work))
    }

    fn rewrites(&self, steps: &Steps<'_>) -> bool {
        let after = steps.after();
        let is_retyped = |old: &ColumnDef, new: &ColumnDef| match new.generated.is_some() {
            true => is_computed_otherwise(old, new),
            false => {
                relabels(old, new, DIALECT)
                    || type_name(old, DIALECT) != type_name(new, DIALECT)
                        && !is_wider_text(old, new)
            }
        };
        let retyped: Vec<&str> = steps
            .changed
            .iter()
            .filter(|(old, new)| is_retyped(old, new))
            .map(|(_, new)| new.name.as_str())
            .collect();
        let is_filled = |column: &ColumnDef| {
            column.generated.is_some() || column.auto || has_volatile_default(after, column)
        };
        // A computed column is added again if its source changes.
        let is_recomputed = |column: &ColumnDef| {
            let replaced = steps
                .changed
                .iter()
                .filter(|(old, new)| type_name(old, DIALECT) != type_name(new, DIALECT));
            let mut names = replaced.map(|(_, new)| new.name.as_str());
            column
                .generated
                .as_ref()
                .is_some_and(|sql| names.any(|name| mentions(sql, name, DIALECT)))
        };
        let is_recreated = |column: &ColumnDef| {
            self.is_recreated(column) && steps.alteration.old_name(&column.name).is_some()
        };
        !retyped.is_empty()
            || steps.added.iter().any(|column| is_filled(column))
            || after.columns.iter().any(|column| is_recreated(column) || is_recomputed(column))
    }

    /// Whether the script locks the table (by its new name) exclusively: by any ALTER TABLE except the one that adds a
    /// foreign key, by dropping an index, or by dropping a foreign key on either side.
    fn is_exclusive(&self, table: &str) -> bool {
        let refers = |keys: &[ForeignKeyDef]| keys.iter().any(|key| key.table == table);
        let is_altered = |steps: &Steps<'_>| {
            let alteration = steps.alteration;
            alteration.from.name != alteration.to.name
                || alteration.columns.iter().any(|(old, new)| old != new)
                || !steps.added.is_empty()
                || !steps.dropped.is_empty()
                || !steps.changed.is_empty()
                || steps.key_changed
                || !steps.uniques.is_empty()
                || !steps.checks.is_empty()
                || !steps.foreign_keys.dropped.is_empty()
                || !steps.foreign_keys.renamed.is_empty()
                || !steps.indexes.dropped.is_empty()
                || steps.after().columns.iter().any(|column| self.is_recreated(column))
        };
        self.tables.iter().any(|steps| {
            steps.after().name == table && is_altered(steps) || refers(&steps.foreign_keys.dropped)
        }) || self.diff.dropped().any(|dropped| refers(&dropped.foreign_keys))
    }

    /// Returns the table that a new foreign key refers to, which waits while the other's rows are checked.
    fn parent(&self, child: &Steps<'_>, key: &ForeignKeyDef) -> Option<Lock> {
        let is_new = self.diff.created().any(|created| created.name == key.table);
        if is_new || key.table == child.after().name {
            return None;
        }
        let altered = self.tables.iter().find(|steps| steps.after().name == key.table);
        let table = altered.map_or(&key.table, |steps| &steps.alteration.from.name);
        let use_ = if self.is_exclusive(&key.table) { "read or write" } else { "write" };
        let rows_of = child.alteration.from.name.clone();
        Some(Lock {
            table: table.clone(),
            what: format!(
                "nobody else can {use_} it while the rows of {rows_of:?} are checked for the foreign key {:?}",
                key.name
            ),
            rows_of,
        })
    }
}

fn is_wider_text(old: &ColumnDef, new: &ColumnDef) -> bool {
    if old.db_type.postgres.is_some() || new.db_type.postgres.is_some() {
        return false;
    }
    match (old.ty.max_length(), new.ty.max_length()) {
        (Some(old), Some(new)) => old <= new,
        (Some(_), None) => new.ty.family() == Family::Text && new.ty.native().is_none(),
        (None, _) => false,
    }
}

/// Functions that return one value for all rows of a statement. For any other it isn't known.
const STEADY: [&str; 18] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "lower",
    "upper",
    "concat",
    "coalesce",
    "nullif",
    "length",
    "abs",
    "round",
    "md5",
    "cast",
    "timezone",
    "to_timestamp",
    "date_trunc",
    "make_interval",
];

/// Whether each existing row may get a different value.
fn has_volatile_default(table: &TableDef, column: &ColumnDef) -> bool {
    let Ok(Some(sql)) = default(table, column, DIALECT) else { return false };
    tokens(&sql, DIALECT).windows(2).any(|pair| {
        let is_call = pair[1].text == "(" && pair[0].kind != TokenKind::Symbol;
        is_call && !STEADY.iter().any(|name| pair[0].text.eq_ignore_ascii_case(name))
    })
}
