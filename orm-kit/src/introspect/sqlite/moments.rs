//! The form in which a database's rows store moments, which no declared type on SQLite shows.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use orm_core::schema::fragments::type_name;
use orm_core::schema::{ColumnDef, ColumnType, DefaultValue, MomentForm, TableDef};
use orm_core::{Dialect, Executor, Result};

use crate::introspect::{Introspected, Note};

/// The shapes in the rows of a column, each with its number of rows.
type Shapes = BTreeMap<String, i64>;

/// Reads the rows of each column that may contain moments, and sets its type by them. A column whose rows have several
/// forms stays text or a number, with a note.
pub(in crate::introspect) fn look(tx: &impl Executor, found: &mut Introspected) -> Result<()> {
    let Introspected { tables, notes } = found;
    for table in tables {
        let referring: Vec<String> = table
            .foreign_keys
            .iter()
            .flat_map(|key| key.columns.iter().cloned())
            .chain(table.primary_key.iter().cloned())
            .collect();
        let name = table.name.clone();
        for place in 0..table.columns.len() {
            let column = &table.columns[place];
            if !may_hold_moments(column) || referring.contains(&column.name) {
                continue;
            }
            let (declared, shapes) = (declared(tx, table, column)?, shapes(tx, table, column)?);
            let column = &mut table.columns[place];
            if let Some(what) = decide(column, &declared, &shapes) {
                notes.push(Note::column(&name, &column.name, what));
            }
        }
    }
    notes.sort();
    Ok(())
}

fn may_hold_moments(column: &ColumnDef) -> bool {
    if column.auto || column.generated.is_some() {
        return false;
    }
    match column.ty {
        ColumnType::Date | ColumnType::Timestamp | ColumnType::Timestamptz => true,
        ColumnType::Text | ColumnType::BigInt | ColumnType::Integer => {
            column.name.to_lowercase().ends_with("_at") || column.name.ends_with("At")
        }
        _ => false,
    }
}

/// Returns the column's type, as it is written.
pub(super) fn declared(tx: &impl Executor, table: &TableDef, column: &ColumnDef) -> Result<String> {
    let quote = |text: &str| Dialect::Sqlite.quote_literal(text);
    let mut found: Vec<String> = tx.load(sql::<Text>(&format!(
        "SELECT type FROM pragma_table_xinfo({}) WHERE name = {}",
        quote(&table.name),
        quote(&column.name)
    )))?;
    Ok(found.pop().unwrap_or_default())
}

/// The names of the shapes of a value. The patterns are those of GLOB.
fn shapes(tx: &impl Executor, table: &TableDef, column: &ColumnDef) -> Result<Shapes> {
    const DATE: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
    const TIME: &str = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]";
    let (table, column) =
        (Dialect::Sqlite.quote_ident(&table.name), Dialect::Sqlite.quote_ident(&column.name));
    let texts = [
        ("a date", DATE.to_owned()),
        ("iso8601", format!("{DATE}T{TIME}.[0-9][0-9][0-9]Z")),
        ("sqlite_datetime", format!("{DATE} {TIME}")),
        ("local", format!("{DATE} {TIME}.[0-9][0-9][0-9][0-9][0-9][0-9]")),
        ("text", format!("{DATE} {TIME}.[0-9][0-9][0-9][0-9][0-9][0-9]+00:00")),
    ];
    let cases: String =
        texts.iter().map(|(name, glob)| format!("WHEN c GLOB '{glob}' THEN '{name}' ")).collect();
    // Seconds from 1973 to 5138, and milliseconds of the same period.
    let rows: Vec<(String, i64)> = tx.load(sql::<(Text, BigInt)>(&format!(
        "SELECT shape, count(*) FROM (SELECT CASE typeof(c) \
           WHEN 'text' THEN CASE {cases}ELSE 'other text' END \
           WHEN 'integer' THEN CASE WHEN c BETWEEN 100000000 AND 99999999999 THEN 'unix_seconds' \
             WHEN c BETWEEN 100000000000 AND 99999999999999 THEN 'unix_millis' ELSE 'other numbers' END \
           ELSE typeof(c) END AS shape FROM (SELECT {column} AS c FROM {table}) WHERE c IS NOT NULL) \
         GROUP BY shape"
    )))?;
    Ok(rows.into_iter().collect())
}

/// Sets the column's type by its rows, and adds notes.
fn decide(column: &mut ColumnDef, declared: &str, shapes: &Shapes) -> Option<String> {
    let is_named =
        !matches!(column.ty, ColumnType::Text | ColumnType::BigInt | ColumnType::Integer);
    let only = match shapes.len() {
        0 => None,
        1 => shapes.first_key_value().map(|(shape, _)| shape.as_str()),
        _ => Some("several"),
    };
    let form = MomentForm::ALL.into_iter().find(|form| Some(form.name()) == only);
    let seen = || {
        let counts: Vec<String> =
            shapes.iter().map(|(shape, rows)| format!("{rows} {shape}")).collect();
        counts.join(", ")
    };
    match (form, only) {
        (Some(form), _) => {
            let ty = match (form, &column.ty) {
                // It has no zone, and may not be in UTC.
                (MomentForm::SqliteDatetime, _) if !is_now(column) => ColumnType::Timestamp,
                _ => ColumnType::Timestamptz,
            };
            become_moments(column, ty, Some(form), declared);
            Some(format!("its rows are stored as {}: {}", form.name(), seen()))
        }
        (None, Some("a date")) => {
            (column.ty == ColumnType::Date || is_named).then(|| {
                become_moments(column, ColumnType::Date, None, declared);
            });
            None
        }
        (None, Some("local")) if is_named => {
            become_moments(column, ColumnType::Timestamp, None, declared);
            None
        }
        (None, Some("text")) => {
            become_moments(column, ColumnType::Timestamptz, None, declared);
            None
        }
        (None, None) if is_named && is_now(column) && column.ty != ColumnType::Date => {
            become_moments(column, ColumnType::Timestamptz, Some(MomentForm::SqliteDatetime), declared);
            Some("it has no rows; by its default they are stored as sqlite_datetime".into())
        }
        (None, None) if is_named && !declared.to_uppercase().ends_with("_TEXT") => Some(
            "it has no rows that show their form: mizzle uses its own, and rows in another are an error until `stored` \
             names it"
                .into(),
        ),
        (None, None) => None,
        (None, Some(_)) if is_named => {
            let are_numbers = shapes
                .keys()
                .all(|shape| matches!(shape.as_str(), "unix_seconds" | "unix_millis" | "other numbers"));
            let ty = if are_numbers { ColumnType::BigInt } else { ColumnType::Text };
            become_moments(column, ty, None, declared);
            Some(format!(
                "its rows don't share one form that `stored` knows, so mizzle doesn't read it as a moment: {}",
                seen()
            ))
        }
        (None, Some(_)) => None,
    }
}

/// Whether SQLite fills the column with `CURRENT_TIMESTAMP`.
fn is_now(column: &ColumnDef) -> bool {
    let sql = match &column.default {
        Some(DefaultValue::Sql(sql)) => sql.to_uppercase(),
        _ => return false,
    };
    matches!(sql.as_str(), "CURRENT_TIMESTAMP" | "DATETIME('NOW')")
}

fn become_moments(
    column: &mut ColumnDef,
    ty: ColumnType,
    form: Option<MomentForm>,
    declared: &str,
) {
    if ty == column.ty && form == column.stored {
        return;
    }
    // The literal belonged to the old type.
    if let Some(default @ (DefaultValue::Text(_) | DefaultValue::Integer(_))) = &column.default {
        let sql = match default {
            DefaultValue::Text(text) => Dialect::Sqlite.quote_literal(text),
            DefaultValue::Integer(number) => number.to_string(),
            _ => return,
        };
        column.default = Some(DefaultValue::Sql(sql));
    }
    (column.ty, column.stored) = (ty, form);
    column.db_type.sqlite = None;
    if !type_name(column, Dialect::Sqlite).eq_ignore_ascii_case(declared) {
        column.db_type.sqlite = Some(declared.to_owned());
    }
}
