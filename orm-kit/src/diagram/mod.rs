//! Diagrams of a schema, as text: the same tables always give the same text.

mod dbml;
mod layout;
mod mermaid;
mod svg;

use orm_core::schema::{ColumnDef, ColumnType, ForeignKeyDef, IndexKey, TableDef};

/// The language of a diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Mermaid's entity relationship diagram, which Markdown on many sites shows as a picture
    /// (<https://mermaid.js.org/syntax/entityRelationshipDiagram.html>).
    Mermaid,
    /// DBML, with all constraints and indexes (<https://dbml.dbdiagram.io/docs>).
    Dbml,
    /// A picture.
    Svg,
}

/// The comment in the first line of each diagram.
const MADE: &str = "made from the structs by the command `diagram`: do not edit";

/// Returns the diagram of the tables and views. Types have PostgreSQL's names.
pub fn diagram(tables: &[TableDef], format: Format) -> String {
    match format {
        Format::Mermaid => format!("%% {MADE}\n{}", mermaid::diagram(tables)),
        Format::Dbml => format!("// {MADE}\n\n{}", dbml::diagram(tables)),
        Format::Svg => format!("<!-- {MADE} -->\n{}", svg::diagram(tables)),
    }
}

/// Returns whether a text is a diagram, of any schema.
pub fn is_diagram(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.contains(MADE))
}

/// A foreign key between two tables of the diagram.
struct Reference<'a> {
    child: &'a TableDef,
    parent: &'a TableDef,
    key: &'a ForeignKeyDef,
    /// Whether a row may refer to no row.
    optional: bool,
    /// Whether at most one row refers to a row.
    single: bool,
}

/// Returns the foreign keys to tables of the diagram, in their order.
fn references(tables: &[TableDef]) -> Vec<Reference<'_>> {
    let mut references = Vec::new();
    for child in tables {
        for key in &child.foreign_keys {
            let Some(parent) = tables.iter().find(|table| table.name == key.table) else {
                continue;
            };
            let optional = child
                .columns
                .iter()
                .any(|column| column.nullable && key.columns.contains(&column.name));
            let single = is_unique(child, &key.columns);
            references.push(Reference { child, parent, key, optional, single });
        }
    }
    references
}

/// Whether no two rows have the same values in these columns.
fn is_unique(table: &TableDef, columns: &[String]) -> bool {
    let covers = |unique: &[String]| {
        !unique.is_empty() && unique.iter().all(|column| columns.contains(column))
    };
    covers(&table.primary_key)
        || table.uniques.iter().any(|unique| covers(&unique.columns))
        || table.indexes.iter().any(|index| {
            let is_covered = |key: &IndexKey| match key {
                IndexKey::Column(column) => columns.contains(column),
                IndexKey::Expression(_) => false,
            };
            index.unique
                && index.condition.is_none()
                && !index.parts.is_empty()
                && index.parts.iter().all(|part| is_covered(&part.key))
        })
}

/// Returns the type of a column, as PostgreSQL names it.
fn type_name(column: &ColumnDef) -> String {
    let declared = column.db_type.postgres.as_ref().or(column.db_type.sqlite.as_ref());
    declared.cloned().unwrap_or_else(|| name_of(&column.ty))
}

fn name_of(ty: &ColumnType) -> String {
    if let Some(length) = ty.max_length() {
        return format!("varchar({length})");
    }
    match (ty.element(), ty.native()) {
        (Some(element), _) => format!("{}[]", name_of(element)),
        (None, Some(name)) => name.to_owned(),
        (None, None) => ty.facts().postgres.declared.to_owned(),
    }
}

#[cfg(test)]
mod tests;
