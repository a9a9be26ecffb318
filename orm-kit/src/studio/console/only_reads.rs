//! Statements that a person may run without being asked whether to write.
//!
//! On SQLite an authorizer refuses all else, at the database. On PostgreSQL the transaction only reads; it is rolled back, so
//! that nothing stays of what such a transaction allows; and it can't be left, because only queries are sent: one statement
//! by the protocol that takes no second one, after a first one that has fixed the transaction's mode.

use orm_core::Dialect;

use super::super::failure::{Failure, Result};
use super::super::on::On;

/// The first words of statements that return rows and end no transaction.
const QUERIES: [&str; 6] = ["select", "with", "values", "table", "show", "explain"];

/// Runs `f` so that the database changes nothing, whatever it runs.
///
/// # Errors
/// If `sql` is no query.
pub(in super::super) fn only_reading<T>(
    on: &mut On<'_>,
    sql: &str,
    f: impl FnOnce(&mut On<'_>) -> Result<T>,
) -> Result<T> {
    if on.dialect().is_sqlite() {
        on.only_read(true);
        let result = f(on);
        on.only_read(false);
        return result;
    }
    check_is_query(sql, on.dialect())?;
    on.ask("BEGIN READ ONLY")?;
    // A query fixes the mode of the transaction, and one in a savepoint can't be made to write either.
    let result = on.set_forms().and_then(|()| on.ask("SAVEPOINT studio")).and_then(|_| f(on));
    // What has stopped the statement doesn't stop this. It fails if the connection is lost, which the result says, too.
    let rolled_back = on.unlimited(|on| on.ask("ROLLBACK"));
    let result = result?;
    rolled_back?;
    Ok(result)
}

fn check_is_query(sql: &str, dialect: Dialect) -> Result<()> {
    let tokens = orm_lexer::tokens(sql, dialect);
    let first = tokens.iter().find(|token| !token.is_symbol("("));
    if first.is_some_and(|first| QUERIES.iter().any(|word| first.is(word))) {
        return Ok(());
    }
    Err(Failure::new(
        axum::http::StatusCode::FORBIDDEN,
        "READ_ONLY",
        "only queries run here: SELECT, WITH, VALUES, TABLE, SHOW and EXPLAIN",
    )
    .advised("switch writing on for other statements"))
}
