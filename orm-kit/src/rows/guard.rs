//! What rows must not be, for a diff to be carried out.

use orm_core::Dialect;
use orm_core::schema::fragments::{described, type_checks};
use orm_core::schema::{ColumnDef, ColumnType, ForeignKeyDef, IndexKey, SchemaError, TableDef};

use super::{Conversion, convert};
use crate::diff::{
    Alteration, Diff, EnumChange, Renames, Steps, is_not_null, mentions, rename_identifiers,
};

/// Rows that are in the way of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    /// The table, by its name before.
    pub(crate) table: String,
    /// The column, by its name before, if it is about one.
    pub(crate) column: Option<String>,
    /// What is in the way and what to do, with `{rows}` for the number of rows.
    pub(crate) message: String,
    /// A query on the schema before that counts the rows.
    pub(crate) count: String,
}

/// All that could be in the way, in the order of the tables.
pub(crate) fn guards(diff: &Diff, dialect: Dialect) -> Result<Vec<Guard>, SchemaError> {
    let renames = Renames::of(diff);
    let mut guards = Vec::new();
    for alteration in diff.alterations() {
        let steps = Steps::new(alteration, &renames, dialect)?;
        let mut of_table = OfTable { diff, alteration, dialect, guards: &mut guards };
        of_table.columns(&steps);
        of_table.keys(&steps);
        of_table.checks(&steps);
        of_table.foreign_keys(&steps);
    }
    if dialect == Dialect::Postgres {
        native_labels(diff, &mut guards);
    }
    Ok(guards)
}

struct OfTable<'a> {
    diff: &'a Diff,
    alteration: &'a Alteration,
    dialect: Dialect,
    guards: &'a mut Vec<Guard>,
}

impl OfTable<'_> {
    fn quoted(&self, name: &str) -> String {
        self.dialect.quote_ident(name)
    }

    fn source(&self) -> String {
        format!("FROM {}", self.quoted(&self.alteration.from.name))
    }

    fn refuse(&mut self, column: Option<&str>, message: String, count: String) {
        self.guards.push(Guard {
            table: self.alteration.from.name.clone(),
            column: column.map(Into::into),
            message,
            count,
        });
    }

    /// The columns by their quoted names before, if all were there.
    fn old_columns<'c>(
        &self,
        columns: impl IntoIterator<Item = &'c String>,
    ) -> Option<Vec<String>> {
        columns
            .into_iter()
            .map(|column| self.alteration.old_name(column).map(|name| self.quoted(name)))
            .collect()
    }

    /// The expression by the names before, if all that it names was there and means the same.
    fn old_expression(&self, sql: &str, steps: &Steps<'_>) -> Option<String> {
        let is_new = steps.added.iter().any(|column| mentions(sql, &column.name));
        let is_changed =
            steps.changed.iter().any(|(old, new)| old.ty != new.ty && mentions(sql, &new.name));
        let back: Vec<(String, String)> = self
            .alteration
            .columns
            .iter()
            .filter(|(before, after)| before != after)
            .map(|(before, after)| (after.clone(), before.clone()))
            .collect();
        (!is_new && !is_changed).then(|| rename_identifiers(sql, &back))
    }

    fn columns(&mut self, steps: &Steps<'_>) {
        let table = self.alteration.from.name.clone();
        let from = self.source();
        for column in &steps.added {
            let fills = column.default.is_some() || column.generated.is_some() || column.auto;
            if is_not_null(steps.after(), column) && !fills {
                self.refuse(
                    None,
                    format!(
                        "{table:?} has {{rows}} rows, and its new column {:?} is NOT NULL without a default: give the \
                         field a `default = …`, or make it an Option",
                        column.name
                    ),
                    format!("SELECT count(*) {from}"),
                );
            }
        }
        for (old, new) in &steps.changed {
            let Some(name) = self.alteration.old_name(&new.name).map(str::to_owned) else {
                continue;
            };
            let column = self.quoted(&name);
            let place = format!("{table:?}.{name:?}");
            let was_null = !is_not_null(&steps.before, old);
            if was_null
                && is_not_null(steps.after(), new)
                && new.default.is_none()
                && new.generated.is_none()
            {
                self.refuse(
                    Some(&name),
                    format!(
                        "{place} is NULL in {{rows}} rows and becomes NOT NULL: fill them, give the field a \
                         `default = …` (which fills them), or keep it an Option"
                    ),
                    format!("SELECT count(*) {from} WHERE {column} IS NULL"),
                );
            }
        }
        for (before, after) in &self.alteration.columns {
            let (Some(old), Some(new)) =
                (self.alteration.from.find_column(before), self.alteration.to.find_column(after))
            else {
                continue;
            };
            if old.ty != new.ty && new.generated.is_none() {
                self.conversion(old, new);
            }
        }
    }

    fn conversion(&mut self, old: &ColumnDef, new: &ColumnDef) {
        let column = self.quoted(&old.name);
        let fails = match convert(&old.ty, &new.ty, &column, self.dialect) {
            Conversion::Same => return,
            Conversion::By { fails, .. } => fails,
            Conversion::Never => vec![(
                format!("{column} IS NOT NULL"),
                format!("values, which can't become {}", described(&new.ty)),
            )],
        };
        for (condition, what) in fails {
            self.refuse(
                Some(&old.name),
                format!(
                    "{:?}.{:?} holds {what}, in {{rows}} rows, and becomes {}: change those rows first, or keep the type \
                     and add a second field",
                    self.alteration.from.name,
                    old.name,
                    described(&new.ty)
                ),
                format!(
                    "SELECT count(*) {} WHERE {column} IS NOT NULL AND ({condition})",
                    self.source()
                ),
            );
        }
    }

    fn keys(&mut self, steps: &Steps<'_>) {
        let table = self.alteration.from.name.clone();
        let from = self.source();
        let mut keys: Vec<(String, Vec<String>)> = steps
            .uniques
            .added
            .iter()
            .map(|unique| {
                (format!("the unique constraint {:?}", unique.name), unique.columns.clone())
            })
            .collect();
        if steps.key_changed && !steps.after().primary_key.is_empty() {
            keys.push(("the primary key".into(), steps.after().primary_key.clone()));
        }
        for (what, columns) in keys {
            let Some(old) = self.old_columns(&columns) else { continue };
            self.duplicates(&table, &what, &columns.join(", "), &from, &old, None);
        }
        for index in steps.indexes.added.iter().filter(|index| index.unique) {
            let parts: Option<Vec<String>> = index
                .parts
                .iter()
                .map(|part| match &part.key {
                    IndexKey::Column(column) => {
                        self.alteration.old_name(column).map(|name| self.quoted(name))
                    }
                    IndexKey::Expression(sql) => {
                        self.old_expression(sql, steps).map(|sql| format!("({sql})"))
                    }
                })
                .collect();
            let condition = match &index.condition {
                None => None,
                Some(sql) => match self.old_expression(sql, steps) {
                    Some(sql) => Some(sql),
                    None => continue,
                },
            };
            let Some(parts) = parts else { continue };
            let what = format!("the unique index {:?}", index.name);
            self.duplicates(&table, &what, &parts.join(", "), &from, &parts, condition.as_deref());
        }
    }

    fn duplicates(
        &mut self,
        table: &str,
        what: &str,
        shown: &str,
        from: &str,
        columns: &[String],
        condition: Option<&str>,
    ) {
        let mut conditions: Vec<String> =
            columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        conditions.extend(condition.map(|sql| format!("({sql})")));
        let number = self.quoted("n");
        self.refuse(
            None,
            format!(
                "{table:?} has {{rows}} rows that share their ({shown}) with another, which {what} forbids: change or \
                 delete all but one of each"
            ),
            format!(
                "SELECT coalesce(sum({number}), 0) FROM (SELECT count(*) AS {number} {from} WHERE {} GROUP BY {} \
                 HAVING count(*) > 1) AS {}",
                conditions.join(" AND "),
                columns.join(", "),
                self.quoted("twice"),
            ),
        );
    }

    fn checks(&mut self, steps: &Steps<'_>) {
        let table = self.alteration.from.name.clone();
        let from = self.source();
        // What a type checks is a matter of the conversion.
        let of_types = type_checks(steps.after(), self.dialect);
        let own = steps
            .checks
            .added
            .iter()
            .filter(|check| of_types.iter().all(|(_, known)| known != *check));
        for check in own {
            if let Some(condition) = self.old_expression(&check.condition, steps) {
                self.refuse(
                    None,
                    format!(
                        "{table:?} has {{rows}} rows that break the new check {:?}: change those rows first, or the check",
                        check.name
                    ),
                    format!("SELECT count(*) {from} WHERE NOT ({condition})"),
                );
            }
        }
    }

    fn foreign_keys(&mut self, steps: &Steps<'_>) {
        let table = self.alteration.from.name.clone();
        for key in &steps.foreign_keys.added {
            // The same key with other actions holds already.
            let holds = steps.foreign_keys.dropped.iter().any(|old| {
                old.columns == key.columns
                    && old.table == key.table
                    && old.references == key.references
            });
            let parent = self.diff.alterations().find(|parent| parent.to.name == key.table);
            let parent_name = match parent {
                Some(parent) => &parent.from.name,
                None if self.diff.from.iter().any(|table| table.name == key.table) => &key.table,
                // It is new, and has no rows; then any value is an orphan.
                None => {
                    self.new_parent(key, &table);
                    continue;
                }
            };
            let referenced: Option<Vec<String>> = key
                .references
                .iter()
                .map(|column| match parent {
                    Some(parent) => parent.old_name(column).map(|name| self.quoted(name)),
                    None => Some(self.quoted(column)),
                })
                .collect();
            let (Some(columns), Some(referenced), false) =
                (self.old_columns(&key.columns), referenced, holds)
            else {
                continue;
            };
            let (child, other) = (self.quoted("child"), self.quoted("parent"));
            let set: Vec<String> =
                columns.iter().map(|column| format!("{child}.{column} IS NOT NULL")).collect();
            let same: Vec<String> = columns
                .iter()
                .zip(&referenced)
                .map(|(column, reference)| format!("{other}.{reference} = {child}.{column}"))
                .collect();
            // Values of different types can't be compared before they are converted.
            if steps
                .changed
                .iter()
                .any(|(old, new)| old.ty != new.ty && key.columns.contains(&new.name))
            {
                continue;
            }
            self.refuse(
                None,
                format!(
                    "{table:?} has {{rows}} rows whose ({}) is in no row of {:?}, to which the new foreign key {:?} \
                     refers: change or delete those rows, or add what they refer to",
                    key.columns.join(", "),
                    key.table,
                    key.name
                ),
                format!(
                    "SELECT count(*) FROM {} AS {child} WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS {other} WHERE {})",
                    self.quoted(&table),
                    set.join(" AND "),
                    self.quoted(parent_name),
                    same.join(" AND ")
                ),
            );
        }
    }

    fn new_parent(&mut self, key: &ForeignKeyDef, table: &str) {
        let Some(columns) = self.old_columns(&key.columns) else { return };
        let set: Vec<String> =
            columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        self.refuse(
            None,
            format!(
                "{table:?} has {{rows}} rows with a ({}), which the new foreign key {:?} would look for in {:?}, and that \
                 table is new and empty: create and fill it in a migration before this one",
                key.columns.join(", "),
                key.name,
                key.table
            ),
            format!("SELECT count(*) {} WHERE {}", self.source(), set.join(" AND ")),
        );
    }
}

/// Labels that native types lose.
fn native_labels(diff: &Diff, guards: &mut Vec<Guard>) {
    let dialect = Dialect::Postgres;
    for change in &diff.enums {
        let EnumChange::Alter { name, from, to } = change else { continue };
        for label in from.iter().filter(|label| !to.contains(label)) {
            for (table, column) in native_columns(&diff.from, name) {
                // Whether it keeps the type; if it gets another, that is a conversion.
                let alteration = diff.alterations().find(|altered| altered.from.name == table.name);
                let after = match alteration {
                    Some(altered) => altered
                        .columns
                        .iter()
                        .find(|(before, _)| before == column)
                        .and_then(|(_, after)| altered.to.find_column(after)),
                    None => diff
                        .to
                        .iter()
                        .find(|known| known.name == table.name)
                        .and_then(|known| known.find_column(column)),
                };
                let stays = after.is_some_and(|after| {
                    matches!(&after.ty, ColumnType::Enum { native: Some(native), .. } if native == name)
                });
                // An altered table has been looked at.
                if !stays || alteration.is_some() {
                    continue;
                }
                guards.push(Guard {
                    table: table.name.clone(),
                    column: Some(column.into()),
                    message: format!(
                        "{:?}.{column:?} holds the label {label:?}, which is removed from {name:?}, in {{rows}} rows: change \
                         those rows first, or keep the label",
                        table.name
                    ),
                    count: format!(
                        "SELECT count(*) FROM {} WHERE {} = {}",
                        dialect.quote_ident(&table.name),
                        dialect.quote_ident(column),
                        dialect.quote_literal(label)
                    ),
                });
            }
        }
    }
}

/// The columns of a native type.
fn native_columns<'a>(
    tables: &'a [TableDef],
    name: &'a str,
) -> impl Iterator<Item = (&'a TableDef, &'a str)> {
    tables.iter().flat_map(move |table| {
        let columns = table.columns.iter().filter(move |column| match &column.ty {
            ColumnType::Enum { native: Some(native), .. } => native == name,
            _ => false,
        });
        columns.map(move |column| (table, column.name.as_str()))
    })
}
