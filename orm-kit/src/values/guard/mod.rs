//! The rows that stop a diff.

mod keys;

use orm_core::Dialect;
use orm_core::schema::fragments::{type_checks, type_name};
use orm_core::schema::{ColumnDef, DefaultValue, SchemaError, TableDef};

use super::{Conversion, after, convert};
use crate::diff::{
    Alteration, Diff, EnumChange, Renames, Steps, is_not_null, mentions, removed_labels,
};

/// Rows that are in the way of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    /// The table, by its old name.
    pub(crate) table: String,
    /// The column, by its old name, if it is about one.
    pub(crate) column: Option<String>,
    /// What is in the way and what to do, with `{rows}` for the number of rows.
    pub(crate) message: String,
    /// A query on the old schema that counts the rows.
    pub(crate) count: String,
}

/// Returns everything that could be in the way, in the order of the tables.
pub(crate) fn guards(diff: &Diff, dialect: Dialect) -> Result<Vec<Guard>, SchemaError> {
    let renames = Renames::of(diff);
    let mut guards = Vec::new();
    let all = Steps::of(diff, &renames, dialect)?;
    for steps in &all {
        let alteration = steps.alteration;
        let mut of_table = OfTable { diff, alteration, dialect, guards: &mut guards };
        of_table.columns(steps);
        of_table.keys(steps)?;
        of_table.checks(steps)?;
        of_table.foreign_keys(steps, &all)?;
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

    /// `"a", "b"`
    fn list(&self, columns: &[String]) -> String {
        let quoted: Vec<String> = columns.iter().map(|column| self.quoted(column)).collect();
        quoted.join(", ")
    }

    /// Returns the condition that none of these is NULL.
    fn are_set(&self, columns: &[String], prefix: &str) -> String {
        let set: Vec<String> = columns
            .iter()
            .map(|column| format!("{prefix}{} IS NOT NULL", self.quoted(column)))
            .collect();
        set.join(" AND ")
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
                && old.generated == new.generated
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
        self.identities(steps);
        for (before, after) in &self.alteration.columns {
            let (Some(old), Some(new)) =
                (self.alteration.from.find_column(before), self.alteration.to.find_column(after))
            else {
                continue;
            };
            let is_retyped = type_name(old, self.dialect) != type_name(new, self.dialect);
            let is_reformed = old.stored != new.stored;
            let is_relabelled = !new.renamed_labels.is_empty();
            if (old.ty != new.ty || is_retyped || is_reformed || is_relabelled)
                && new.generated.is_none()
            {
                self.conversion(old, new);
            }
        }
    }

    /// An identity column that no struct counts keeps its numbers, and can't be NULL. Its default looks like that of a
    /// `serial` column, which can.
    fn identities(&mut self, steps: &Steps<'_>) {
        for (old, new) in &steps.changed {
            let counts =
                matches!(&new.default, Some(DefaultValue::Sql(sql)) if sql.starts_with("nextval("));
            let becomes_null = is_not_null(&steps.before, old) && !is_not_null(steps.after(), new);
            let name = self.alteration.old_name(&new.name).map(str::to_owned);
            let (true, true, Dialect::Postgres, Some(name)) =
                (counts, becomes_null, self.dialect, name)
            else {
                continue;
            };
            let table = self.alteration.from.name.clone();
            let literal = |text: &str| self.dialect.quote_literal(text);
            let count = format!(
                "SELECT count(*) FROM pg_attribute WHERE attrelid = {}::regclass AND attname = {} AND attidentity <> ''",
                literal(&self.quoted(&table)),
                literal(&name)
            );
            let message = format!(
                "{table:?}.{name:?} is an identity column, which can't be NULL: keep its field without Option, or make it \
                 a plain column first (`ALTER TABLE {} ALTER COLUMN {} DROP IDENTITY`)",
                self.quoted(&table),
                self.quoted(&name)
            );
            self.refuse(Some(&name), message, count);
        }
    }

    fn conversion(&mut self, old: &ColumnDef, new: &ColumnDef) {
        let column = self.quoted(&old.name);
        let fails = match convert(old, new, &column, self.dialect) {
            Conversion::Same => return,
            Conversion::By { fails, .. } => fails,
            Conversion::Never => vec![(
                format!("{column} IS NOT NULL"),
                "values that can't be converted to the new type".into(),
            )],
        };
        let becomes = if old.ty.labels().is_some() && new.ty.labels().is_some() {
            ": change those rows first, or keep the label; if it was renamed, write `#[db(renamed_from = \"…\")]` \
             on its variant"
                .to_owned()
        } else {
            format!(", and becomes {}: {}", new.ty.described(), advice(old, new, self.dialect))
        };
        for (condition, what) in fails {
            self.refuse(
                Some(&old.name),
                format!(
                    "{:?}.{:?} holds {what}, in {{rows}} rows{becomes}",
                    self.alteration.from.name, old.name,
                ),
                format!(
                    "SELECT count(*) {} WHERE {column} IS NOT NULL AND ({condition})",
                    self.source()
                ),
            );
        }
    }

    fn checks(&mut self, steps: &Steps<'_>) -> Result<(), SchemaError> {
        // The conversion handles the checks of a type.
        let of_types = type_checks(steps.after(), self.dialect);
        let filled = filled(steps);
        let dialect = self.dialect;
        let is_touched = |sql: &str| filled.iter().any(|column| mentions(sql, column, dialect));
        let of_table = steps.after().checks.iter().filter(|check| is_touched(&check.condition));
        let added = steps.checks.added.iter().filter(|check| !is_touched(&check.condition));
        let own =
            added.chain(of_table).filter(|check| of_types.iter().all(|(_, known)| known != *check));
        for check in own {
            let condition = &check.condition;
            let is_needed = |name: &str| mentions(condition, name, dialect);
            if let Some(source) = after::source(steps, self.dialect, is_needed)? {
                self.refuse(
                    None,
                    format!(
                        "{:?} has {{rows}} rows that violate the check {:?}: change those rows first, or the check",
                        self.alteration.from.name, check.name
                    ),
                    format!("SELECT count(*) FROM {source} WHERE NOT ({condition})"),
                );
            }
        }
        Ok(())
    }
}

/// Returns what a person can do about values that can't be converted.
fn advice(old: &ColumnDef, new: &ColumnDef, dialect: Dialect) -> String {
    let column = dialect.quote_ident(&old.name);
    let is_number = old.ty.is_integer();
    let is_moment = new.ty.is_date_and_time();
    if convert(old, new, &column, dialect) != Conversion::Never {
        return "change those rows first, or keep the type and add a second field".into();
    }
    let fill = match (is_number && is_moment, dialect) {
        (true, Dialect::Sqlite | Dialect::D1) => {
            format!(
                ", for seconds by `strftime('%Y-%m-%d %H:%M:%f000+00:00', {column}, 'unixepoch')`"
            )
        }
        (true, Dialect::Postgres) => format!(", for seconds by `to_timestamp({column})`"),
        _ => String::new(),
    };
    // Only the user knows what they count.
    let form = if is_number && is_moment {
        "declare what they count by `#[column(stored = unix_seconds)]` or `unix_millis` (removing it in a later \
         migration stores them in mizzle's own form), or "
    } else {
        ""
    };
    format!(
        "{form}keep the type and add a second field, fill it in a separate migration (`generate --custom`){fill}, then \
         drop the first"
    )
}

/// Returns the columns whose NULLs get a default.
fn filled<'s>(steps: &'s Steps<'_>) -> Vec<&'s str> {
    let is_filled = |(old, new): &&(ColumnDef, &ColumnDef)| {
        !is_not_null(&steps.before, old) && is_not_null(steps.after(), new) && new.default.is_some()
    };
    steps.changed.iter().filter(is_filled).map(|(_, new)| new.name.as_str()).collect()
}

/// Returns the labels that native types lose.
fn native_labels(diff: &Diff, guards: &mut Vec<Guard>) {
    let dialect = Dialect::Postgres;
    for change in &diff.enums {
        let EnumChange::Alter { name, from, to, renamed } = change else { continue };
        for label in removed_labels(from, to, renamed) {
            for (table, column) in native_columns(&diff.from, name) {
                // If it keeps the type. If it gets another, that is a conversion.
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
                let stays = after.is_some_and(|after| after.ty.item().native() == Some(name));
                // An altered table has been checked already.
                if !stays || alteration.is_some() {
                    continue;
                }
                guards.push(Guard {
                    table: table.name.clone(),
                    column: Some(column.into()),
                    message: format!(
                        "{:?}.{column:?} holds the label {label:?}, which is removed from {name:?}, in {{rows}} rows: \
                         change those rows first, or keep the label; if it was renamed, write `#[db(renamed_from = \
                         \"…\")]` on its variant",
                        table.name
                    ),
                    count: format!(
                        "SELECT count(*) FROM {} WHERE {} = {}",
                        dialect.quote_ident(&table.name),
                        dialect.quote_literal(label),
                        match table.find_column(column).and_then(|column| column.ty.element()) {
                            Some(_) => format!("ANY ({})", dialect.quote_ident(column)),
                            None => dialect.quote_ident(column),
                        }
                    ),
                });
            }
        }
    }
}

/// Returns the columns of a native type.
fn native_columns<'a>(
    tables: &'a [TableDef],
    name: &'a str,
) -> impl Iterator<Item = (&'a TableDef, &'a str)> {
    tables.iter().flat_map(move |table| {
        let columns = table.columns.iter().filter(|column| column.ty.item().native() == Some(name));
        columns.map(move |column| (table, column.name.as_str()))
    })
}
