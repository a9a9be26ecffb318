//! PostgreSQL's enum types.

use orm_core::schema::fragments::{create_enum, default};
use orm_core::schema::{ColumnDef, DefaultValue, SchemaError};

use super::{DIALECT, Plan, quoted};
use crate::diff::{Diff, EnumChange};
use crate::render::order;

/// Returns the labels of a type after the renames, and the renames one by one. A label whose name another one takes
/// gets a temporary name, as it is dropped.
fn renamed_labels(
    from: &[String],
    renamed: &[(String, String)],
) -> (Vec<String>, Vec<(String, String)>) {
    let mut renames = renamed.to_vec();
    let is_taken = |label: &&String| {
        renamed.iter().any(|(_, new)| new == *label) && renamed.iter().all(|(old, _)| old != *label)
    };
    let taken = from.iter().filter(is_taken).enumerate();
    renames.extend(taken.map(|(number, label)| (label.clone(), format!("__mizzle_gone_{number}"))));
    let after = |label: &String| {
        renames.iter().find(|(old, _)| old == label).map_or(label, |(_, new)| new).clone()
    };
    (from.iter().map(after).collect(), order::renames(&renames))
}

/// Native types that lose or reorder labels, or whose new labels are used at once. PostgreSQL can neither remove a
/// label nor use a new one before the transaction ends.
pub(super) fn recreated_enums(diff: &Diff) -> Vec<String> {
    let mut recreated = Vec::new();
    for change in &diff.enums {
        let EnumChange::Alter { name, from, to, renamed } = change else { continue };
        let (from, _) = renamed_labels(from, renamed);
        let kept: Vec<&String> = to.iter().filter(|label| from.contains(label)).collect();
        let is_used = |label: &String| {
            let literal = DIALECT.quote_literal(label);
            diff.to.iter().any(|table| {
                let in_sql =
                    |sql: &Option<String>| sql.as_ref().is_some_and(|sql| sql.contains(&literal));
                table.columns.iter().any(|column| {
                    in_sql(&column.generated)
                        || match &column.default {
                            Some(DefaultValue::Text(text)) => text == label,
                            // A literal of an array has its labels without quotes.
                            Some(DefaultValue::Sql(sql)) if column.ty.element().is_some() => {
                                sql.contains(label.as_str())
                            }
                            Some(DefaultValue::Sql(sql)) => sql.contains(&literal),
                            _ => false,
                        }
                }) || table.checks.iter().any(|check| check.condition.contains(&literal))
                    || table.indexes.iter().any(|index| in_sql(&index.condition))
            })
        };
        let is_new = |label: &&String| !from.contains(label);
        if kept.iter().copied().ne(&from) || to.iter().filter(is_new).any(is_used) {
            recreated.push(name.clone());
        }
    }
    recreated
}

impl Plan<'_> {
    /// Creates new types, and adds and renames labels of those that stay.
    pub(super) fn enums(&mut self) {
        for change in &self.diff.enums {
            match change {
                EnumChange::Create { name, labels } => {
                    self.script.push(create_enum(name, labels, DIALECT));
                }
                EnumChange::Alter { name, from, to, renamed } => {
                    let (from, renames) = renamed_labels(from, renamed);
                    for (old, new) in renames {
                        self.script.push(format!(
                            "ALTER TYPE {} RENAME VALUE {} TO {}",
                            quoted(name),
                            DIALECT.quote_literal(&old),
                            DIALECT.quote_literal(&new)
                        ));
                    }
                    if self.recreated.contains(name) {
                        continue;
                    }
                    for (place, label) in
                        to.iter().enumerate().filter(|(_, label)| !from.contains(label))
                    {
                        let literal = |label: &String| DIALECT.quote_literal(label);
                        // The one before it exists by now.
                        let position = match place.checked_sub(1) {
                            Some(before) => format!("AFTER {}", literal(&to[before])),
                            None => match from.first() {
                                Some(first) => format!("BEFORE {}", literal(first)),
                                None => String::new(),
                            },
                        };
                        self.script.push(format!(
                            "ALTER TYPE {} ADD VALUE {} {position}",
                            quoted(name),
                            literal(label)
                        ));
                    }
                }
                EnumChange::Drop { .. } => {}
            }
        }
    }

    /// Creates types again, and changes the columns that have them.
    pub(super) fn recreate_enums(&mut self) -> Result<(), SchemaError> {
        for name in &self.recreated {
            let Some(EnumChange::Alter { to, .. }) = self.diff.enums.iter().find(
                |change| matches!(change, EnumChange::Alter { name: known, .. } if known == name),
            ) else {
                continue;
            };
            let (old, new) = (quoted(&old_type(name)), quoted(name));
            self.script.explain(
                format!(
                    "{name}: labels are dropped, or used at once, so the type is created again."
                ),
                format!("ALTER TYPE {new} RENAME TO {old}"),
            );
            // The runner keeps its owner, privileges and comment.
            self.script.push_again(Some(format!("again: {old}")), create_enum(name, to, DIALECT));
            for table in &self.diff.to {
                if self.diff.created().any(|created| created.name == table.name) {
                    continue;
                }
                let steps = self.tables.iter().find(|steps| steps.after().name == table.name);
                for column in &table.columns {
                    let is_of_type = column.ty.item().native() == Some(name);
                    // A column that is new, or gets another type, comes later.
                    let old = match steps {
                        Some(steps) => steps
                            .alteration
                            .old_name(&column.name)
                            .and_then(|old| steps.alteration.from.find_column(old)),
                        None => Some(column),
                    };
                    let Some(old) = old.filter(|old| same_native(old, name)) else { continue };
                    if !is_of_type || column.generated.is_some() || old.generated.is_some() {
                        continue;
                    }
                    let alter = format!(
                        "ALTER TABLE {} ALTER COLUMN {}",
                        quoted(&table.name),
                        quoted(&column.name)
                    );
                    if old.default.is_some() {
                        self.script.push_alone(format!("{alter} DROP DEFAULT"));
                    }
                    let value = quoted(&column.name);
                    let brackets = if column.ty.element().is_some() { "[]" } else { "" };
                    self.script.push(format!(
                        "{alter} TYPE {new}{brackets} USING {value}::text{brackets}::{new}{brackets}"
                    ));
                    if let Some(sql) = default(table, column, DIALECT)? {
                        self.script.push(format!("{alter} SET DEFAULT {sql}"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Returns the name of a type between its new creation and its end.
pub(super) fn old_type(name: &str) -> String {
    format!("__mizzle_old_{name}")
}

pub(super) fn same_native(column: &ColumnDef, name: &str) -> bool {
    column.ty.item().native() == Some(name)
}
