//! The columns of views.

use orm_core::schema::{ColumnDef, ColumnType};

use super::Note;

/// Returns the column of a view that comes from another column: its values, without what only a table has.
pub(super) fn field(name: &str, source: &ColumnDef) -> ColumnDef {
    let mut field = ColumnDef::new(name, unlimited(&source.ty));
    field.nullable = source.nullable;
    field.stored = source.stored;
    field
}

/// Returns the note on columns that may be NULL as far as the database knows.
pub(super) fn doubts(view: &str, columns: &[String]) -> Option<Note> {
    let (it, they) = match columns {
        [] => return None,
        [_] => ("it", "is"),
        _ => ("they", "are"),
    };
    let what = format!(
        "{} may be NULL as far as the database knows, so {it} {they} `Option`",
        columns.join(", ")
    );
    Some(Note::table(view, what))
}

/// Returns the type without the length of a text, which a view doesn't check.
pub(super) fn unlimited(ty: &ColumnType) -> ColumnType {
    if matches!(ty, ColumnType::Varchar(_)) { ColumnType::Text } else { ty.clone() }
}
