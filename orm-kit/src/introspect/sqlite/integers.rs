//! The size of the integers in a database's rows: SQLite stores 64 bits, whatever the declared type.

use std::collections::BTreeSet;

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use orm_core::schema::fragments::type_name;
use orm_core::schema::{ColumnDef, ColumnType, TableDef};
use orm_core::{Dialect, Executor, Result};

use super::moments::declared;
use crate::introspect::{Introspected, Note};

/// A table and a column of it.
type Place = (String, String);

/// Widens columns with larger integers to 64 bits, together with the columns that a foreign key ties to them, and
/// reports the columns that contain something other than integers.
pub(in crate::introspect) fn look(tx: &impl Executor, found: &mut Introspected) -> Result<()> {
    let mut wide = BTreeSet::new();
    for table in &found.tables {
        for column in table.columns.iter().filter(|column| bounds(column).is_some()) {
            let (larger, others) = counts(tx, table, column)?;
            if larger > 0 {
                let what = format!(
                    "{larger} of its rows hold integers that need 64 bits, so it is an i64"
                );
                found.notes.push(Note::column(&table.name, &column.name, what));
                wide.insert((table.name.clone(), column.name.clone()));
            }
            if others > 0 {
                let what =
                    format!("{others} of its rows contain no integer: reading them is an error");
                found.notes.push(Note::column(&table.name, &column.name, what));
            }
        }
    }
    with_tied(&found.tables, &mut wide);
    for table in &mut found.tables {
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
    found.notes.sort();
    Ok(())
}

/// Returns the range of the column's type, if it is smaller than SQLite's.
fn bounds(column: &ColumnDef) -> Option<&'static str> {
    match column.ty {
        ColumnType::SmallInt => Some("-32768 AND 32767"),
        ColumnType::Integer => Some("-2147483648 AND 2147483647"),
        _ => None,
    }
}

/// Counts the rows with integers beyond the type, and those with something else.
fn counts(tx: &impl Executor, table: &TableDef, column: &ColumnDef) -> Result<(i64, i64)> {
    let quote = |name: &str| Dialect::Sqlite.quote_ident(name);
    let bounds = bounds(column).unwrap_or_default();
    let kinds: Vec<(String, i64)> = tx.load(sql::<(Text, BigInt)>(&format!(
        "SELECT kind, count(*) FROM (SELECT CASE WHEN typeof(c) <> 'integer' THEN 'other' \
         WHEN c NOT BETWEEN {bounds} THEN 'larger' ELSE 'fits' END AS kind \
         FROM (SELECT {} AS c FROM {}) WHERE c IS NOT NULL) GROUP BY kind",
        quote(&column.name),
        quote(&table.name)
    )))?;
    let of = |kind: &str| kinds.iter().find(|(found, _)| found == kind).map_or(0, |(_, n)| *n);
    Ok((of("larger"), of("other")))
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
