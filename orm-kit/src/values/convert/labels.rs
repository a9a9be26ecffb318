//! Enums that get other labels, and arrays of them.

use orm_core::Dialect;
use orm_core::schema::ColumnType;

use super::{Conversion, is_text, of_text};
use crate::diff::removed_labels;

/// Labels by their old and new names.
type Renamed = [(String, String)];

/// Returns how values become those of another enum, or arrays of an enum those of another; also between arrays of enums
/// and arrays of texts. `None` for other types. `renamed` are the labels with new names, and whether the value itself has to
/// change for that.
pub(super) fn convert(
    from: &ColumnType,
    to: &ColumnType,
    (renamed, by_value): (&Renamed, bool),
    column: &str,
    dialect: Dialect,
) -> Option<Conversion> {
    let is_array = from.element().is_some();
    if is_array != to.element().is_some() {
        return None;
    }
    let fails = match (from.item().labels(), to.item().labels()) {
        (Some(old), Some(new)) => {
            let removed = removed_labels(old, new, renamed).map(|label| {
                let is_it = |item: &str| format!("{item} = {}", dialect.quote_literal(label));
                (
                    some(from, column, dialect, is_it),
                    format!("the label {label:?}, which is removed"),
                )
            });
            removed.collect()
        }
        (None, Some(labels)) if is_array && is_text(from.item()) => {
            let labels: Vec<String> = labels.iter().map(|l| dialect.quote_literal(l)).collect();
            let is_none = |item: &str| format!("{item} NOT IN ({})", labels.join(", "));
            let what = "texts that are not one of the labels".into();
            vec![(some(from, column, dialect, is_none), what)]
        }
        (Some(_), None) if is_array && is_text(to.item()) => Vec::new(),
        _ => return None,
    };
    let text = text_of(from, column, dialect);
    let text = match (by_value, is_array, dialect) {
        (false, ..) => text,
        (true, false, _) => cases(&text, renamed, dialect),
        (true, true, Dialect::Sqlite | Dialect::D1) => {
            let item = cases("value", renamed, dialect);
            // An aggregate of no array is the empty one.
            format!(
                "CASE WHEN {text} IS NOT NULL THEN (SELECT json_group_array({item} ORDER BY key) FROM json_each({text})) END"
            )
        }
        (true, true, Dialect::Postgres) => replaced(text, renamed),
    };
    Some(of_text(to, text, fails, column, dialect))
}

/// Returns the column as text, or as an array of texts.
pub(super) fn text_of(ty: &ColumnType, column: &str, dialect: Dialect) -> String {
    match (ty.item().named(), ty.element()) {
        (Some(_), None) if dialect == Dialect::Postgres => format!("{column}::text"),
        (Some(_), Some(_)) if dialect == Dialect::Postgres => format!("{column}::text[]"),
        _ => column.to_owned(),
    }
}

/// Returns the condition that the value, or an element of the array, satisfies a condition.
fn some(
    ty: &ColumnType,
    column: &str,
    dialect: Dialect,
    condition: impl Fn(&str) -> String,
) -> String {
    let text = text_of(ty, column, dialect);
    match (ty.element(), dialect) {
        (None, _) => condition(&text),
        (Some(_), Dialect::Sqlite | Dialect::D1) => {
            format!("EXISTS (SELECT 1 FROM json_each({text}) WHERE {})", condition("value"))
        }
        (Some(_), Dialect::Postgres) => {
            format!("EXISTS (SELECT FROM unnest({text}) AS item WHERE {})", condition("item"))
        }
    }
}

/// Returns a text with the new name of its label.
fn cases(text: &str, renamed: &Renamed, dialect: Dialect) -> String {
    let quoted = |label: &String| dialect.quote_literal(label);
    let cases: Vec<String> = renamed
        .iter()
        .map(|(old, new)| format!("WHEN {} THEN {}", quoted(old), quoted(new)))
        .collect();
    format!("(CASE {text} {} ELSE {text} END)", cases.join(" "))
}

/// Returns an array of texts of PostgreSQL's with the new names of its labels. The expression that changes a column's type
/// can't have a subquery. A temporary name keeps a label apart from another one that has had its new name.
fn replaced(texts: String, renamed: &Renamed) -> String {
    let quoted = |label: &str| Dialect::Postgres.quote_literal(label);
    let between = |place: usize| format!("__mizzle_label_{place}");
    let replace = |texts: String, old: &str, new: &str| {
        format!("array_replace({texts}, {}, {})", quoted(old), quoted(new))
    };
    let renamed = || renamed.iter().enumerate();
    let apart =
        renamed().fold(texts, |texts, (place, (old, _))| replace(texts, old, &between(place)));
    renamed().fold(apart, |texts, (place, (_, new))| replace(texts, &between(place), new))
}
