//! What SQLite drops along with a column, and what keeps it from dropping one.

use super::rebuild::constraints_of_column;
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::migration::drops::{Drop, drops, last_name};
use crate::migration::statement::Statement;

/// Returns the table and the column that a statement drops which is marked by `-- alone: …`.
fn dropped(statement: &Statement<'_>) -> Option<(String, String)> {
    if !statement.is_alone() {
        return None;
    }
    match drops(statement.sql(), Dialect::Sqlite).into_iter().next()? {
        Drop::Column(table, column) => Some((last_name(&table, Dialect::Sqlite), column)),
        Drop::Table(_) | Drop::Schema(_) => None,
    }
}

const ADVICE: &str = "declare it in the struct first if a struct can, or drop the column in a hand-written migration \
     (`generate --custom`)";

/// Returns what would go along with the column that the statement drops, as a sentence: the constraints in its declaration.
/// A migration that knows of one rebuilds the table.
pub(in crate::migration) fn goes_along(
    connection: &mut AnyConnection,
    statement: &Statement<'_>,
) -> Result<Option<String>> {
    let Some((table, column)) = dropped(statement) else { return Ok(None) };
    let found = constraints_of_column(connection, &table, &column)?;
    Ok((!found.is_empty()).then(|| {
        format!(
            "`{}` would be dropped along with the column \"{column}\" of \"{table}\", and nothing names it: {ADVICE}",
            found.join(" ")
        )
    }))
}

/// Returns what to do if the statement has failed because something is over its column.
pub(in crate::migration) fn over_column(
    statement: &Statement<'_>,
    error: &Error,
) -> Option<String> {
    let (table, column) = dropped(statement)?;
    let error = error.to_string();
    let (_, reason) = error.split_once("error in ")?;
    let (what, reason) = reason.split_once(" after drop column: ")?;
    Some(if what.starts_with("table ") {
        format!(
            "the statement of {what} names the column \"{column}\" elsewhere ({reason}), and nothing names that: {ADVICE}"
        )
    } else {
        format!(
            "{what} is over the column \"{column}\" of \"{table}\" ({reason}), and nothing names it: drop it first, in the \
             migration or by hand, or declare in the struct what it can express"
        )
    })
}
