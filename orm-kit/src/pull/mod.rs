//! Structs for an existing database.

mod attributes;
mod defaults;
mod expressible;
mod layout;
mod names;
mod plan;
mod views;

use orm_core::Dialect;
use orm_core::schema::TableDef;

use self::expressible::Expressible;
use self::plan::{Enum, Plan, Table};
use crate::introspect::{Introspected, Note};

/// A Rust file with the tables and views of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The file: a struct for each table and view, enums, and a `schema!` of all of them with the name `Schema`. It needs the
    /// crates `mizzle` and `diesel`, and `serde_json` if a column contains JSON.
    pub source: String,
    /// What the file can't express; each is also a comment in it.
    pub warnings: Vec<Note>,
    /// The tables, and after them the views, as the structs describe them.
    pub tables: Vec<TableDef>,
}

/// Writes structs for a schema that was read from a database of this dialect.
///
/// In [normal form](crate::introspect::normal_form), the structs' definitions equal the schema that was read: every
/// unconventional name is written out. What a struct can't express, such as a table without a primary key, is a comment
/// and a warning. The same database always results in the same text, formatted like rustfmt's.
pub fn pull(found: &Introspected, dialect: Dialect) -> Pulled {
    let Expressible { mut tables, notes: mut warnings } = expressible::of(found, dialect);
    let views = views::of(&found.views, &tables, dialect, &mut warnings);
    warnings.extend(views.iter().filter_map(expressible::wide));
    warnings.sort();
    tables.extend(views);
    let plan = plan::plan(&tables);
    let source = file(&plan, &warnings, dialect);
    Pulled { source, warnings, tables }
}

fn file(plan: &Plan<'_>, warnings: &[Note], dialect: Dialect) -> String {
    let what = if plan.tables.iter().any(|table| table.def.is_view()) { " and views" } else { "" };
    let mut text = format!("//! The tables{what} of the database, as `pull` found them.\n");
    let fields = || plan.tables.iter().flat_map(|table| &table.fields);
    if fields().any(|field| field.ty == "serde_json::Value") {
        text.push_str("//!\n//! Columns of JSON need the crate `serde_json`.\n");
    }
    let widest = plan.tables.iter().map(|table| table.fields.len()).max().unwrap_or_default();
    if let Some(feature) = expressible::feature(widest) {
        text.push_str(&format!(
            "//!\n//! A table has {widest} columns, for which diesel needs its feature `{feature}`.\n"
        ));
    }
    if !plan.tables.is_empty() {
        text.push_str("\nuse mizzle::prelude::*;\n");
    }
    for table in &plan.tables {
        text.push('\n');
        text.push_str(&comments(warnings, &table.def.name));
        text.push_str(&structure(table, warnings, dialect));
        for given in plan.enums.iter().filter(|given| given.table == table.name) {
            text.push_str(&enumeration(given));
        }
    }
    let is_missing = |note: &&Note| plan.tables.iter().all(|table| table.def.name != note.table);
    let missing: Vec<&Note> = warnings.iter().filter(is_missing).collect();
    if !missing.is_empty() {
        text.push('\n');
        for note in missing {
            text.push_str(&comment("", &note.to_string()));
        }
    }
    if !plan.tables.is_empty() {
        let names: Vec<&str> = plan.tables.iter().map(|table| table.name.as_str()).collect();
        text.push_str(&format!("\nmizzle::schema!(pub Schema = [{}]);\n", list(&names)));
    }
    text
}

fn structure(table: &Table<'_>, warnings: &[Note], dialect: Dialect) -> String {
    let attributes = attributes::of(table, dialect);
    let (derive, attribute) = match table.def.is_view() {
        true => ("View", "view"),
        false => ("Table", "table"),
    };
    let mut text = format!("#[derive({derive}, Debug, Clone, PartialEq)]\n");
    for item in &attributes.table {
        text.push_str(&layout::attribute("", attribute, std::slice::from_ref(item)));
    }
    text.push_str(&format!("pub struct {} {{\n", table.name));
    let of_table = || warnings.iter().filter(|note| note.table == table.def.name);
    for (field, items) in table.fields.iter().zip(&attributes.columns) {
        let about = of_table().filter(|note| note.column.as_ref() == Some(&field.def.name));
        for note in about {
            text.push_str(&comment("    ", &note.what));
        }
        if !items.is_empty() {
            text.push_str(&layout::attribute("    ", "column", items));
        }
        let ty = &field.ty;
        let ty = if field.def.nullable { format!("Option<{ty}>") } else { ty.clone() };
        text.push_str(&layout::field(&field.name, &ty));
    }
    for note in of_table() {
        let Some(column) = &note.column else { continue };
        if table.fields.iter().all(|field| field.def.name != *column) {
            text.push_str(&comment("    ", &format!("{column}: {}", note.what)));
        }
    }
    text.push_str("}\n");
    text
}

fn enumeration(given: &Enum<'_>) -> String {
    let mut text = String::from("\n#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]\n");
    if let Some(native) = given.native {
        text.push_str(&format!("#[db(native = {native:?})]\n"));
    }
    text.push_str(&format!("pub enum {} {{\n", given.name));
    for ((variant, says), label) in names::variants(given.labels).iter().zip(given.labels) {
        if !says {
            text.push_str(&format!("    #[db(name = {label:?})]\n"));
        }
        text.push_str(&format!("    {variant},\n"));
    }
    text.push_str("}\n");
    text
}

/// Returns the comments on the table itself.
fn comments(warnings: &[Note], table: &str) -> String {
    let about = warnings.iter().filter(|note| note.table == table && note.column.is_none());
    about.map(|note| comment("", &note.what)).collect()
}

fn comment(indent: &str, text: &str) -> String {
    // rustc refuses comments that change the direction of writing.
    let line = orm_core::printable(&text.replace(['\n', '\t'], " ")).into_owned();
    format!("{indent}// {}\n", line.trim_end())
}

/// Returns the names on one line, or one on each line.
fn list(names: &[&str]) -> String {
    let line = names.join(", ");
    if line.len() <= 60 { line } else { format!("\n    {},\n", names.join(",\n    ")) }
}
