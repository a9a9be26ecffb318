//! The column that counts the versions of a row.

use diesel::QueryResult;
use diesel::query_builder::AstPass;

use super::TableFacts;
use crate::backend::Any;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind};

/// Returns the SQL of the version after that of the stored row, or `None` if the table counts none. It fails if the type of
/// the column can't hold the number.
pub(crate) fn next_version(table: &TableFacts, dialect: Dialect) -> Option<String> {
    let index = table.version?;
    let column = format!(
        "{}.{}",
        dialect.quote_ident(table.name),
        dialect.quote_ident(table.columns[index])
    );
    Some(if dialect.capabilities().checks_integers {
        format!("{column} + 1")
    } else {
        let bits = (table.column_type)(index).kind.facts().bits.unwrap_or(64);
        format!("mizzle_checked(0, {bits}, {column}, 1)")
    })
}

/// Writes [`next_version`].
pub(crate) fn push_next_version(
    table: &TableFacts,
    out: &mut AstPass<'_, '_, Any>,
) -> QueryResult<()> {
    if let Some(sql) = next_version(table, out.backend().dialect()) {
        out.push_sql(&sql);
    }
    Ok(())
}

/// Says what the error of a statement that counts the version up may be about.
#[cold]
pub(crate) fn of_version(error: Error, table: &TableFacts) -> Error {
    match table.version {
        Some(index) if error.kind() == ErrorKind::OutOfRange => error.with_hint(format!(
            "the version of the row ({}.{}) may be the largest number that its type holds: give the column a larger type, \
             `i64`, or set it to a smaller number",
            table.name, table.columns[index]
        )),
        _ => error,
    }
}
