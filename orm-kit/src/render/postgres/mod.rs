//! A diff on PostgreSQL.
//!
//! Everything runs in an order that works. What is in the way is dropped first (foreign keys, checks, indexes). Then
//! come the renames, then the changes of types and columns, and then everything that was dropped or is new is created.

mod alter;
mod enums;
mod in_the_way;
mod locks;
mod names;
mod sequences;

use orm_core::Dialect;
use orm_core::schema::fragments::{add_unique, column_type, create_index, foreign_key};
use orm_core::schema::{ColumnDef, IndexDef, IndexKey, SchemaError, TableDef, create_tables};

use self::enums::{old_type, recreated_enums};
pub(super) use self::locks::locks;
use super::columns;
use super::full_text::FullTexts;
use super::script::{GUARDS_FOLLOW, Script};
use super::views::Remade;
use crate::diff::{Diff, EnumChange, Renames, Steps, relabels};
use crate::values::guards;

const DIALECT: Dialect = Dialect::Postgres;

fn quoted(name: &str) -> String {
    DIALECT.quote_ident(name)
}

/// Returns the mark of what is created again, by its old names: the runner keeps what structs can't express.
fn again(table: &str, name: &str) -> String {
    format!("again: {}.{}", quoted(table), quoted(name))
}

pub(super) fn render(diff: &Diff) -> Result<Script, SchemaError> {
    let renames = Renames::of(diff);
    let tables = Steps::of(diff, &renames, DIALECT)?;
    let recreated = recreated_enums(diff);
    let mut plan = Plan { diff, renames, tables, recreated, script: Script::default() };
    let guards = guards(diff, DIALECT)?;
    plan.script.guard(&guards, DIALECT);
    if let Some(first) = plan.script.statements.first_mut() {
        first.comment = first.comment.take().map(|own| format!("{GUARDS_FOLLOW}\n{own}"));
    }
    let views = Remade::of(diff, &plan.tables, |_| false, DIALECT)?;
    views.drop(&mut plan.script);
    let full_texts = FullTexts::of(diff, &plan.tables, |_| false, DIALECT);
    full_texts.drop(&mut plan.script);
    let keys = plan.foreign_keys();
    for (table, key) in &keys.dropped {
        plan.script.push(format!("ALTER TABLE {} DROP CONSTRAINT {}", quoted(table), quoted(key)));
    }
    plan.drop_tables();
    plan.drop_constraints();
    plan.drop_columns();
    plan.rename(&keys);
    plan.enums();
    plan.recreate_enums()?;
    for position in 0..plan.tables.len() {
        plan.alter_columns(position)?;
    }
    for position in 0..plan.tables.len() {
        plan.add_generated(position)?;
        plan.add_keys(position);
    }
    plan.create_tables()?;
    for added in &keys.added {
        let sql = format!(
            "ALTER TABLE {} ADD {}",
            quoted(&added.table),
            foreign_key(&added.key, DIALECT)
        );
        plan.script.push_again(added.again.clone(), sql);
    }
    let dropped = diff.enums.iter().filter_map(|change| match change {
        EnumChange::Drop { name, .. } => Some(quoted(name)),
        EnumChange::Alter { name, .. } if plan.recreated.contains(name) => {
            Some(quoted(&old_type(name)))
        }
        _ => None,
    });
    let dropped: Vec<String> = dropped.collect();
    if !dropped.is_empty() {
        plan.script.push(format!("DROP TYPE {}", dropped.join(", ")));
    }
    full_texts.create(&mut plan.script);
    views.create(&mut plan.script)?;
    Ok(plan.script)
}

struct Plan<'a> {
    diff: &'a Diff,
    renames: Renames,
    tables: Vec<Steps<'a>>,
    recreated: Vec<String>,
    script: Script,
}

impl Plan<'_> {
    /// Whether the column (by its new name) gets another type.
    fn is_retyped(&self, table: &str, column: &str) -> bool {
        self.tables.iter().any(|steps| {
            steps.after().name == table
                && (steps.changed.iter().any(|(old, new)| {
                    new.name == column && column_type(old, DIALECT) != column_type(new, DIALECT)
                }) || steps
                    .after()
                    .find_column(column)
                    .is_some_and(|column| self.is_recreated(column)))
        })
    }

    fn is_recreated(&self, column: &ColumnDef) -> bool {
        column
            .ty
            .item()
            .native()
            .is_some_and(|name| self.recreated.iter().any(|known| known == name))
    }

    /// Whether the column (by its new name) is dropped in between, with everything that depends on it.
    fn is_recomputed(&self, table: &str, column: &str) -> bool {
        self.tables.iter().any(|steps| {
            steps.after().name == table
                && self.recomputed(steps).any(|recomputed| recomputed.name == column)
        })
    }

    /// Whether the column's labels (by its new name) are renamed.
    fn is_relabelled(&self, table: &str, column: &str) -> bool {
        let relabels = |(old, new): &(ColumnDef, &ColumnDef)| {
            new.name == column && relabels(old, new, DIALECT)
        };
        self.tables
            .iter()
            .any(|steps| steps.after().name == table && steps.changed.iter().any(relabels))
    }

    /// Whether an expression with the column can't stay while the column changes: PostgreSQL stores expressions with
    /// their old types.
    fn is_replaced(&self, table: &str, column: &str) -> bool {
        self.is_retyped(table, column)
            || self.is_recomputed(table, column)
            || self.is_relabelled(table, column)
    }

    fn drop_tables(&mut self) {
        let dropped: Vec<String> = self.diff.dropped().map(|table| quoted(&table.name)).collect();
        if !dropped.is_empty() {
            self.script.push_alone(format!("DROP TABLE {}", dropped.join(", ")));
        }
    }

    fn add_keys(&mut self, position: usize) {
        let steps = &self.tables[position];
        let table = steps.after();
        let alter = format!("ALTER TABLE {}", quoted(&table.name));
        let from = &steps.alteration.from.name;
        let mut statements: Vec<(Option<String>, String)> = Vec::new();
        if self.key_goes(steps) && !table.primary_key.is_empty() {
            let had_key = !steps.alteration.from.primary_key.is_empty();
            let mark = again(from, &steps.alteration.from.primary_key_name());
            statements.push((
                had_key.then_some(mark),
                format!(
                    "{alter} ADD CONSTRAINT {} PRIMARY KEY ({})",
                    quoted(&table.primary_key_name()),
                    columns(&table.primary_key, DIALECT)
                ),
            ));
        }
        // What is dropped and created differently under its name, and what has to be dropped in between.
        let uniques = &steps.uniques;
        let changed = uniques.added.iter().map(|unique| {
            (
                uniques.dropped.iter().any(|old| old.name == unique.name).then_some(&*unique.name),
                unique,
            )
        });
        let bound = self.bound_uniques(steps).map(|(old, unique)| (Some(old), unique));
        statements.extend(changed.chain(bound).map(|(old, unique)| {
            (old.map(|old| again(from, old)), add_unique(&table.name, unique, DIALECT))
        }));
        let checks = &steps.checks;
        let changed = checks.added.iter().map(|check| {
            (checks.dropped.iter().any(|old| old.name == check.name).then_some(&*check.name), check)
        });
        let bound = self.bound_checks(steps).map(|(old, check)| (Some(old), check));
        statements.extend(changed.chain(bound).map(|(old, check)| {
            let sql = format!(
                "{alter} ADD CONSTRAINT {} CHECK ({})",
                quoted(&check.name),
                check.condition
            );
            (old.map(|old| again(from, old)), sql)
        }));
        let indexes = &steps.indexes;
        let changed = indexes.added.iter().map(|index| {
            (
                indexes.dropped.iter().any(|old| old.name == index.name).then_some(&*index.name),
                index,
            )
        });
        let bound = self.bound_indexes(steps).map(|(old, index)| (Some(old), index));
        statements.extend(changed.chain(bound).map(|(old, index)| {
            (old.map(|old| again(from, old)), create_index(&table.name, index, DIALECT))
        }));
        for (mark, statement) in statements {
            self.script.push_again(mark, statement);
        }
    }

    fn create_tables(&mut self) -> Result<(), SchemaError> {
        let created: Vec<TableDef> = self.diff.created().cloned().collect();
        let existing: Vec<&str> = self
            .diff
            .to
            .iter()
            .map(|table| table.name.as_str())
            .filter(|name| !created.iter().any(|table| table.name == *name))
            .collect();
        for table in &created {
            for column in &table.columns {
                self.create_sequence(table, column);
            }
        }
        for statement in create_tables(&created, &existing, DIALECT)? {
            self.script.push(statement);
        }
        for table in &created {
            for column in &table.columns {
                self.give_sequence(table, column, false);
            }
        }
        Ok(())
    }
}

fn index_columns(index: &IndexDef) -> Vec<String> {
    index
        .parts
        .iter()
        .filter_map(|part| match &part.key {
            IndexKey::Column(column) => Some(column.clone()),
            IndexKey::Expression(_) => None,
        })
        .collect()
}
