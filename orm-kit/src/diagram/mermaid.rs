//! Mermaid's entity relationship diagrams.

use std::collections::HashSet;
use std::fmt::Write;

use orm_core::schema::{ColumnDef, TableDef};

use super::{Reference, is_unique, references, type_name};

pub(super) fn diagram(tables: &[TableDef]) -> String {
    let names = names(tables);
    let name_of = |table: &TableDef| {
        let place = tables.iter().position(|other| other.name == table.name);
        place.map_or("", |place| names[place].as_str())
    };
    let mut text = String::from("erDiagram\n");
    let references = references(tables);
    for (table, name) in tables.iter().zip(&names) {
        if table.columns.is_empty() {
            let _ = writeln!(text, "  \"{name}\"");
            continue;
        }
        let _ = writeln!(text, "  \"{name}\" {{");
        let mut taken = HashSet::new();
        for column in &table.columns {
            attribute(&mut text, table, column, &references, &mut taken);
        }
        text.push_str("  }\n");
    }
    for reference in &references {
        let Reference { child, parent, key, optional, single } = reference;
        let is_part = child.primary_key.iter().any(|column| key.columns.contains(column));
        let _ = writeln!(
            text,
            "  \"{}\" {}{}{} \"{}\" : \"{}\"",
            name_of(child),
            if *single { "|o" } else { "}o" },
            // A solid line if the parent is part of the child's identity.
            if is_part { "--" } else { ".." },
            if *optional { "o|" } else { "||" },
            name_of(parent),
            quotable(&key.columns.join(", ")),
        );
    }
    text
}

fn attribute(
    text: &mut String,
    table: &TableDef,
    column: &ColumnDef,
    references: &[Reference<'_>],
    taken: &mut HashSet<String>,
) {
    let name = free(word(&column.name), taken);
    let mut keys = Vec::new();
    if table.primary_key.contains(&column.name) {
        keys.push("PK");
    }
    let refers = |reference: &Reference<'_>| {
        reference.child.name == table.name && reference.key.columns.contains(&column.name)
    };
    if references.iter().any(refers) {
        keys.push("FK");
    }
    if table.primary_key != [column.name.clone()]
        && is_unique(table, std::slice::from_ref(&column.name))
    {
        keys.push("UK");
    }
    let mut comments = Vec::new();
    if name != column.name {
        comments.push(quotable(&column.name));
    }
    if column.nullable {
        comments.push("null".into());
    }
    let _ = write!(text, "    {} {name}", word(&type_name(column)));
    if !keys.is_empty() {
        let _ = write!(text, " {}", keys.join(", "));
    }
    if !comments.is_empty() {
        let _ = write!(text, " \"{}\"", comments.join(", "));
    }
    text.push('\n');
}

/// Returns the name of each table for the diagram.
fn names(tables: &[TableDef]) -> Vec<String> {
    let mut taken = HashSet::new();
    tables.iter().map(|table| free(quotable(&table.name), &mut taken)).collect()
}

/// Returns the name or, if another has it, the name with a number.
fn free(name: String, taken: &mut HashSet<String>) -> String {
    let numbered = (2_u32..).map(|number| format!("{name}_{number}"));
    let free =
        std::iter::once(name.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
    free.unwrap_or(name)
}

/// Replaces what a text in quotes can't contain.
fn quotable(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c.is_control() || "\"%\\".contains(c) { '_' } else { c }).collect();
    match text.is_empty() {
        true => "_".into(),
        false => text,
    }
}

/// Replaces what a name without quotes can't contain.
fn word(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-[]()".contains(c);
    let mut word: String = text.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if !word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        word.insert(0, '_');
    }
    word
}
