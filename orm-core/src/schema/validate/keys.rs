//! Keys and indexes: their columns exist.

use crate::schema::{IndexKey, SchemaError, TableDef};

pub(super) fn check(table: &TableDef) -> Result<(), SchemaError> {
    if !table.primary_key.is_empty() {
        columns(table, "the primary key", &table.primary_key)?;
    }
    for unique in &table.uniques {
        columns(table, &format!("unique constraint {:?}", unique.name), &unique.columns)?;
    }
    for key in &table.foreign_keys {
        columns(table, &format!("foreign key {:?}", key.name), &key.columns)?;
    }
    for index in &table.indexes {
        let place = format!("index {:?}", index.name);
        not_empty(table, &place, index.parts.is_empty())?;
        for part in &index.parts {
            if let IndexKey::Column(column) = &part.key {
                known(table, &place, column)?;
            }
        }
        if let Some(problem) = index.problem() {
            return Err(SchemaError::InvalidIndex {
                table: table.name.as_str().into(),
                index: index.name.as_str().into(),
                problem: problem.into(),
            });
        }
    }
    Ok(())
}

pub(super) fn columns(
    table: &TableDef,
    place: &str,
    columns: &[String],
) -> Result<(), SchemaError> {
    not_empty(table, place, columns.is_empty())?;
    for (at, column) in columns.iter().enumerate() {
        known(table, place, column)?;
        if columns[..at].contains(column) {
            return Err(SchemaError::RepeatedColumn {
                table: table.name.as_str().into(),
                place: place.into(),
                column: column.as_str().into(),
            });
        }
    }
    Ok(())
}

fn not_empty(table: &TableDef, place: &str, is_empty: bool) -> Result<(), SchemaError> {
    if is_empty {
        return Err(SchemaError::EmptyKey {
            table: table.name.as_str().into(),
            place: place.into(),
        });
    }
    Ok(())
}

fn known(table: &TableDef, place: &str, column: &str) -> Result<(), SchemaError> {
    if table.find_column(column).is_none() {
        return Err(SchemaError::UnknownColumn {
            table: table.name.as_str().into(),
            place: place.into(),
            column: column.into(),
            columns: column_names(table).into(),
        });
    }
    Ok(())
}

/// Returns the table's columns, for messages.
pub(super) fn column_names(table: &TableDef) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    names.join(", ")
}
