//! The rows of a table after a diff, as a query on the schema before it.

use orm_core::Dialect;
use orm_core::schema::fragments::{default, type_name};
use orm_core::schema::{ColumnDef, ColumnType, SchemaError};

use super::{Conversion, convert};
use crate::diff::{Steps, is_not_null, relabels};

/// Returns the source after FROM for the columns that `is_needed`, by their new names and with their new values: the
/// table itself if they are the same. `None` if values are computed, and so unknown before.
pub(super) fn source(
    steps: &Steps<'_>,
    dialect: Dialect,
    is_needed: impl Fn(&str) -> bool,
) -> Result<Option<String>, SchemaError> {
    let quoted = |name: &str| dialect.quote_ident(name);
    let table = quoted(&steps.alteration.from.name);
    let mut is_same = true;
    let mut columns = Vec::new();
    for column in steps.after().columns.iter().filter(|column| is_needed(&column.name)) {
        let Some(value) = value(steps, column, dialect)? else { return Ok(None) };
        let name = quoted(&column.name);
        is_same &= value == name;
        columns.push(if value == name { name } else { format!("{value} AS {name}") });
    }
    if is_same {
        return Ok(Some(table));
    }
    Ok(Some(format!("(SELECT {} FROM {table}) AS {}", columns.join(", "), quoted("after"))))
}

fn value(
    steps: &Steps<'_>,
    column: &ColumnDef,
    dialect: Dialect,
) -> Result<Option<String>, SchemaError> {
    let after = steps.after();
    let Some(old_name) = steps.alteration.old_name(&column.name) else {
        // A new type has no literals yet.
        let is_native = dialect == Dialect::Postgres && column.ty.item().named().is_some();
        if column.generated.is_some() || column.auto || is_native {
            return Ok(None);
        }
        let value = default(after, column, dialect)?.unwrap_or_else(|| "NULL".into());
        return Ok(Some(match dialect {
            Dialect::Postgres => format!("CAST({value} AS {})", type_name(column, dialect)),
            Dialect::Sqlite | Dialect::D1 => value,
        }));
    };
    let Some(old) = steps.alteration.from.find_column(old_name) else { return Ok(None) };
    if old.generated != column.generated {
        return Ok(None);
    }
    let Some(value) = converted(old, column, dialect) else { return Ok(None) };
    let is_filled = !is_not_null(&steps.alteration.from, old) && is_not_null(after, column);
    Ok(Some(match default(after, column, dialect)? {
        Some(sql) if is_filled => format!("coalesce({value}, {sql})"),
        _ => value,
    }))
}

/// Returns the value in its new type; NULL for one that can't be converted, which is reported separately.
fn converted(old: &ColumnDef, new: &ColumnDef, dialect: Dialect) -> Option<String> {
    let name = dialect.quote_ident(&old.name);
    if old.ty == new.ty && old.stored == new.stored && !relabels(old, new, dialect) {
        return Some(name);
    }
    // Not every text is JSON, and PostgreSQL has no test for it; a native type may be new.
    let is_known_late = dialect == Dialect::Postgres
        && (new.ty == ColumnType::Json || new.ty.item().named().is_some());
    if is_known_late {
        return None;
    }
    let value = match convert(old, new, &name, dialect) {
        Conversion::Same => return Some(name),
        Conversion::Never => "NULL".into(),
        Conversion::By { value, fails } if fails.is_empty() => value,
        Conversion::By { value, fails } => {
            let fails: Vec<String> = fails.iter().map(|(fails, _)| format!("({fails})")).collect();
            format!("CASE WHEN {} THEN NULL ELSE {value} END", fails.join(" OR "))
        }
    };
    Some(match dialect {
        Dialect::Postgres => format!("CAST({value} AS {})", type_name(new, dialect)),
        Dialect::Sqlite | Dialect::D1 => value,
    })
}
