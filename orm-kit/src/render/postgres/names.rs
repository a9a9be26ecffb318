//! New names of tables, columns, constraints and indexes.

use super::in_the_way::ForeignKeys;
use super::{DIALECT, Plan, quoted};
use crate::render::order;

impl Plan<'_> {
    pub(super) fn rename(&mut self, keys: &ForeignKeys) {
        let tables: Vec<(String, String)> = self
            .tables
            .iter()
            .map(|steps| (steps.alteration.from.name.clone(), steps.after().name.clone()))
            .collect();
        for (old, new) in order::renames(&tables) {
            self.script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&old), quoted(&new)));
        }
        let mut statements = Vec::new();
        let mut relations: Vec<(String, String)> = Vec::new();
        let mut constraint_of: Vec<(String, String, Option<String>)> = Vec::new();
        for steps in &self.tables {
            let table = &steps.after().name;
            let gone: Vec<&str> =
                self.recomputed(steps).map(|column| column.name.as_str()).collect();
            let kept: Vec<(String, String)> = steps
                .alteration
                .columns
                .iter()
                .filter(|(_, new)| !gone.contains(&new.as_str()))
                .cloned()
                .collect();
            for (old, new) in order::renames(&kept) {
                statements.push(format!(
                    "ALTER TABLE {} RENAME COLUMN {} TO {}",
                    quoted(table),
                    quoted(&old),
                    quoted(&new)
                ));
            }
            let bound: Vec<&str> = self.bound_checks(steps).map(|(old, _)| old).collect();
            let mut own: Vec<(String, String)> = steps.checks.renamed.clone();
            own.retain(|(old, _)| !bound.contains(&old.as_str()));
            own.extend(
                steps
                    .foreign_keys
                    .renamed
                    .iter()
                    .filter(|(old, _)| {
                        !keys.dropped.contains(&(steps.alteration.from.name.clone(), old.clone()))
                    })
                    .cloned(),
            );
            for (old, new) in order::renames(&own) {
                statements.push(rename_constraint(table, &old, &new));
            }
            let bound: Vec<&str> = self.bound_indexes(steps).map(|(old, _)| old).collect();
            relations.extend(
                steps
                    .indexes
                    .renamed
                    .iter()
                    .filter(|(old, _)| !bound.contains(&old.as_str()))
                    .cloned(),
            );
            let bound: Vec<&str> = self.bound_uniques(steps).map(|(old, _)| old).collect();
            let uniques = steps.uniques.renamed.iter();
            for (old, new) in uniques.filter(|(old, _)| !bound.contains(&old.as_str())) {
                constraint_of.push((old.clone(), table.clone(), None));
                relations.push((old.clone(), new.clone()));
            }
            let is_kept = !self.key_goes(steps) && !steps.after().primary_key.is_empty();
            let (old_key, new_key) =
                (steps.alteration.from.primary_key_name(), steps.after().primary_key_name());
            if is_kept && old_key != new_key {
                let by_server = servers_key_name(&steps.alteration.from.name);
                constraint_of.push((old_key.clone(), table.clone(), Some(by_server)));
                relations.push((old_key, new_key));
            }
        }
        // Keys, unique constraints and indexes share one namespace, across tables.
        for (old, new) in order::renames(&relations) {
            match constraint_of.iter_mut().find(|(name, ..)| *name == old) {
                Some((name, table, key)) => {
                    statements.push(match key {
                        Some(by_server) => rename_key(table, &[&old, by_server], &new),
                        None => rename_constraint(table, &old, &new),
                    });
                    name.clone_from(&new);
                }
                None => statements.push(format!(
                    "ALTER INDEX {} RENAME TO {}",
                    quoted(&old),
                    quoted(&new)
                )),
            }
        }
        for statement in statements {
            self.script.push(statement);
        }
    }
}

pub(super) fn rename_constraint(table: &str, old: &str, new: &str) -> String {
    format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", quoted(table), quoted(old), quoted(new))
}

/// Renames the primary key's constraint if it has one of the names that follow from the table's. A name that somebody
/// chose stays.
fn rename_key(table: &str, old: &[&str], new: &str) -> String {
    let literal = |text: &str| DIALECT.quote_literal(text);
    let mut names: Vec<String> = old.iter().map(|name| literal(name)).collect();
    names.dedup();
    let action = format!("RENAME CONSTRAINT %I TO {}", quoted(new).replace('%', "%%"));
    format!(
        "DO $mizzle$\nDECLARE key name;\nBEGIN\n  SELECT conname INTO key FROM pg_constraint WHERE contype = 'p' AND \
         conrelid = {}::regclass;\n  IF key IN ({}) THEN\n    EXECUTE format({}, key);\n  END IF;\nEND\n$mizzle$",
        literal(&quoted(table)),
        names.join(", "),
        literal(&format!("ALTER TABLE {} {action}", quoted(table).replace('%', "%%"))),
    )
}

/// Returns the name that PostgreSQL gives a table's key: it cuts long ones.
fn servers_key_name(table: &str) -> String {
    const SUFFIX: &str = "_pkey";
    let mut end = table.len().min(63 - SUFFIX.len());
    while !table.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{SUFFIX}", &table[..end])
}
