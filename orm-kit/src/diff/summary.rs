//! Describes a diff for people.

use orm_core::Dialect;
use orm_core::schema::fragments::column_type;
use orm_core::schema::{ColumnDef, DefaultValue, TableDef};

use super::{Alteration, Diff, EnumChange, Renames, Steps, TableChange};

/// Returns the changes, one line each.
pub(super) fn lines(diff: &Diff) -> Vec<String> {
    let mut lines: Vec<String> = diff.enums.iter().map(of_enum).collect();
    let renames = Renames::of(diff);
    for change in &diff.tables {
        match change {
            TableChange::Create(table) => lines.push(format!("+ table {}", shape(table))),
            TableChange::Drop(table) => lines.push(format!("- table {}", table.name)),
            TableChange::Alter(alteration) => of_table(alteration, &renames, &mut lines),
        }
    }
    lines.extend(diff.views.created().map(|view| format!("+ {}", of_view(view))));
    lines.extend(diff.views.changed().map(|view| format!("~ {}", of_view(view))));
    lines.extend(diff.views.dropped().map(|view| format!("- {}", of_view(view))));
    lines
}

fn of_view(view: &TableDef) -> String {
    let is_materialized = view.view.as_ref().is_some_and(|view| view.materialized);
    format!("{}view {}", if is_materialized { "materialized " } else { "" }, view.name)
}

fn of_enum(change: &EnumChange) -> String {
    match change {
        EnumChange::Create { name, labels } => format!("+ enum {name} ({})", labels.join(", ")),
        EnumChange::Drop { name, .. } => format!("- enum {name}"),
        EnumChange::Alter { name, to, renamed, .. } => {
            let labels =
                to.iter().map(|label| match renamed.iter().find(|(_, new)| new == label) {
                    Some((old, _)) => format!("{old} -> {label}"),
                    None => label.clone(),
                });
            format!("~ enum {name} ({})", labels.collect::<Vec<_>>().join(", "))
        }
    }
}

fn shape(table: &TableDef) -> String {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    format!("{} ({})", table.name, columns.join(", "))
}

fn of_table(alteration: &Alteration, renames: &Renames, lines: &mut Vec<String>) {
    let (before, after) = (&alteration.from.name, &alteration.to.name);
    if before != after {
        lines.push(format!("~ table {before} -> {after}"));
    }
    for (old, new) in alteration.columns.iter().filter(|(old, new)| old != new) {
        lines.push(format!("~ column {after}.{old} -> {new}"));
    }
    // The dialect makes no difference here. Rendering reports a default that fits no column.
    let Ok(steps) = Steps::new(alteration, renames, Dialect::Postgres) else { return };
    for column in &steps.dropped {
        lines.push(format!("- column {after}.{}", column.name));
    }
    for column in &steps.added {
        lines.push(format!("+ column {after}.{}: {}", column.name, column_line(column)));
    }
    for (old, new) in &steps.changed {
        lines.push(format!("~ column {after}.{}: {}", new.name, changes(old, new)));
    }
    if steps.key_changed {
        lines.push(format!("~ primary key of {after}: ({})", alteration.to.primary_key.join(", ")));
    }
    let mut parts =
        |kind: &str, renamed: &[(String, String)], dropped: Vec<&str>, added: Vec<&str>| {
            for (old, new) in renamed {
                lines.push(format!("~ {kind} {old} -> {new}"));
            }
            for name in &dropped {
                if !added.contains(name) {
                    lines.push(format!("- {kind} {name}"));
                }
            }
            for name in &added {
                let sign = if dropped.contains(name) { '~' } else { '+' };
                lines.push(format!("{sign} {kind} {name}"));
            }
        };
    macro_rules! kind {
        ($kind:literal, $changes:expr) => {
            parts(
                $kind,
                &$changes.renamed,
                $changes.dropped.iter().map(|part| part.name.as_str()).collect(),
                $changes.added.iter().map(|part| part.name.as_str()).collect(),
            )
        };
    }
    kind!("unique", steps.uniques);
    kind!("check", steps.checks);
    kind!("foreign key", steps.foreign_keys);
    kind!("index", steps.indexes);
    let (old, new) = (&steps.before.full_text, &alteration.to.full_text);
    match new {
        Some(new) if old.is_none() => {
            lines.push(format!("+ full text of {after} ({})", new.columns.join(", ")))
        }
        Some(new) if old.as_ref() != Some(new) => {
            let columns = new.columns.join(", ");
            lines.push(format!("~ full text of {after} ({columns}), {}", new.language));
        }
        None if old.is_some() => lines.push(format!("- full text of {after}")),
        _ => {}
    }
}

fn column_line(column: &ColumnDef) -> String {
    let mut line = column_type(column, Dialect::Postgres);
    if !column.nullable {
        line.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default {
        line.push_str(&format!(", default {}", default_line(default)));
    }
    if column.generated.is_some() {
        line.push_str(", generated");
    }
    line
}

fn default_line(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Bool(value) => value.to_string(),
        DefaultValue::Integer(value) => value.to_string(),
        DefaultValue::Number(value) => value.clone(),
        DefaultValue::Text(value) => format!("{value:?}"),
        DefaultValue::Now => "now".into(),
        DefaultValue::EmptyArray => "[]".into(),
        DefaultValue::Sql(sql) => format!("({sql})"),
    }
}

fn changes(old: &ColumnDef, new: &ColumnDef) -> String {
    let mut changes = Vec::new();
    let labels = new.renamed_labels.iter();
    changes.extend(labels.map(|(old, new)| format!("label {old:?} -> {new:?}")));
    if old.ty != new.ty && old.ty.described() != new.ty.described() {
        changes.push(format!("{} -> {}", old.ty.described(), new.ty.described()));
    }
    let (before, after) =
        (column_type(old, Dialect::Postgres), column_type(new, Dialect::Postgres));
    if old.ty == new.ty && before != after {
        changes.push(format!("{before} -> {after}"));
    }
    let (before, after) = (column_type(old, Dialect::Sqlite), column_type(new, Dialect::Sqlite));
    let differs =
        old.db_type.sqlite != new.db_type.sqlite || old.collate.sqlite != new.collate.sqlite;
    if old.ty == new.ty && differs {
        changes.push(format!("{before} -> {after}"));
    }
    if old.stored != new.stored {
        let form = |column: &ColumnDef| column.stored.map_or("text", |form| form.name());
        changes.push(format!("stored = {} -> {}", form(old), form(new)));
    }
    if old.nullable != new.nullable {
        changes.push(if new.nullable { "nullable" } else { "NOT NULL" }.to_owned());
    }
    if old.auto != new.auto {
        changes.push(if new.auto { "auto" } else { "no longer auto" }.to_owned());
    }
    if old.default != new.default {
        changes.push(match &new.default {
            Some(default) => format!("default {}", default_line(default)),
            None => "no default".into(),
        });
    }
    if old.generated != new.generated {
        changes.push(match &new.generated {
            Some(sql) => format!("generated from {sql}"),
            None => "no longer generated".into(),
        });
    }
    if changes.is_empty() { "key".into() } else { changes.join(", ") }
}
