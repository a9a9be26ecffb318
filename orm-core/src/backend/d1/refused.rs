//! What D1 can't do, each with the reason and what to do instead.

use crate::error::{Error, ErrorKind};

/// Returns the error for a transaction.
#[cold]
pub(super) fn transaction() -> Error {
    Error::new(
        ErrorKind::Transaction,
        "D1 has no transactions that take several requests, nor savepoints",
    )
    .with_hint("use `db.batch(…)`: its statements go to D1 in one request, and all of them are done or none")
}

/// Returns the error for something that other databases have.
#[cold]
pub(super) fn missing(what: &str, why: &str, instead: &str) -> Error {
    Error::new(ErrorKind::Query, format!("D1 can't {what}: {why}")).with_hint(instead.to_owned())
}

/// Returns the error for an expression of a function that mizzle brings along to SQLite.
#[cold]
pub(super) fn function(what: &str, instead: &str) -> Error {
    missing(what, "that takes a function of mizzle's, and D1 runs no code of the program", instead)
}

/// Returns the error for a comparison or an order of values that are equal in several forms.
#[cold]
pub(super) fn comparison(values: &str) -> Error {
    missing(
        &format!("compare or order {values}"),
        "they are stored as texts, and its SQL compares texts byte by byte",
        "read the rows and compare in the program, or keep a number beside the value: an amount in cents, for example",
    )
}
