//! The size of the integers in a database's rows: SQLite stores 64 bits, whatever the declared type.

use std::collections::BTreeSet;

use orm_core::schema::fragments::type_name;
use orm_core::schema::{ColumnDef, ColumnType, TableDef};
use orm_core::{Dialect, Executor, Result};

use super::moments::declared;
use super::scan::{Counts, Kind};
use crate::introspect::Note;

/// A table and a column of it.
type Place = (String, String);

/// The columns whose rows hold larger integers than their types.
pub(super) type Wide = BTreeSet<Place>;

/// The places of the columns whose type is smaller than SQLite's.
pub(super) fn columns(table: &TableDef) -> Vec<usize> {
    (0..table.columns.len()).filter(|place| bounds(&table.columns[*place]).is_some()).collect()
}

/// Reports integers beyond the column's type, and values that aren't integers.
pub(super) fn kinds(column: &ColumnDef) -> Vec<Kind> {
    let bounds = bounds(column).unwrap_or_default();
    vec![
        ("other", "typeof({}) <> 'integer'".into()),
        ("larger", format!("{{}} NOT BETWEEN {bounds}")),
    ]
}

/// Collects the columns with larger integers, and reports those and the columns that contain something other than
/// integers.
pub(super) fn collect(
    table: &TableDef,
    places: &[usize],
    counts: &[Counts],
    wide: &mut Wide,
    notes: &mut Vec<Note>,
) {
    for (place, counts) in places.iter().zip(counts) {
        let column = &table.columns[*place];
        // Its rows may have made it a moment.
        if bounds(column).is_none() {
            continue;
        }
        if let Some(larger) = counts.get("larger") {
            let what =
                format!("{larger} of its rows hold integers that need 64 bits, so it is an i64");
            notes.push(Note::column(&table.name, &column.name, what));
            wide.insert((table.name.clone(), column.name.clone()));
        }
        if let Some(others) = counts.get("other") {
            let what = format!("{others} of its rows contain no integer: reading them is an error");
            notes.push(Note::column(&table.name, &column.name, what));
        }
    }
}

/// Widens these columns to 64 bits, together with the columns that a foreign key ties to them.
pub(super) fn widen(tx: &impl Executor, tables: &mut [TableDef], mut wide: Wide) -> Result<()> {
    with_tied(tables, &mut wide);
    for table in tables {
        let name = table.name.clone();
        for place in 0..table.columns.len() {
            let column = &table.columns[place];
            let is_wide = wide.contains(&(name.clone(), column.name.clone()));
            if !is_wide || bounds(column).is_none() {
                continue;
            }
            let written = declared(tx, table, column)?;
            let column = &mut table.columns[place];
            column.ty = ColumnType::BigInt;
            let is_own = type_name(column, Dialect::Sqlite).eq_ignore_ascii_case(&written);
            column.db_type.sqlite = (!is_own).then_some(written);
        }
    }
    Ok(())
}

/// Returns the range of the column's type, if it is smaller than SQLite's.
fn bounds(column: &ColumnDef) -> Option<String> {
    let range = column.ty.range().filter(|range| *range.end() < i64::MAX)?;
    Some(format!("{} AND {}", range.start(), range.end()))
}

/// Adds the columns that foreign keys tie to these, in either direction: both sides have the same type.
fn with_tied(tables: &[TableDef], wide: &mut BTreeSet<Place>) {
    let mut ties: Vec<(Place, Place)> = Vec::new();
    for table in tables {
        for key in &table.foreign_keys {
            let pairs = key.columns.iter().zip(&key.references);
            ties.extend(pairs.map(|(own, other)| {
                ((table.name.clone(), own.clone()), (key.table.clone(), other.clone()))
            }));
        }
    }
    loop {
        let before = wide.len();
        for (one, other) in &ties {
            if wide.contains(one) || wide.contains(other) {
                wide.extend([one.clone(), other.clone()]);
            }
        }
        if wide.len() == before {
            return;
        }
    }
}
