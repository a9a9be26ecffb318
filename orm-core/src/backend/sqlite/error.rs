//! The meaning of SQLite's result codes.

use std::cell::Cell;
use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use crate::error::{Constraint, ConstraintKind, Error, ErrorKind, Result, ValueError, Words};
use crate::schema::{ColumnType, Storage};

thread_local! {
    /// Whether a collation panicked in a statement that this thread runs.
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// Records that a collation panicked. The statement must fail.
pub(super) fn note_panic() {
    PANICKED.set(true);
}

pub(super) fn has_panicked() -> bool {
    PANICKED.get()
}

/// Fails if a collation panicked in the statement that has run.
#[inline]
pub(super) fn check_panic() -> Result<()> {
    if PANICKED.get() { Err(panic_error()) } else { Ok(()) }
}

#[cold]
fn panic_error() -> Error {
    PANICKED.set(false);
    Error::new(ErrorKind::Query, "a collation of the program panicked")
}

/// Returns the error of the connection's last call.
pub(super) fn last_error(database: NonNull<ffi::sqlite3>) -> Error {
    if has_panicked() {
        return panic_error();
    }
    // SAFETY: the connection is open; the message is copied before the next call.
    let (code, message) = unsafe {
        let message = ffi::sqlite3_errmsg(database.as_ptr());
        (
            ffi::sqlite3_extended_errcode(database.as_ptr()),
            if message.is_null() { "".into() } else { CStr::from_ptr(message).to_string_lossy() },
        )
    };
    // SAFETY: the connection is open.
    let reason = unsafe { ffi::sqlite3_system_errno(database.as_ptr()) };
    match code & 0xff {
        _ if code == ffi::SQLITE_CONSTRAINT_COMMITHOOK => moved(),
        ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN if is_full(reason) => {
            Error::new(ErrorKind::DiskFull, format!("{message}: the disk is full"))
                .with_database_code(code.to_string())
        }
        _ => classify(code, &message),
    }
}

/// The error of a connection whose file is no longer at its path.
#[cold]
pub(super) fn moved() -> Error {
    Error::new(
        ErrorKind::DatabaseNotFound,
        "the database's file was moved, replaced or deleted while it was open; what was to be written is rolled back",
    )
    .with_database_code(ffi::SQLITE_CONSTRAINT_COMMITHOOK.to_string())
    .with_hint(
        "call again to use the file that is at the path now; to restore a backup, stop the programs that have the file \
         open, or let SQLite copy it (`sqlite3 file '.restore backup'`)",
    )
}

/// Whether the system is out of resources, or denies them to this program: SQLite reports all such failures by one
/// code.
#[cfg(unix)]
fn is_full(reason: c_int) -> bool {
    matches!(reason, libc::ENOSPC | libc::EDQUOT | libc::EFBIG)
}

#[cfg(not(unix))]
fn is_full(_: c_int) -> bool {
    false
}

/// The same for a statement that failed while it ran. Its values were known by then, and SQLite's message may show one.
pub(super) fn running_error(database: NonNull<ffi::sqlite3>) -> Error {
    let error = last_error(database);
    if error.constraint().is_some() {
        return error;
    }
    let code =
        error.database_code().and_then(|code| code.parse::<c_int>().ok()).unwrap_or_default();
    let words = match code & 0xff {
        _ if code == ffi::SQLITE_CONSTRAINT_COMMITHOOK => Words::Plain,
        // RAISE, in a trigger
        ffi::SQLITE_CONSTRAINT => Words::Program,
        ffi::SQLITE_ERROR | ffi::SQLITE_CANTOPEN | ffi::SQLITE_AUTH => Words::Database {
            instead: "SQLite refuses the statement because of a value; its own message would show it",
        },
        _ => Words::Plain,
    };
    error.with_words(words)
}

/// Returns the error for a result code (<https://sqlite.org/rescode.html>) and its message.
pub(in crate::backend) fn classify(code: c_int, message: &str) -> Error {
    let kind = match code & 0xff {
        ffi::SQLITE_CONSTRAINT => return violation(code, message),
        // The last one: the locks of the write-ahead log change hands all the time.
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_PROTOCOL => ErrorKind::Busy,
        ffi::SQLITE_READONLY => ErrorKind::ReadOnly,
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => ErrorKind::Corrupt,
        ffi::SQLITE_FULL => ErrorKind::DiskFull,
        ffi::SQLITE_CANTOPEN => ErrorKind::DatabaseNotFound,
        ffi::SQLITE_PERM | ffi::SQLITE_AUTH => ErrorKind::Auth,
        ffi::SQLITE_TOOBIG => {
            return Error::value(ValueError::TooLong { limit: 1_000_000_000 })
                .with_database_code(code.to_string());
        }
        // From `mizzle_checked`
        ffi::SQLITE_MISMATCH
            if message.ends_with("int out of range") || message == "integer out of range" =>
        {
            ErrorKind::OutOfRange
        }
        ffi::SQLITE_MISMATCH => ErrorKind::Value,
        ffi::SQLITE_ERROR if message.starts_with("no such table: ") => ErrorKind::UndefinedTable,
        ffi::SQLITE_ERROR
            if message.starts_with("no such column: ")
                || message.contains(" has no column named ") =>
        {
            ErrorKind::UndefinedColumn
        }
        // From `sum` and `abs`
        ffi::SQLITE_ERROR if message == "integer overflow" => ErrorKind::Value,
        ffi::SQLITE_INTERRUPT => ErrorKind::Timeout,
        ffi::SQLITE_IOERR | ffi::SQLITE_NOMEM | ffi::SQLITE_INTERNAL => ErrorKind::Unknown,
        _ => ErrorKind::Query,
    };
    let error = Error::new(kind, message).with_database_code(code.to_string());
    if message == "too many SQL variables" {
        return error.with_hint(
            "split the statement: SQLite accepts at most 32766 values in one; `eq_any` takes a list of any length",
        );
    }
    if message == "no such module: fts5" {
        return error.with_hint(
            "full text needs SQLite's module FTS5, which the system's library lacks: use the SQLite that mizzle compiles in",
        );
    }
    if let Some((_, column)) = message.split_once("unknown datatype for ") {
        return error.with_hint(strict_advice(column));
    }
    match message.split_once("no such collation sequence: ") {
        Some((_, name)) => error.with_hint(format!(
            "the file uses the collation {name} of another program: register one with the same order on each \
             connection, by `Db::builder(url).on_connect(|connection| connection.create_collation({name:?}, …))`"
        )),
        None => error,
    }
}

/// Returns the advice for a type that a STRICT table refuses. `column` is `table.column: "TYPE"`.
fn strict_advice(column: &str) -> String {
    let declared = column.rsplit_once(": \"").map_or("", |(_, name)| name.trim_end_matches('"'));
    let name = declared.split('(').next().unwrap_or_default().trim().to_ascii_uppercase();
    let accepted = match ColumnType::of_sqlite(&name).map(|ty| ty.facts().sqlite.storage) {
        Some(Storage::Integer) => Some("INTEGER"),
        Some(Storage::Real) => Some("REAL"),
        Some(Storage::Blob) => Some("BLOB"),
        Some(Storage::Text) => Some("TEXT"),
        None if ["CHAR", "TEXT", "CLOB"].iter().any(|part| name.contains(part)) => Some("TEXT"),
        None => None,
    };
    format!(
        "the table is STRICT, and takes only INT, INTEGER, REAL, TEXT, BLOB and ANY: write {} on the field",
        match accepted {
            Some(name) => format!("`#[column(db_type(sqlite = \"{name}\"))]`"),
            None => "`#[column(db_type(sqlite = …))]` with one of them".into(),
        }
    )
}

/// Returns the parts that the message names: `UNIQUE constraint failed: users.a, users.b`.
fn violation(code: c_int, message: &str) -> Error {
    let names = message.split_once("constraint failed: ").map_or("", |(_, names)| names);
    let mut constraint =
        Constraint { kind: ConstraintKind::Check, name: None, table: None, columns: Vec::new() };
    constraint.kind = match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => ConstraintKind::Unique,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ConstraintKind::ForeignKey,
        // RESTRICT, which SQLite implements as a trigger
        ffi::SQLITE_CONSTRAINT_TRIGGER if message == "FOREIGN KEY constraint failed" => {
            ConstraintKind::ForeignKey
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => ConstraintKind::NotNull,
        ffi::SQLITE_CONSTRAINT_CHECK => ConstraintKind::Check,
        // RAISE(ABORT, …) in a trigger, and the like
        _ => return Error::new(ErrorKind::Query, message).with_database_code(code.to_string()),
    };
    match constraint.kind {
        ConstraintKind::Check => constraint.name = Some(names.into()),
        ConstraintKind::ForeignKey => {}
        _ => match names.strip_prefix("index '").and_then(|name| name.strip_suffix('\'')) {
            Some(index) => constraint.name = Some(index.into()),
            None => {
                for name in names.split(", ") {
                    if let Some((table, column)) = name.split_once('.') {
                        constraint.table = Some(table.into());
                        constraint.columns.push(column.into());
                    }
                }
            }
        },
    }
    Error::violation(constraint).with_database_code(code.to_string())
}
