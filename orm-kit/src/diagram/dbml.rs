//! DBML, the database markup language.

use std::fmt::Write;

use orm_core::schema::{Action, ColumnDef, DefaultValue, IndexDef, IndexKey, TableDef};

use super::{Reference, references, type_name};

pub(super) fn diagram(tables: &[TableDef]) -> String {
    let mut parts = enums(tables);
    parts.extend(tables.iter().map(table));
    let references: String = references(tables).iter().map(reference).collect();
    if !references.is_empty() {
        parts.push(references);
    }
    parts.join("\n")
}

/// Returns the enums of the columns, each once.
fn enums(tables: &[TableDef]) -> Vec<String> {
    let mut found: Vec<(String, &[String])> = Vec::new();
    for table in tables {
        for column in &table.columns {
            let Some((name, labels)) = enum_of(table, column) else { continue };
            if !found.iter().any(|(other, _)| *other == name) {
                found.push((name, labels));
            }
        }
    }
    let text = |(name, labels): (String, &[String])| {
        let labels: String = labels.iter().map(|label| format!("  {}\n", quoted(label))).collect();
        format!("Enum {} {{\n{labels}}}\n", quoted(&name))
    };
    found.into_iter().map(text).collect()
}

/// Returns the name and the labels of a column's enum. One without a type of its name has that of the column.
fn enum_of<'a>(table: &TableDef, column: &'a ColumnDef) -> Option<(String, &'a [String])> {
    let labels = column.ty.labels()?;
    let name = column.ty.native().map(str::to_owned);
    Some((name.unwrap_or_else(|| format!("{}_{}", table.name, column.name)), labels))
}

fn table(table: &TableDef) -> String {
    let mut text = format!("Table {} {{\n", quoted(&table.name));
    for column in &table.columns {
        column_line(&mut text, table, column);
    }
    let mut indexes = String::new();
    if table.primary_key.len() > 1 {
        let _ = writeln!(indexes, "    {} [pk]", columns(&table.primary_key));
    }
    for unique in table.uniques.iter().filter(|unique| unique.columns.len() > 1) {
        let name = string(&unique.name);
        let _ = writeln!(indexes, "    {} [unique, name: {name}]", columns(&unique.columns));
    }
    for index in &table.indexes {
        index_line(&mut indexes, index);
    }
    if !indexes.is_empty() {
        let _ = write!(text, "\n  indexes {{\n{indexes}  }}\n");
    }
    let mut notes = Vec::new();
    if let Some(view) = &table.view {
        notes.push(if view.materialized { "a materialized view" } else { "a view" }.to_owned());
    }
    notes.extend(table.checks.iter().map(|check| format!("{}: {}", check.name, check.condition)));
    if let Some(full_text) = &table.full_text {
        let (columns, language) = (full_text.columns.join(", "), &full_text.language);
        notes.push(format!("full text of {columns}, {language}"));
    }
    if !notes.is_empty() {
        let _ = write!(text, "\n  Note: {}\n", string(&notes.join("; ")));
    }
    text + "}\n"
}

fn column_line(text: &mut String, table: &TableDef, column: &ColumnDef) {
    let ty = match enum_of(table, column) {
        Some((name, _)) => quoted(&name),
        None => type_text(&type_name(column)),
    };
    let mut settings = Vec::new();
    if table.primary_key == [column.name.clone()] {
        settings.push("pk".to_owned());
    }
    if column.auto {
        settings.push("increment".into());
    }
    let is_unique = |unique: &orm_core::schema::UniqueDef| unique.columns == [column.name.clone()];
    if table.uniques.iter().any(is_unique) {
        settings.push("unique".into());
    }
    if !column.nullable && table.view.is_none() {
        settings.push("not null".into());
    }
    if let Some(default) = &column.default {
        settings.push(format!("default: {}", default_text(default)));
    }
    if let Some(generated) = &column.generated {
        settings.push(format!("note: {}", string(&format!("generated: {generated}"))));
    }
    let settings = match settings.is_empty() {
        true => String::new(),
        false => format!(" [{}]", settings.join(", ")),
    };
    let _ = writeln!(text, "  {} {ty}{settings}", quoted(&column.name));
}

fn index_line(text: &mut String, index: &IndexDef) {
    let part = |key: &IndexKey| match key {
        IndexKey::Column(column) => quoted(column),
        IndexKey::Expression(sql) => expression(sql),
    };
    let parts: Vec<String> = index.parts.iter().map(|index_part| part(&index_part.key)).collect();
    let mut settings = Vec::new();
    if index.unique {
        settings.push("unique".to_owned());
    }
    settings.push(format!("name: {}", string(&index.name)));
    settings.extend(index.method.as_ref().map(|method| format!("type: {method}")));
    if let Some(condition) = &index.condition {
        settings.push(format!("note: {}", string(&format!("where {condition}"))));
    }
    let _ = writeln!(text, "    ({}) [{}]", parts.join(", "), settings.join(", "));
}

fn reference(reference: &Reference<'_>) -> String {
    let Reference { child, parent, key, single, .. } = reference;
    let side = |table: &TableDef, names: &[String]| match names {
        [name] => format!("{}.{}", quoted(&table.name), quoted(name)),
        names => format!("{}.{}", quoted(&table.name), columns(names)),
    };
    let mut actions = Vec::new();
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        let words = match action {
            Action::NoAction => continue,
            Action::Restrict => "restrict",
            Action::Cascade => "cascade",
            Action::SetNull => "set null",
            Action::SetDefault => "set default",
        };
        actions.push(format!("{event}: {words}"));
    }
    let actions = match actions.is_empty() {
        true => String::new(),
        false => format!(" [{}]", actions.join(", ")),
    };
    let (name, direction) = (quoted(&key.name), if *single { '-' } else { '>' });
    let (child, parent) = (side(child, &key.columns), side(parent, &key.references));
    format!("Ref {name}: {child} {direction} {parent}{actions}\n")
}

fn default_text(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Bool(value) => value.to_string(),
        DefaultValue::Integer(value) if *value >= 0 => value.to_string(),
        DefaultValue::Integer(value) => expression(&value.to_string()),
        DefaultValue::Number(number) => expression(number),
        DefaultValue::Text(text) => string(text),
        DefaultValue::Now => expression("now()"),
        DefaultValue::EmptyArray => string("{}"),
        DefaultValue::Sql(sql) => expression(sql),
    }
}

fn columns(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("({})", names.join(", "))
}

/// Returns a type as DBML writes it: types with blanks or parentheses inside quotes.
fn type_text(ty: &str) -> String {
    let is_word = ty.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word { ty.to_owned() } else { quoted(ty) }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", escaped(name, '"'))
}

fn string(text: &str) -> String {
    format!("'{}'", escaped(text, '\''))
}

/// Returns SQL between backticks, which it can't contain. SQLite takes them for quotes around names.
fn expression(sql: &str) -> String {
    format!("`{}`", sql.replace('`', "\"").replace(['\n', '\r', '\t'], " "))
}

/// Escapes the quote, and what no text on one line can contain.
fn escaped(text: &str, quote: char) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if c == quote || c == '\\' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}
