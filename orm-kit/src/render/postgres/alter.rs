//! Columns that are dropped, added and changed.

use orm_core::schema::fragments::{column as column_sql, column_type, default};
use orm_core::schema::{ColumnDef, DefaultValue, SchemaError};

use super::{DIALECT, Plan, again, quoted};
use crate::diff::{Steps, is_not_null, mentions, relabels};
use crate::render::order;
use crate::render::script::Script;
use crate::values::{Conversion, convert};

impl Plan<'_> {
    /// Columns that are dropped, and computed ones that can't stay while others change, by their old names.
    pub(super) fn drop_columns(&mut self) {
        let mut statements = Vec::new();
        for steps in &self.tables {
            let table = quoted(&steps.alteration.from.name);
            let mut gone: Vec<&str> = Vec::new();
            let computed = steps.dropped.iter().filter(|column| column.generated.is_some());
            gone.extend(computed.map(|column| column.name.as_str()));
            let recomputed: Vec<&str> = self
                .recomputed(steps)
                .filter_map(|column| steps.alteration.old_name(&column.name))
                .collect();
            gone.extend(&recomputed);
            let stored = steps.dropped.iter().filter(|column| column.generated.is_none());
            gone.extend(stored.map(|column| column.name.as_str()));
            statements.extend(gone.into_iter().map(|name| {
                let comes_again = recomputed.contains(&name);
                (
                    comes_again.then(|| again(&steps.alteration.from.name, name)),
                    format!("ALTER TABLE {table} DROP COLUMN {}", quoted(name)),
                )
            }));
        }
        for (mark, statement) in statements {
            match mark {
                Some(_) => self.script.push_again(mark, statement),
                None => self.script.push_alone(statement),
            }
        }
    }

    /// Columns that are computed at the end, and dropped in between.
    pub(super) fn recomputed<'s>(
        &'s self,
        steps: &'s Steps<'_>,
    ) -> impl Iterator<Item = &'s ColumnDef> {
        let after = steps.after();
        after.columns.iter().filter(move |column| {
            let Some(sql) = &column.generated else { return false };
            let was_there = steps.alteration.old_name(&column.name).is_some();
            let changes = steps
                .changed
                .iter()
                .any(|(old, new)| new.name == column.name && is_computed_otherwise(old, new));
            let is_bound = || {
                after.columns.iter().any(|column| {
                    mentions(sql, &column.name, DIALECT)
                        && self.is_retyped(&after.name, &column.name)
                })
            };
            was_there && (changes || is_bound() || self.is_retyped(&after.name, &column.name))
        })
    }

    /// Returns the columns of a table, by its new name.
    pub(super) fn alter_columns(&mut self, position: usize) -> Result<(), SchemaError> {
        let steps = &self.tables[position];
        let table = steps.after();
        let alter = format!("ALTER TABLE {}", quoted(&table.name));
        let added: Vec<(&ColumnDef, String)> = steps
            .added
            .iter()
            .filter(|column| column.generated.is_none())
            .map(|column| Ok((*column, column_sql(table, column, DIALECT)?)))
            .collect::<Result<_, SchemaError>>()?;
        let mut changed = Vec::new();
        for (old, new) in &steps.changed {
            if !self.is_recomputed(&table.name, &new.name) {
                changed.push((old.default != new.default, *new, alter_column(steps, old, new)?));
            }
        }
        for (column, definition) in added {
            self.create_sequence(table, column);
            self.script.push(format!("{alter} ADD COLUMN {definition}"));
            self.give_sequence(table, column, false);
        }
        for (has_new_default, column, statements) in changed {
            if has_new_default {
                self.create_sequence(table, column);
            }
            self.script.statements.extend(statements.statements);
            if has_new_default {
                self.give_sequence(table, column, true);
            }
        }
        Ok(())
    }

    pub(super) fn add_generated(&mut self, position: usize) -> Result<(), SchemaError> {
        let steps = &self.tables[position];
        let table = steps.after();
        let mut statements = Vec::new();
        for column in &table.columns {
            let is_new = steps.added.iter().any(|added| added.name == column.name);
            let is_computed = column.generated.is_some();
            let is_recomputed = self.recomputed(steps).any(|known| known.name == column.name);
            if is_computed && (is_new || is_recomputed) {
                let definition = column_sql(table, column, DIALECT)?;
                let old = steps.alteration.old_name(&column.name).filter(|_| is_recomputed);
                statements.push((
                    old.map(|old| again(&steps.alteration.from.name, old)),
                    format!("ALTER TABLE {} ADD COLUMN {definition}", quoted(&table.name)),
                ));
            }
        }
        for (mark, statement) in statements {
            self.script.push_again(mark, statement);
        }
        Ok(())
    }
}

/// Whether an expression or a new type changes the column's values.
pub(super) fn is_computed_otherwise(old: &ColumnDef, new: &ColumnDef) -> bool {
    old.generated != new.generated || column_type(old, DIALECT) != column_type(new, DIALECT)
}

/// Whether the column takes its default from a sequence, as identity columns that aren't the key do.
fn takes_numbers(column: &ColumnDef) -> bool {
    matches!(&column.default, Some(DefaultValue::Sql(sql)) if sql.starts_with("nextval("))
}

/// Writes the new labels to the rows, one label after another, as a unique constraint checks each row.
fn relabel(table: &str, column: &ColumnDef) -> Vec<String> {
    let (table, name) = (quoted(table), quoted(&column.name));
    let is_label = |label: &String| column.ty.labels().is_some_and(|labels| labels.contains(label));
    let mut statements = Vec::new();
    for (number, (old, new)) in order::renames(&column.renamed_labels).into_iter().enumerate() {
        let old_literal = DIALECT.quote_literal(&old);
        let new_literal = DIALECT.quote_literal(&new);
        statements.push(format!(
            "UPDATE {table} SET {name} = {new_literal} WHERE {name} = {old_literal}"
        ));
        // The type's check finds rows that a trigger or a policy kept from their new label, unless others take the old
        // one.
        if is_label(&old) {
            let moved = quoted(&format!("__mizzle_moved_{number}"));
            statements.push(format!(
                "ALTER TABLE {table} ADD CONSTRAINT {moved} CHECK ({name} <> {old_literal})"
            ));
            statements.push(format!("ALTER TABLE {table} DROP CONSTRAINT {moved}"));
        }
    }
    statements
}

pub(super) fn alter_column(
    steps: &Steps<'_>,
    old: &ColumnDef,
    new: &ColumnDef,
) -> Result<Script, SchemaError> {
    let table = steps.after();
    let name = quoted(&new.name);
    let alter = format!("ALTER TABLE {} ALTER COLUMN {name}", quoted(&table.name));
    let mut statements = Script::default();
    if old.generated.is_some() && new.generated.is_none() {
        statements.push(format!("{alter} DROP EXPRESSION"));
    }
    let (old_type, new_type) = (column_type(old, DIALECT), column_type(new, DIALECT));
    // Numbers that count something else have the same type.
    let is_reformed = old.stored != new.stored
        && matches!(convert(old, new, &name, DIALECT), Conversion::By { value, .. } if value != name);
    let is_retyped = old_type != new_type || is_reformed;
    let old_default = default(&steps.before, old, DIALECT)?;
    let new_default = default(table, new, DIALECT)?;
    let mut current_default = old_default;
    if old.auto && !new.auto {
        statements.push(format!("{alter} DROP IDENTITY IF EXISTS"));
        // A `serial` column, which mizzle didn't create, counts by its default.
        statements.push(format!("{alter} DROP DEFAULT"));
    }
    // A counted column keeps counting: an identity column has no default to drop.
    let counts = takes_numbers(old) && old.default == new.default;
    if takes_numbers(old) && !counts {
        statements.push(format!("{alter} DROP IDENTITY IF EXISTS"));
    }
    if is_retyped {
        if !counts && current_default.take().is_some() {
            // Also in tables that inherit the column, as their defaults are of its type.
            statements.push_alone(format!("{alter} DROP DEFAULT"));
        }
        match convert(old, new, &name, DIALECT) {
            Conversion::By { value, .. } if value != name => {
                statements.push(format!("{alter} TYPE {new_type} USING {value}"));
            }
            Conversion::Same | Conversion::By { .. } => {
                statements.push(format!("{alter} TYPE {new_type}"))
            }
            // The guard has found only NULL.
            Conversion::Never => {
                statements.push(format!("{alter} TYPE {new_type} USING NULL::{new_type}"))
            }
        }
    }
    if !is_retyped && relabels(old, new, DIALECT) && new.generated.is_none() {
        relabel(&table.name, new).into_iter().for_each(|sql| statements.push(sql));
    }
    let (was, is) = (is_not_null(&steps.before, old), is_not_null(table, new));
    if !was && is {
        if let Some(sql) = &new_default {
            let set =
                format!("UPDATE {} SET {name} = {sql} WHERE {name} IS NULL", quoted(&table.name));
            statements.push(set);
        }
        statements.push(format!("{alter} SET NOT NULL"));
    } else if was && !is {
        statements.push(format!("{alter} DROP NOT NULL"));
    }
    if current_default != new_default {
        // Tables that inherit the column keep their own defaults.
        let only = if is_retyped { "" } else { "ONLY " };
        let alter = format!("ALTER TABLE {only}{} ALTER COLUMN {name}", quoted(&table.name));
        statements.push(match &new_default {
            Some(sql) => format!("{alter} SET DEFAULT {sql}"),
            None => format!("{alter} DROP DEFAULT"),
        });
    }
    if new.auto && !old.auto {
        statements.push(format!("{alter} ADD GENERATED BY DEFAULT AS IDENTITY"));
        statements.push(format!(
            "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({name}), 0) + 1, false) FROM {}",
            DIALECT.quote_literal(&quoted(&table.name)),
            DIALECT.quote_literal(&new.name),
            quoted(&table.name)
        ));
    }
    Ok(statements)
}
