//! The form in which a database's rows store moments, which no declared type on SQLite shows.

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::schema::fragments::type_name;
use orm_core::schema::{ColumnDef, ColumnType, DefaultValue, MomentForm, TableDef};
use orm_core::{Dialect, Executor, Result};

use super::scan::{Counts, Kind};
use crate::introspect::Note;

/// The places of the columns that may contain moments. Keys don't.
pub(super) fn columns(table: &TableDef) -> Vec<usize> {
    let referring: Vec<&String> =
        table.foreign_keys.iter().flat_map(|key| &key.columns).chain(&table.primary_key).collect();
    let may = |place: &usize| {
        let column = &table.columns[*place];
        may_hold_moments(column) && !referring.contains(&&column.name)
    };
    (0..table.columns.len()).filter(may).collect()
}

/// Sets the type of each of these columns by its rows. A column whose rows have several forms stays text or a number,
/// with a note.
pub(super) fn apply(
    tx: &impl Executor,
    table: &mut TableDef,
    places: &[usize],
    counts: &[Counts],
    notes: &mut Vec<Note>,
) -> Result<()> {
    for (place, counts) in places.iter().zip(counts) {
        let declared = declared(tx, table, &table.columns[*place])?;
        let column = &mut table.columns[*place];
        if let Some(what) = decide(column, &declared, counts) {
            notes.push(Note::column(&table.name, &column.name, what));
        }
    }
    Ok(())
}

fn may_hold_moments(column: &ColumnDef) -> bool {
    if column.auto || column.generated.is_some() {
        return false;
    }
    let ty = &column.ty;
    ty.is_date_and_time()
        || *ty == ColumnType::Date
        || may_be_undeclared(ty)
            && (column.name.to_lowercase().ends_with("_at") || column.name.ends_with("At"))
}

/// Whether a column of this type may hold moments without declaring so.
fn may_be_undeclared(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Text | ColumnType::BigInt | ColumnType::Integer)
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

/// Tells the shapes of a value. The patterns are those of GLOB, each short enough for D1, which takes 50 bytes.
pub(super) fn kinds(_: &ColumnDef) -> Vec<Kind> {
    const DATE: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
    const TIME: &str = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]";
    const MILLIS: &str = "[0-9][0-9][0-9]";
    let text = |time: &str, end: &str| {
        format!(
            "typeof({{}}) = 'text' AND substr({{}}, 1, 10) GLOB '{DATE}' AND substr({{}}, 11, 9) GLOB '{time}' AND \
             substr({{}}, 20) GLOB '{end}'"
        )
    };
    // Seconds from 1973 to 5138, and milliseconds of the same period.
    let number = |range: &str| format!("typeof({{}}) = 'integer' AND {{}} BETWEEN {range}");
    let any = |class: &str| format!("typeof({{}}) = '{class}'");
    vec![
        ("a date", text("", "")),
        ("iso8601", text(&format!("T{TIME}"), &format!(".{MILLIS}Z"))),
        ("sqlite_datetime", text(&format!(" {TIME}"), "")),
        ("local", text(&format!(" {TIME}"), &format!(".{MILLIS}{MILLIS}"))),
        ("text", text(&format!(" {TIME}"), &format!(".{MILLIS}{MILLIS}+00:00"))),
        ("other text", any("text")),
        ("unix_seconds", number("100000000 AND 99999999999")),
        ("unix_millis", number("100000000000 AND 99999999999999")),
        ("other numbers", any("integer")),
        ("real", any("real")),
        ("blob", any("blob")),
    ]
}

/// Sets the column's type by its rows, and adds notes.
fn decide(column: &mut ColumnDef, declared: &str, shapes: &Counts) -> Option<String> {
    let is_named = !may_be_undeclared(&column.ty);
    let only = match shapes.len() {
        0 => None,
        1 => shapes.first_key_value().map(|(shape, _)| *shape),
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
                .all(|shape| matches!(*shape, "unix_seconds" | "unix_millis" | "other numbers"));
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
