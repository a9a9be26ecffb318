//! Foreign keys: their targets exist, identify a row, and can be compared.

use super::keys::column_names;
use crate::schema::model::same_columns;
use crate::schema::{
    ColumnDef, ColumnType, Family, ForeignKeyDef, IndexDef, IndexKey, SchemaError, TableDef,
};

/// Checks the foreign keys of `table`. Their own columns are known to exist.
pub(super) fn check(table: &TableDef, tables: &[TableDef]) -> Result<(), SchemaError> {
    table.foreign_keys.iter().try_for_each(|key| check_key(table, key, tables))
}

fn check_key(
    table: &TableDef,
    key: &ForeignKeyDef,
    tables: &[TableDef],
) -> Result<(), SchemaError> {
    let Some(target) = tables.iter().find(|target| target.name == key.table) else {
        return Err(SchemaError::UnknownTable {
            table: table.name.as_str().into(),
            foreign_key: key.name.as_str().into(),
            target: key.table.as_str().into(),
            columns: key.columns.join(", ").into(),
        });
    };
    if target.is_view() {
        return Err(SchemaError::ReferenceToView {
            table: table.name.as_str().into(),
            foreign_key: key.name.as_str().into(),
            target: target.name.as_str().into(),
        });
    }
    if key.columns.len() != key.references.len() {
        return Err(SchemaError::ReferenceCount {
            table: table.name.as_str().into(),
            foreign_key: key.name.as_str().into(),
            target: target.name.as_str().into(),
            columns: key.columns.len(),
            references: key.references.len(),
        });
    }
    for (name, reference) in key.columns.iter().zip(&key.references) {
        let Some(referenced) = target.find_column(reference) else {
            return Err(SchemaError::UnknownReference {
                table: table.name.as_str().into(),
                foreign_key: key.name.as_str().into(),
                target: target.name.as_str().into(),
                column: reference.as_str().into(),
                columns: column_names(target).into(),
            });
        };
        if let Some(column) = table.find_column(name) {
            same_type(table, column, target, referenced)?;
        }
    }
    if !identifies_a_row(target, &key.references) {
        return Err(SchemaError::ReferenceNotUnique {
            table: table.name.as_str().into(),
            foreign_key: key.name.as_str().into(),
            target: target.name.as_str().into(),
            columns: key.references.join(", ").into(),
        });
    }
    Ok(())
}

/// Both databases require a key, a unique constraint, or a plain unique index over all rows.
fn identifies_a_row(target: &TableDef, columns: &[String]) -> bool {
    let is_over_columns = |index: &IndexDef| {
        let keys: Option<Vec<String>> = index
            .parts
            .iter()
            .map(|part| match &part.key {
                IndexKey::Column(column) => Some(column.clone()),
                IndexKey::Expression(_) => None,
            })
            .collect();
        keys.is_some_and(|keys| same_columns(&keys, columns))
    };
    target.has_key(columns)
        || target
            .indexes
            .iter()
            .any(|index| index.unique && index.condition.is_none() && is_over_columns(index))
}

fn same_type(
    table: &TableDef,
    column: &ColumnDef,
    target: &TableDef,
    referenced: &ColumnDef,
) -> Result<(), SchemaError> {
    if comparable(&column.ty, &referenced.ty) {
        return Ok(());
    }
    Err(SchemaError::ReferenceType {
        table: table.name.as_str().into(),
        column: column.name.as_str().into(),
        ty: column.ty.described().into(),
        target: target.name.as_str().into(),
        reference: referenced.name.as_str().into(),
        reference_ty: referenced.ty.described().into(),
    })
}

/// Whether values of the two types are equal on both databases if they are equal in Rust.
fn comparable(one: &ColumnType, other: &ColumnType) -> bool {
    let is_like_others = |ty: &ColumnType| {
        matches!(ty.family(), Family::Integer | Family::Text) && ty.native().is_none()
    };
    one == other || one.family() == other.family() && is_like_others(one) && is_like_others(other)
}
