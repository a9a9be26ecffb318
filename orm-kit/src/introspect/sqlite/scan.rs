//! Counts the kinds of values in the columns of a table, in one scan.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use orm_core::schema::TableDef;
use orm_core::{Dialect, Executor, Result};

/// The columns of one scan: SQLite allows a function 127 arguments, and a `SELECT` 2,000 expressions.
pub(super) const COLUMNS: usize = 100;

/// A kind of value, and the condition that recognizes it, with `{}` for the column. The first that holds decides.
pub(super) type Kind = (&'static str, String);

/// The kinds of the values in a column, each with its number of rows.
pub(super) type Counts = BTreeMap<&'static str, i64>;

/// Counts the kinds of all columns in one scan of the table.
pub(super) fn count(
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
