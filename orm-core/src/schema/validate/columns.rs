//! Columns: their types, defaults and counters.

use super::names::Names;
use crate::dialect::Dialect;
use crate::schema::words::list;
use crate::schema::{ColumnDef, ColumnType, SchemaError, TableDef};

pub(super) fn check(table: &TableDef, dialect: Dialect) -> Result<(), SchemaError> {
    if table.columns.is_empty() {
        return Err(SchemaError::NoColumns { table: table.name.as_str().into() });
    }
    let columns = table.columns.len();
    if let Some(most) = dialect.capabilities().columns.filter(|most| columns > *most) {
        let table = table.name.as_str().into();
        return Err(SchemaError::TooManyColumns { table, dialect, columns, most });
    }
    let mut names = Names::new(dialect);
    for column in &table.columns {
        if names.add(&column.name, String::new).is_err() {
            return Err(SchemaError::DuplicateColumn {
                table: table.name.as_str().into(),
                column: column.name.as_str().into(),
            });
        }
        labels(table, column)?;
        length(table, column)?;
        default(table, column)?;
        collation(table, column, dialect)?;
        if column.auto {
            auto(table, column, dialect)?;
        }
    }
    Ok(())
}

fn labels(table: &TableDef, column: &ColumnDef) -> Result<(), SchemaError> {
    let Some(labels) = column.ty.item().labels() else { return Ok(()) };
    let problem: String = if labels.is_empty() {
        "has no labels; give it a variant".into()
    } else if let Some(label) = labels.iter().find(|label| label.contains('\0')) {
        format!("has the label {label:?}, which contains NUL; give its variant another name")
    } else if let Some((_, label)) =
        labels.iter().enumerate().find(|(at, label)| labels[..*at].contains(label))
    {
        format!("has the label {label:?} twice; give one of the variants another name")
    } else {
        return Ok(());
    };
    Err(SchemaError::EnumLabels {
        table: table.name.as_str().into(),
        column: column.name.as_str().into(),
        problem: problem.into(),
    })
}

/// PostgreSQL's `varchar` accepts from 1 to 10,485,760 characters.
/// <https://www.postgresql.org/docs/current/datatype-character.html>
fn length(table: &TableDef, column: &ColumnDef) -> Result<(), SchemaError> {
    match column.ty.max_length() {
        Some(length) if !(1..=10_485_760).contains(&length) => Err(SchemaError::InvalidLength {
            table: table.name.as_str().into(),
            column: column.name.as_str().into(),
            length,
        }),
        _ => Ok(()),
    }
}

fn default(table: &TableDef, column: &ColumnDef) -> Result<(), SchemaError> {
    if column.default.is_some() && column.generated.is_some() {
        return Err(SchemaError::InvalidDefault {
            table: table.name.as_str().into(),
            column: column.name.as_str().into(),
            problem: "contradicts `generated`; leave one of the two out".into(),
        });
    }
    Ok(())
}

fn collation(table: &TableDef, column: &ColumnDef, dialect: Dialect) -> Result<(), SchemaError> {
    const BUILT_IN: [&str; 3] = ["BINARY", "NOCASE", "RTRIM"];
    let is_known = |name: &&str| BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name));
    match column.collate.get(dialect).filter(|name| !is_known(name)) {
        Some(collation) if !dialect.capabilities().collations => Err(SchemaError::NoCollation {
            table: table.name.as_str().into(),
            column: column.name.as_str().into(),
            collation: collation.into(),
            dialect,
        }),
        _ => Ok(()),
    }
}

fn auto(table: &TableDef, column: &ColumnDef, dialect: Dialect) -> Result<(), SchemaError> {
    let is_key = table.primary_key == std::slice::from_ref(&column.name);
    let problem = if !column.ty.is_integer() {
        format!("it is {}; make the field i64, i32 or i16", column.ty.described())
    } else if column.default.is_some() {
        "it has a default; leave one of the two out".into()
    } else if column.generated.is_some() {
        "it is generated; leave one of the two out".into()
    } else if dialect.capabilities().counts_only_keys && !is_key {
        format!(
            "{dialect} counts up only a primary key of one column; make it that, or leave `auto` out"
        )
    } else {
        return Ok(());
    };
    Err(SchemaError::InvalidAuto {
        table: table.name.as_str().into(),
        column: column.name.as_str().into(),
        problem: problem.into(),
    })
}

/// Native enum types of one name must have the same labels, in the same order.
pub(super) fn enums_agree(tables: &[TableDef]) -> Result<(), SchemaError> {
    let mut types: Vec<(&str, &[String], String)> = Vec::new();
    for table in tables {
        for column in &table.columns {
            let ColumnType::Enum { labels, native: Some(name) } = column.ty.item() else {
                continue;
            };
            let place = format!("{:?}.{:?}", table.name, column.name);
            match types.iter().find(|(known, ..)| known == name) {
                None => types.push((name, labels, place)),
                Some((_, known, _)) if known == labels => {}
                Some((_, known, first)) => {
                    return Err(SchemaError::EnumConflict {
                        name: name.as_str().into(),
                        first: first.as_str().into(),
                        first_labels: list(known).into(),
                        second: place.into(),
                        second_labels: list(labels).into(),
                    });
                }
            }
        }
    }
    Ok(())
}
