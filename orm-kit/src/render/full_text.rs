//! The full text indexes that a diff drops and creates.
//!
//! They go first and come back last, also over what changes: PostgreSQL refuses to change a column that one is computed
//! from, and SQLite's triggers go with a table that is rebuilt.

use orm_core::Dialect;
use orm_core::schema::fragments::{column_type, create_full_text, drop_full_text, fill_full_text};
use orm_core::schema::{ColumnDef, TableDef};

use super::script::Script;
use crate::diff::{Diff, Steps};

/// The tables whose indexes go, as they are before, and those whose indexes come, as they are after.
pub(super) struct FullTexts<'d> {
    dropped: Vec<&'d TableDef>,
    created: Vec<&'d TableDef>,
    dialect: Dialect,
}

impl<'d> FullTexts<'d> {
    /// Finds the indexes. `is_rebuilt` says which altered tables are created again.
    pub(super) fn of(
        diff: &'d Diff,
        tables: &[Steps<'d>],
        is_rebuilt: impl Fn(&Steps<'_>) -> bool,
        dialect: Dialect,
    ) -> Self {
        // A column goes with its table.
        let is_beside = dialect.is_sqlite();
        let mut dropped: Vec<&TableDef> = diff.dropped().filter(|_| is_beside).collect();
        let mut created = Vec::new();
        for steps in tables {
            if is_rebuilt(steps) || touches(steps, dialect) {
                dropped.push(&steps.alteration.from);
                created.push(steps.after());
            }
        }
        Self { dropped, created, dialect }
    }

    pub(super) fn drop(&self, script: &mut Script) {
        for table in &self.dropped {
            let (beside, column) = drop_full_text(table, self.dialect);
            beside.into_iter().for_each(|sql| script.push(sql));
            column.into_iter().for_each(|sql| script.push_alone(sql));
        }
    }

    pub(super) fn create(&self, script: &mut Script) {
        for table in &self.created {
            let statements = create_full_text(table, self.dialect).into_iter();
            let all = statements.chain(fill_full_text(table, self.dialect));
            all.for_each(|sql| script.push(sql));
        }
    }
}

/// Returns whether a table's full text index can't stay as it is while the table changes.
pub(super) fn touches(steps: &Steps<'_>, dialect: Dialect) -> bool {
    let (alteration, after) = (steps.alteration, steps.after());
    if steps.before.full_text != after.full_text {
        return true;
    }
    let Some(full_text) = &after.full_text else { return false };
    // Another column may take the name of one that goes.
    let of_it = alteration.from.full_text.iter().flat_map(|index| &index.columns);
    if of_it.into_iter().any(|name| steps.dropped.iter().any(|column| column.name == *name)) {
        return true;
    }
    let is_named =
        |name: &String| full_text.columns.contains(name) || after.primary_key.contains(name);
    let is_retyped = |(old, new): &(ColumnDef, &ColumnDef)| {
        column_type(old, dialect) != column_type(new, dialect) && is_named(&new.name)
    };
    alteration.from.name != after.name
        || match dialect {
            // PostgreSQL's expression follows the new name of a column.
            Dialect::Postgres => steps.changed.iter().any(is_retyped),
            Dialect::Sqlite | Dialect::D1 => {
                steps.key_changed
                    || alteration.columns.iter().any(|(old, new)| old != new && is_named(new))
            }
        }
}
