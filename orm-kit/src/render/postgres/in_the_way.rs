//! Objects in the way of a change: foreign keys, constraints and indexes that are dropped, for good or to be created
//! again.

use orm_core::schema::{CheckDef, ForeignKeyDef, IndexDef, IndexKey, TableDef, UniqueDef};

use super::{DIALECT, Plan, again, index_columns, quoted};
use crate::diff::{Steps, mentions};

/// Foreign keys to drop, each with its table's old name, and foreign keys to create, each with its new name.
pub(super) struct ForeignKeys {
    pub(super) dropped: Vec<(String, String)>,
    pub(super) added: Vec<AddedKey>,
}

/// A foreign key to create.
pub(super) struct AddedKey {
    pub(super) table: String,
    pub(super) key: ForeignKeyDef,
    /// The mark of one that existed before.
    pub(super) again: Option<String>,
}

impl Plan<'_> {
    /// Whether the table's key, or the unique constraint or index over these columns, is dropped or changes.
    pub(super) fn loses_key(&self, table: &str, referenced: &[String]) -> bool {
        let same = |columns: &[String]| {
            columns.len() == referenced.len()
                && columns.iter().all(|column| referenced.contains(column))
        };
        self.tables.iter().filter(|steps| steps.after().name == table).any(|steps| {
            steps.key_changed && same(&steps.before.primary_key)
                || steps.uniques.dropped.iter().any(|unique| same(&unique.columns))
                || steps
                    .indexes
                    .dropped
                    .iter()
                    .any(|index| index.unique && same(&index_columns(index)))
        })
    }

    pub(super) fn foreign_keys(&self) -> ForeignKeys {
        let mut keys = ForeignKeys { dropped: Vec::new(), added: Vec::new() };
        for steps in &self.tables {
            let (old, new) = (&steps.alteration.from.name, &steps.after().name);
            keys.dropped.extend(
                steps.foreign_keys.dropped.iter().map(|key| (old.clone(), key.name.clone())),
            );
            keys.added.extend(steps.foreign_keys.added.iter().map(|key| {
                let was_there =
                    steps.foreign_keys.dropped.iter().any(|dropped| dropped.name == key.name);
                let again = was_there.then(|| again(old, &key.name));
                AddedKey { table: new.clone(), key: key.clone(), again }
            }));
        }
        // Keys that stay, but are in the way.
        for table in &self.diff.from {
            if self.diff.dropped().any(|dropped| dropped.name == table.name) {
                continue;
            }
            let steps = self.tables.iter().find(|steps| steps.alteration.from.name == table.name);
            let after = match steps {
                Some(steps) => steps.after(),
                None => table,
            };
            for key in &self.renames.apply(table, DIALECT).foreign_keys {
                let is_dropped = steps.is_some_and(|steps| {
                    steps.foreign_keys.dropped.iter().any(|dropped| dropped.name == key.name)
                });
                let is_in_the_way =
                    key.columns.iter().any(|column| self.is_replaced(&after.name, column))
                        || key.references.iter().any(|column| self.is_replaced(&key.table, column))
                        || self.loses_key(&key.table, &key.references);
                if is_dropped || !is_in_the_way {
                    continue;
                }
                let renamed = steps.and_then(|steps| {
                    steps.foreign_keys.renamed.iter().find(|(old, _)| *old == key.name)
                });
                let mut added = key.clone();
                if let Some((_, new)) = renamed {
                    added.name.clone_from(new);
                }
                keys.dropped.push((table.name.clone(), key.name.clone()));
                keys.added.push(AddedKey {
                    table: after.name.clone(),
                    key: added,
                    again: Some(again(&table.name, &key.name)),
                });
            }
        }
        keys
    }

    /// What is in the way, by the old names.
    pub(super) fn drop_constraints(&mut self) {
        for position in 0..self.tables.len() {
            let steps = &self.tables[position];
            let table = quoted(&steps.alteration.from.name);
            let mut gone: Vec<&str> = Vec::new();
            gone.extend(steps.checks.dropped.iter().map(|check| check.name.as_str()));
            gone.extend(self.bound_checks(steps).map(|(old, _)| old));
            gone.extend(steps.uniques.dropped.iter().map(|unique| unique.name.as_str()));
            gone.extend(self.bound_uniques(steps).map(|(old, _)| old));
            let mut statements: Vec<String> = gone
                .into_iter()
                .map(|name| format!("ALTER TABLE {table} DROP CONSTRAINT {}", quoted(name)))
                .collect();
            if self.key_goes(steps) && !steps.alteration.from.primary_key.is_empty() {
                statements.push(drop_primary_key(&steps.alteration.from.name));
            }
            let indexes = steps.indexes.dropped.iter().map(|index| index.name.as_str());
            let bound = self.bound_indexes(steps).map(|(old, _)| old);
            statements
                .extend(indexes.chain(bound).map(|name| format!("DROP INDEX {}", quoted(name))));
            for statement in statements {
                self.script.push(statement);
            }
        }
    }

    /// Whether the primary key is dropped, for good or to be created again.
    pub(super) fn key_goes(&self, steps: &Steps<'_>) -> bool {
        let table = steps.after();
        steps.key_changed
            || table.primary_key.iter().any(|column| self.is_recomputed(&table.name, column))
    }

    /// Whether the table's expression names a column that doesn't stay as it is.
    fn is_bound(&self, table: &TableDef, sql: &str) -> bool {
        table.columns.iter().any(|column| {
            mentions(sql, &column.name, DIALECT) && self.is_replaced(&table.name, &column.name)
        })
    }

    /// Returns unique constraints that stay, but are over a column that doesn't: their old names, and their new
    /// definitions.
    pub(super) fn bound_uniques<'s>(
        &'s self,
        steps: &'s Steps<'_>,
    ) -> impl Iterator<Item = (&'s str, &'s UniqueDef)> {
        let table = steps.after();
        let is_bound = move |unique: &UniqueDef| {
            unique.columns.iter().any(|column| self.is_recomputed(&table.name, column))
        };
        table
            .uniques
            .iter()
            .filter(move |unique| !steps.uniques.added.contains(unique) && is_bound(unique))
            .map(|unique| (old_name(&steps.uniques.renamed, &unique.name), unique))
    }

    /// Returns the same for checks, which also can't stay if a column gets another type.
    pub(super) fn bound_checks<'s>(
        &'s self,
        steps: &'s Steps<'_>,
    ) -> impl Iterator<Item = (&'s str, &'s CheckDef)> {
        let after = steps.after();
        after
            .checks
            .iter()
            .filter(|check| {
                !steps.checks.added.contains(check) && self.is_bound(after, &check.condition)
            })
            .map(|check| (old_name(&steps.checks.renamed, &check.name), check))
    }

    /// Returns the same for indexes and their expressions.
    pub(super) fn bound_indexes<'s>(
        &'s self,
        steps: &'s Steps<'_>,
    ) -> impl Iterator<Item = (&'s str, &'s IndexDef)> {
        let after = steps.after();
        let is_bound = move |index: &IndexDef| {
            index.condition.as_ref().is_some_and(|sql| self.is_bound(after, sql))
                || index.parts.iter().any(|part| match &part.key {
                    IndexKey::Column(column) => self.is_recomputed(&after.name, column),
                    IndexKey::Expression(sql) => self.is_bound(after, sql),
                })
        };
        after
            .indexes
            .iter()
            .filter(move |index| !steps.indexes.added.contains(index) && is_bound(index))
            .map(|index| (old_name(&steps.indexes.renamed, &index.name), index))
    }
}

/// Returns the old name of what is called `new` afterwards.
pub(super) fn old_name<'a>(renamed: &'a [(String, String)], new: &'a str) -> &'a str {
    renamed.iter().find(|(_, name)| name == new).map_or(new, |(old, _)| old.as_str())
}

/// Drops the primary key's constraint, whatever its name: a table that mizzle didn't create may have any.
fn drop_primary_key(table: &str) -> String {
    let literal = |text: &str| DIALECT.quote_literal(text);
    format!(
        "DO $mizzle$\nDECLARE key name;\nBEGIN\n  SELECT conname INTO key FROM pg_constraint WHERE contype = 'p' AND \
         conrelid = {}::regclass;\n  IF key IS NOT NULL THEN\n    EXECUTE format({}, key);\n  END IF;\nEND\n$mizzle$",
        literal(&quoted(table)),
        literal(&format!("ALTER TABLE {} DROP CONSTRAINT %I", quoted(table).replace('%', "%%"))),
    )
}
