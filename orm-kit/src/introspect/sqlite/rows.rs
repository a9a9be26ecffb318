//! What only the rows of a table show, counted in one scan.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use orm_core::schema::{ColumnDef, TableDef};
use orm_core::{Dialect, Executor, Result};

use super::{integers, moments};
use crate::introspect::Introspected;

/// The columns of one scan: SQLite allows a function 127 arguments, and a `SELECT` 2,000 expressions.
const COLUMNS: usize = 100;

/// A kind of value, and the condition that tells it, with `{}` for the column. The first that holds decides.
pub(super) type Kind = (&'static str, String);

/// The kinds of the values in a column, each with its number of rows.
pub(super) type Counts = BTreeMap<&'static str, i64>;

/// Reads the rows of each table once, and sets the types of its columns by them.
pub(in crate::introspect) fn look(tx: &impl Executor, found: &mut Introspected) -> Result<()> {
    let mut wide = integers::Wide::default();
    for table in &mut found.tables {
        let (of_moments, of_integers) = (moments::columns(table), integers::columns(table));
        let mut all = with_kinds(table, &of_moments, moments::kinds);
        all.extend(with_kinds(table, &of_integers, integers::kinds));
        let mut counts = Vec::new();
        for some in all.chunks(COLUMNS) {
            counts.extend(count(tx, table, some)?);
        }
        let (first, second) = counts.split_at(of_moments.len());
        moments::apply(tx, table, &of_moments, first, &mut found.notes)?;
        integers::collect(table, &of_integers, second, &mut wide, &mut found.notes);
    }
    integers::widen(tx, &mut found.tables, wide)?;
    found.notes.sort();
    Ok(())
}

/// The columns at these places, as SQL, with the kinds of their values.
fn with_kinds(
    table: &TableDef,
    places: &[usize],
    kinds: impl Fn(&ColumnDef) -> Vec<Kind>,
) -> Vec<(String, Vec<Kind>)> {
    let columns = places.iter().map(|place| &table.columns[*place]);
    columns.map(|column| (Dialect::Sqlite.quote_ident(&column.name), kinds(column))).collect()
}

/// Counts the kinds of all columns in one scan of the table.
fn count(
    tx: &impl Executor,
    table: &TableDef,
    columns: &[(String, Vec<Kind>)],
) -> Result<Vec<Counts>> {
    let (mut told, mut counted) = (Vec::new(), Vec::new());
    for (place, (column, kinds)) in columns.iter().enumerate() {
        let cases: Vec<String> = kinds
            .iter()
            .enumerate()
            .map(|(kind, (_, condition))| {
                format!("WHEN {} THEN {kind}", condition.replace("{}", column))
            })
            .collect();
        told.push(format!(
            "CASE WHEN {column} IS NULL THEN NULL {} END AS c{place}",
            cases.join(" ")
        ));
        let counts: Vec<String> = (0..kinds.len())
            .map(|kind| format!("count(*) FILTER (WHERE c{place} = {kind})"))
            .collect();
        counted.push(format!("json_array({})", counts.join(", ")));
    }
    // With a limit, SQLite computes each case once a row instead of once a count.
    let numbers: Vec<i64> = tx.load(sql::<BigInt>(&format!(
        "SELECT atom FROM json_tree((SELECT json_array({}) FROM (SELECT {} FROM {} LIMIT -1))) \
         WHERE type = 'integer' ORDER BY id",
        counted.join(", "),
        told.join(", "),
        Dialect::Sqlite.quote_ident(&table.name)
    )))?;
    let mut numbers = numbers.into_iter();
    let of_column = |(_, kinds): &(String, Vec<Kind>)| -> Counts {
        let counts = kinds.iter().map(|(name, _)| *name).zip(numbers.by_ref());
        counts.filter(|(_, rows)| *rows > 0).collect()
    };
    Ok(columns.iter().map(of_column).collect())
}
