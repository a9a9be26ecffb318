//! Rows that must find their parents: foreign keys are off while tables are rebuilt.

use orm_core::schema::{ForeignKeyDef, TableDef};

use super::{DIALECT, quoted};
use crate::diff::{Diff, Steps};
use crate::render::script::{Script, guard};
use crate::values::Guard;

/// The table for the numbers of rows that refer to nothing at the beginning.
const ORPHANS: &str = "temp.mizzle_orphans";

/// The foreign keys to check: those of rebuilt tables, and those to such tables.
pub(super) struct Refers(Vec<Key>);

struct Key {
    table: String,
    name: String,
    /// The queries for the number of rows that refer to nothing: on the old schema, if it has the key, and on the new
    /// one.
    before: Option<String>,
    after: String,
}

impl Refers {
    pub(super) fn of(diff: &Diff, tables: &[Steps<'_>], rebuilt: &[&Steps<'_>]) -> Self {
        let is_rebuilt = |name: &str| rebuilt.iter().any(|steps| steps.after().name == name);
        let mut keys = Vec::new();
        for table in &diff.to {
            for key in &table.foreign_keys {
                if !is_rebuilt(&table.name) && !is_rebuilt(&key.table) {
                    continue;
                }
                keys.push(Key {
                    table: table.name.clone(),
                    name: key.name.clone(),
                    before: before(diff, tables, table, key),
                    after: orphans(&table.name, key),
                });
            }
        }
        Self(keys)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts at the beginning.
    pub(super) fn count(&self, script: &mut Script) {
        if self.is_empty() {
            return;
        }
        script.explain(
            "Rows that already refer to nothing don't stop this migration.",
            "CREATE TEMP TABLE mizzle_orphans (\"table\" TEXT, \"key\" TEXT, \"rows\" INTEGER)",
        );
        for key in &self.0 {
            if let Some(before) = &key.before {
                script.push(format!(
                    "INSERT INTO {ORPHANS} SELECT {}, {}, ({before})",
                    DIALECT.quote_literal(&key.table),
                    DIALECT.quote_literal(&key.name)
                ));
            }
        }
    }

    /// Stops the script if there are more.
    pub(super) fn compare(&self, script: &mut Script) {
        for key in &self.0 {
            let (table, name) = (&key.table, &key.name);
            let count = format!(
                "SELECT max(0, ({}) - coalesce((SELECT \"rows\" FROM {ORPHANS} WHERE \"table\" = {} AND \"key\" = {}), 0))",
                key.after,
                DIALECT.quote_literal(table),
                DIALECT.quote_literal(name)
            );
            script.statements.push(guard(&refusal(table, name, count), DIALECT));
        }
        if !self.is_empty() {
            script.push(format!("DROP TABLE {ORPHANS}"));
        }
    }
}

/// Returns the query for the rows that refer to nothing by a key, on the old schema.
fn before(
    diff: &Diff,
    tables: &[Steps<'_>],
    table: &TableDef,
    key: &ForeignKeyDef,
) -> Option<String> {
    let same = |known: &ForeignKeyDef| {
        known.columns == key.columns
            && known.table == key.table
            && known.references == key.references
    };
    match tables.iter().find(|steps| steps.after().name == table.name) {
        // The keys before the renames are in the same order as after them.
        Some(steps) => {
            let place = steps.before.foreign_keys.iter().position(same)?;
            let from = &steps.alteration.from;
            Some(orphans(&from.name, from.foreign_keys.get(place)?))
        }
        None => {
            let from = diff.from.iter().find(|known| known.name == table.name)?;
            let known = from.foreign_keys.iter().find(|known| known.name == key.name)?;
            Some(orphans(&from.name, known))
        }
    }
}

/// Returns the refusal of rows that would refer to nothing.
pub(in crate::render) fn refusal(table: &str, key: &str, count: String) -> Guard {
    Guard {
        table: table.to_owned(),
        column: None,
        message: format!(
            "{table:?} has {{rows}} rows that would refer to a row that doesn't exist by {key:?}: change or delete them \
             first"
        ),
        count,
    }
}

/// Returns the query for the rows that refer to nothing.
pub(in crate::render) fn orphans(table: &str, key: &ForeignKeyDef) -> String {
    let are_set: Vec<String> =
        key.columns.iter().map(|column| format!("child.{} IS NOT NULL", quoted(column))).collect();
    let pairs = key.columns.iter().zip(&key.references);
    let same: Vec<String> = pairs
        .map(|(own, other)| format!("parent.{} = child.{}", quoted(other), quoted(own)))
        .collect();
    format!(
        "SELECT count(*) FROM {} AS child WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS parent WHERE {})",
        quoted(table),
        are_set.join(" AND "),
        quoted(&key.table),
        same.join(" AND ")
    )
}
