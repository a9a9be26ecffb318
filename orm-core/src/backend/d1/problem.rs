//! The meaning of what D1's API reports.

use std::ffi::c_int;
use std::time::Duration;

use libsqlite3_sys as ffi;

use super::http::Response;
use crate::backend::sqlite::classify;
use crate::error::{Error, ErrorKind, ValueError, Words};

/// Before the message of an expression that mizzle lets fail.
const OWN: &str = "bad JSON path: 'mizzle ";

/// The longest text, and the most bytes, that D1 takes.
const LONGEST_VALUE: usize = 2_000_000;

/// The code of the error of a batch in which a statement wrote another number of rows than it needs to.
pub(super) const TOO_FEW: c_int = -1;

/// Returns the error for an answer that isn't one of the API: from something in between.
#[cold]
pub(super) fn not_json(response: &Response) -> Error {
    if let Some(error) = of_status(response, "") {
        return error;
    }
    Error::new(
        ErrorKind::Service,
        format!("the answer is not one of D1's API (HTTP status {})", response.status),
    )
    .with_hint(
        "check that D1_API, if it is set, names D1's API, and that no proxy answers in its place",
    )
}

/// Returns the error that the API reports.
#[cold]
pub(super) fn reported(response: &Response, message: &str) -> Error {
    let message = message.trim().trim_start_matches("D1_ERROR: ");
    // What is wrong with a statement ends with a code of SQLite's, whatever the status.
    if !message.contains(": SQLITE_")
        && let Some(error) = of_status(response, message)
    {
        return error;
    }
    of_statement(message)
}

/// Returns the error for a status that is about the request.
fn of_status(response: &Response, message: &str) -> Option<Error> {
    let said = if message.is_empty() { String::new() } else { format!(": {message}") };
    Some(match response.status {
        401 | 403 => Error::new(
            ErrorKind::Token,
            format!("D1's API refuses the token (HTTP status {})", response.status),
        ),
        404 => Error::new(ErrorKind::DatabaseNotFound, "D1's API has no such database")
            .with_hint("check the account and the database in the URL: `d1://account/database`, both as Cloudflare lists them"),
        429 => {
            let wait = response.retry_after.unwrap_or(Duration::from_secs(1));
            Error::new(
                ErrorKind::RateLimited,
                format!("D1's API takes no more requests now; it asks to wait for {} s", wait.as_secs()),
            )
            .with_retry_after(wait)
        }
        status @ 500.. => {
            let error = Error::new(
                ErrorKind::Service,
                format!("D1's API failed (HTTP status {status}){said}; it may have run the statement"),
            );
            match response.retry_after {
                Some(wait) => error.with_retry_after(wait),
                None => error,
            }
        }
        _ => return None,
    })
}

/// Returns the error of a statement: `UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT`.
fn of_statement(message: &str) -> Error {
    if let Some((_, own)) = message.split_once(OWN) {
        let own = own.split('\'').next().unwrap_or_default();
        let (code, words) = own.split_once(' ').unwrap_or(("1", own));
        return of_code(code.parse().unwrap_or(ffi::SQLITE_ERROR), words);
    }
    let (words, code) = split_code(message);
    let code = match code {
        Some(code) => code,
        None => return unknown(words),
    };
    of_code(code, words)
}

fn of_code(code: c_int, words: &str) -> Error {
    match code {
        TOO_FEW => Error::new(ErrorKind::Query, words).with_database_code(code.to_string()),
        ffi::SQLITE_CONSTRAINT_FUNCTION | ffi::SQLITE_MISMATCH => classify(code, words),
        ffi::SQLITE_TOOBIG => Error::value(ValueError::TooLong { limit: LONGEST_VALUE })
            .with_database_code(code.to_string()),
        // Pragmas and functions that D1 doesn't have. The token has nothing to do with it.
        ffi::SQLITE_AUTH => Error::new(ErrorKind::Query, format!("D1 doesn't allow this: {words}"))
            .with_database_code(code.to_string()),
        _ if words.starts_with("D1 ") => Error::new(ErrorKind::Query, words.to_owned()),
        ffi::SQLITE_CONSTRAINT => {
            classify(constraint_code(words), words).with_words(Words::Program)
        }
        ffi::SQLITE_ERROR if !is_about_text(words) => {
            let instead =
                "D1 refuses the statement because of a value; its own message would show it";
            classify(code, words).with_words(Words::Database { instead })
        }
        _ => classify(code, words),
    }
}

/// Whether the message can only be about the text of the statement.
fn is_about_text(words: &str) -> bool {
    const STARTS: [&str; 8] = [
        "no such ",
        "near \"",
        "duplicate column",
        "ambiguous column",
        "Expression tree is too large",
        "LIKE or GLOB pattern too complex",
        "too many ",
        "parser stack overflow",
    ];
    STARTS.iter().any(|start| words.starts_with(start))
        || words.contains("syntax error")
        || words.contains(" has no column named ")
}

/// Splits the words from the code after them.
fn split_code(message: &str) -> (&str, Option<c_int>) {
    if let Some((words, extended)) = message.rsplit_once(" (extended: ")
        && let Some(code) = code_of(extended.trim_end_matches(')'))
    {
        let (words, _) = split_code(words);
        return (words, Some(code));
    }
    match message.rsplit_once(": SQLITE_") {
        Some((words, name)) => (words, code_of(&format!("SQLITE_{name}"))),
        None => (message, None),
    }
}

fn code_of(name: &str) -> Option<c_int> {
    Some(match name.trim() {
        "SQLITE_ERROR" => ffi::SQLITE_ERROR,
        "SQLITE_CONSTRAINT" => ffi::SQLITE_CONSTRAINT,
        "SQLITE_CONSTRAINT_UNIQUE" => ffi::SQLITE_CONSTRAINT_UNIQUE,
        "SQLITE_CONSTRAINT_PRIMARYKEY" => ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        "SQLITE_CONSTRAINT_ROWID" => ffi::SQLITE_CONSTRAINT_ROWID,
        "SQLITE_CONSTRAINT_NOTNULL" => ffi::SQLITE_CONSTRAINT_NOTNULL,
        "SQLITE_CONSTRAINT_CHECK" => ffi::SQLITE_CONSTRAINT_CHECK,
        "SQLITE_CONSTRAINT_FOREIGNKEY" => ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
        "SQLITE_CONSTRAINT_TRIGGER" => ffi::SQLITE_CONSTRAINT_TRIGGER,
        "SQLITE_MISMATCH" => ffi::SQLITE_MISMATCH,
        "SQLITE_BUSY" => ffi::SQLITE_BUSY,
        "SQLITE_LOCKED" => ffi::SQLITE_LOCKED,
        "SQLITE_READONLY" => ffi::SQLITE_READONLY,
        "SQLITE_FULL" => ffi::SQLITE_FULL,
        "SQLITE_TOOBIG" => ffi::SQLITE_TOOBIG,
        "SQLITE_AUTH" => ffi::SQLITE_AUTH,
        "SQLITE_CORRUPT" => ffi::SQLITE_CORRUPT,
        "SQLITE_INTERRUPT" => ffi::SQLITE_INTERRUPT,
        "SQLITE_NOMEM" => ffi::SQLITE_NOMEM,
        "SQLITE_IOERR" => ffi::SQLITE_IOERR,
        _ => return None,
    })
}

/// Returns the code of a violation that D1 reports without its extended code.
fn constraint_code(words: &str) -> c_int {
    for (start, code) in [
        ("UNIQUE constraint failed", ffi::SQLITE_CONSTRAINT_UNIQUE),
        ("NOT NULL constraint failed", ffi::SQLITE_CONSTRAINT_NOTNULL),
        ("CHECK constraint failed", ffi::SQLITE_CONSTRAINT_CHECK),
        ("FOREIGN KEY constraint failed", ffi::SQLITE_CONSTRAINT_FOREIGNKEY),
    ] {
        if words.starts_with(start) {
            return code;
        }
    }
    // RAISE, in a trigger
    ffi::SQLITE_CONSTRAINT_TRIGGER
}

/// Returns the error for a message without a code of SQLite's: of D1 itself.
fn unknown(words: &str) -> Error {
    let lower = words.to_ascii_lowercase();
    let kind = if lower.contains("not authorized") {
        ErrorKind::Query
    } else if lower.contains("overloaded") || lower.contains("storage operation exceeded timeout") {
        ErrorKind::Service
    } else if lower.contains("maximum db size") {
        ErrorKind::DiskFull
    } else {
        ErrorKind::Query
    };
    let instead = "D1 refuses the statement because of a value; its own message would show it";
    Error::new(kind, words.to_owned()).with_words(Words::Database { instead })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ConstraintKind;

    #[test]
    fn knows_violations_with_and_without_extended_codes() {
        for (message, kind) in [
            ("UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT", ConstraintKind::Unique),
            (
                "UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
                ConstraintKind::Unique,
            ),
            ("NOT NULL constraint failed: users.email: SQLITE_CONSTRAINT", ConstraintKind::NotNull),
            ("CHECK constraint failed: users_age_check: SQLITE_CONSTRAINT", ConstraintKind::Check),
            ("FOREIGN KEY constraint failed: SQLITE_CONSTRAINT", ConstraintKind::ForeignKey),
        ] {
            let error = of_statement(message);
            assert_eq!(error.constraint().map(|found| found.kind), Some(kind), "{message}");
        }
        let error = of_statement("UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT");
        let constraint = error.constraint().expect("a constraint");
        assert_eq!(constraint.table.as_deref(), Some("users"));
        assert_eq!(constraint.columns, ["email"]);
    }

    #[test]
    fn knows_its_own_failures() {
        let error = of_statement("bad JSON path: 'mizzle 20 integer out of range': SQLITE_ERROR");
        assert_eq!(error.kind(), ErrorKind::OutOfRange);
        let error = of_statement("bad JSON path: 'mizzle 1043 there is a row': SQLITE_ERROR");
        assert_eq!(error.database_code(), Some("1043"));
        let error = of_statement("no such table: users: SQLITE_ERROR");
        assert_eq!(error.kind(), ErrorKind::UndefinedTable);
        assert_eq!(error.to_string(), "no such table: users");
    }
}
