//! The one error type.

mod category;
mod code;
mod constraint;
mod diesel_error;
mod printable;
mod value;
mod words;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

pub use self::category::ErrorCategory;
pub use self::code::ErrorCode;
pub use self::constraint::{Constraint, ConstraintKind};
use self::diesel_error::Origin;
pub use self::printable::{is_deceptive, printable};
pub(crate) use self::value::ColumnError;
pub use self::value::{UnknownLabel, ValueError};
pub(crate) use self::words::Words;

/// What mizzle's calls return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that goes wrong in mizzle.
///
/// [`code`](Error::code) tells what it is, and predicates such as
/// [`is_unique_violation`](Error::is_unique_violation) answer the common questions. `Display` is one
/// line; `Debug`, which `fn main` prints, adds the SQL and what to do. Neither ever contains a bound
/// value or a password. What a terminal would obey, such as in a name of the database's, is escaped in both.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    words: Words,
    sql: Option<Arc<str>>,
    /// PostgreSQL's five characters, or SQLite's extended result code.
    database_code: Option<String>,
    hint: Option<String>,
    constraint: Option<Constraint>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Which of diesel's errors it was, if it was one.
    origin: Option<Origin>,
}

/// What happened. [`ErrorCode`] is derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "some are told by one database alone, which may not be compiled in")]
pub(crate) enum ErrorKind {
    Config,
    Network,
    Dns,
    PoolExhausted,
    Auth,
    DatabaseNotFound,
    Ssl,
    UndefinedTable,
    UndefinedColumn,
    Constraint,
    Value,
    Serialization,
    Deadlock,
    Timeout,
    Busy,
    ReadOnly,
    Corrupt,
    DiskFull,
    Transaction,
    NotFound,
    StaleRow,
    Migration,
    Query,
    Application,
    Unknown,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            words: Words::Plain,
            sql: None,
            database_code: None,
            hint: None,
            constraint: None,
            source: None,
            origin: None,
        }))
    }

    /// An error of the application's own, for example to roll a transaction back.
    pub fn application(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        Self::new(ErrorKind::Application, source.to_string()).with_source(source)
    }

    pub(crate) fn violation(constraint: Constraint) -> Self {
        let mut error = Self::new(ErrorKind::Constraint, format!("{constraint} is violated"));
        error.0.constraint = Some(constraint);
        error
    }

    pub(crate) fn value(error: ValueError) -> Self {
        Self::new(ErrorKind::Value, error.to_string()).with_source(error)
    }

    #[must_use]
    pub(crate) fn with_sql(mut self, sql: &str) -> Self {
        if self.0.sql.is_none() {
            self.0.sql = Some(sql.into());
        }
        self
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn with_database_code(mut self, code: impl Into<String>) -> Self {
        self.0.database_code = Some(code.into());
        self
    }

    #[must_use]
    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What it is.
    pub fn code(&self) -> ErrorCode {
        match self.0.kind {
            ErrorKind::Config => ErrorCode::ConfigError,
            ErrorKind::Network => ErrorCode::NetworkError,
            ErrorKind::Dns => ErrorCode::DnsError,
            ErrorKind::PoolExhausted => ErrorCode::PoolExhausted,
            ErrorKind::Auth => ErrorCode::AuthFailed,
            ErrorKind::DatabaseNotFound | ErrorKind::Corrupt => ErrorCode::DatabaseNotFound,
            ErrorKind::Ssl => ErrorCode::SslError,
            ErrorKind::UndefinedTable | ErrorKind::UndefinedColumn => ErrorCode::SchemaError,
            ErrorKind::Constraint => ErrorCode::ConstraintError,
            ErrorKind::Value => ErrorCode::ValueError,
            ErrorKind::Transaction => ErrorCode::TransactionError,
            ErrorKind::NotFound => ErrorCode::NotFound,
            ErrorKind::StaleRow => ErrorCode::StaleRow,
            ErrorKind::Migration => ErrorCode::MigrationError,
            ErrorKind::Application => ErrorCode::ApplicationError,
            ErrorKind::Unknown => ErrorCode::UnknownError,
            ErrorKind::Serialization
            | ErrorKind::Deadlock
            | ErrorKind::Busy
            | ErrorKind::Timeout
            | ErrorKind::ReadOnly
            | ErrorKind::DiskFull
            | ErrorKind::Query => statement_code(self.sql()),
        }
    }

    /// The SQL of the statement that failed, with placeholders for its values.
    pub fn sql(&self) -> Option<&str> {
        self.0.sql.as_deref()
    }

    /// The constraint that was violated.
    pub fn constraint(&self) -> Option<&Constraint> {
        self.0.constraint.as_ref()
    }

    pub(crate) fn constraint_mut(&mut self) -> Option<&mut Constraint> {
        self.0.constraint.as_mut()
    }

    /// Says the message anew after the constraint is known better.
    pub(crate) fn refresh_message(&mut self) {
        if let Some(constraint) = &self.0.constraint {
            self.0.message = format!("{constraint} is violated");
        }
    }

    #[must_use]
    pub(crate) fn with_words(mut self, words: Words) -> Self {
        self.0.words = words;
        self
    }

    /// Whose words the message is made of.
    pub(crate) fn words(&self) -> Words {
        self.0.words
    }

    /// What the database said, in lower case.
    pub(crate) fn words_of_database(&self) -> String {
        let hint = self.0.hint.as_deref().unwrap_or_default();
        format!("{} {hint}", self.0.message).to_ascii_lowercase()
    }

    /// Says something else instead, and no hint.
    pub(crate) fn replace_words(&mut self, message: &str) {
        self.0.message = message.into();
        self.0.hint = None;
        self.0.words = Words::Plain;
    }

    /// Changes the message and the hint.
    pub(crate) fn change_words(&mut self, change: impl Fn(&str) -> String) {
        self.0.message = change(&self.0.message);
        self.0.hint = self.0.hint.as_deref().map(change);
        self.0.words = Words::Plain;
    }

    /// The database's own code: PostgreSQL's SQLSTATE such as `23505`, or SQLite's extended result
    /// code such as `2067`.
    pub fn database_code(&self) -> Option<&str> {
        self.0.database_code.as_deref()
    }

    /// What to do about it, step by step; empty where the message says it all.
    pub fn troubleshooting(&self) -> Vec<&str> {
        let general = match self.0.kind {
            ErrorKind::Busy => &[
                "another program holds the database's lock: keep transactions short, or raise the busy time-out",
            ][..],
            ErrorKind::ReadOnly => &[
                "make the file, those beside it that end in -wal and -shm, and their folder writable, or \
                     connect to the primary server",
            ],
            ErrorKind::DiskFull => &["free space on the disk that holds the database"],
            ErrorKind::Corrupt => &[
                "check that the URL names a database file of SQLite's, not some other file",
                "restore the database from a backup if it is damaged",
            ],
            ErrorKind::Timeout => &[
                "look at what the statement waits for, or reads: a lock, or a table without an index",
                "raise the statement time-out if the statement needs the time",
            ],
            ErrorKind::Serialization | ErrorKind::Deadlock => {
                &["run the transaction again: it met another one"]
            }
            _ => self.code().troubleshooting(),
        };
        self.0.hint.as_deref().into_iter().chain(general.iter().copied()).collect()
    }

    /// Whether a unique constraint, unique index or primary key was violated.
    pub fn is_unique_violation(&self) -> bool {
        self.is_violation(ConstraintKind::Unique)
    }

    /// Whether a foreign key was violated.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.is_violation(ConstraintKind::ForeignKey)
    }

    /// Whether a NULL met a NOT NULL column.
    pub fn is_not_null_violation(&self) -> bool {
        self.is_violation(ConstraintKind::NotNull)
    }

    /// Whether a check was violated.
    pub fn is_check_violation(&self) -> bool {
        self.is_violation(ConstraintKind::Check)
    }

    fn is_violation(&self, kind: ConstraintKind) -> bool {
        self.constraint().is_some_and(|constraint| constraint.kind == kind)
    }

    /// Whether a row that must be there is not.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Whether somebody else changed the row since it was read (`#[column(version)]`).
    pub fn is_stale_row(&self) -> bool {
        self.0.kind == ErrorKind::StaleRow
    }

    /// Whether the transaction met another one and may succeed when it is run again.
    pub fn is_serialization_failure(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Serialization | ErrorKind::Deadlock)
    }

    /// Whether the database was locked by somebody else for longer than the time-out.
    pub fn is_busy(&self) -> bool {
        self.0.kind == ErrorKind::Busy
    }

    /// Whether the database or the transaction takes no writes.
    pub fn is_read_only(&self) -> bool {
        self.0.kind == ErrorKind::ReadOnly
    }

    /// Whether the connection is lost; a pool throws such a connection away.
    pub fn is_connection_lost(&self) -> bool {
        self.0.kind == ErrorKind::Network
    }

    /// Whether the statement took longer than the statement time-out, or was cancelled.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// What kind of trouble it is. Failures of SQLite files fall into the same categories as those of servers.
    pub fn category(&self) -> ErrorCategory {
        match self.0.kind {
            ErrorKind::Network => ErrorCategory::NetworkError,
            ErrorKind::Dns => ErrorCategory::DnsError,
            ErrorKind::PoolExhausted | ErrorKind::Busy => ErrorCategory::PoolExhausted,
            ErrorKind::Unknown | ErrorKind::DiskFull => ErrorCategory::UnknownError,
            ErrorKind::Auth | ErrorKind::ReadOnly => ErrorCategory::AuthFailed,
            ErrorKind::DatabaseNotFound | ErrorKind::Corrupt => ErrorCategory::DatabaseNotFound,
            ErrorKind::Ssl => ErrorCategory::SslError,
            ErrorKind::UndefinedTable | ErrorKind::UndefinedColumn => ErrorCategory::SchemaError,
            ErrorKind::Config => ErrorCategory::ConfigError,
            ErrorKind::Serialization | ErrorKind::Deadlock => ErrorCategory::TransactionConflict,
            ErrorKind::Timeout => ErrorCategory::StatementTimeout,
            ErrorKind::Constraint
            | ErrorKind::Value
            | ErrorKind::Transaction
            | ErrorKind::NotFound
            | ErrorKind::StaleRow
            | ErrorKind::Migration
            | ErrorKind::Query => ErrorCategory::StatementError,
            ErrorKind::Application => ErrorCategory::ApplicationError,
        }
    }

    /// Whether the same call may succeed later without a change to program, settings or database.
    pub fn is_temporary(&self) -> bool {
        self.category().is_temporary()
    }

    /// Whether a transaction that failed with this was certainly rolled back, and may succeed when run again.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Serialization | ErrorKind::Deadlock | ErrorKind::Busy)
    }

    /// The same error once more, without its source.
    pub(crate) fn duplicate(&self) -> Self {
        let inner = &self.0;
        Self(Box::new(Inner {
            kind: inner.kind,
            message: inner.message.clone(),
            words: inner.words,
            sql: inner.sql.clone(),
            database_code: inner.database_code.clone(),
            hint: inner.hint.clone(),
            constraint: inner.constraint.clone(),
            source: None,
            origin: inner.origin,
        }))
    }

    /// The error's source, if it is one of type `T`: the application's own (see [`Error::application`]), or what
    /// the code's documentation names.
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.0.source.as_ref()?.downcast_ref()
    }
}

fn statement_code(sql: Option<&str>) -> ErrorCode {
    let word = sql.and_then(|sql| sql.split_whitespace().next()).unwrap_or_default();
    if word.eq_ignore_ascii_case("insert") {
        ErrorCode::InsertError
    } else if word.eq_ignore_ascii_case("update") {
        ErrorCode::UpdateError
    } else if word.eq_ignore_ascii_case("delete") {
        ErrorCode::DeleteError
    } else {
        ErrorCode::QueryError
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.0.message))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.code())?;
        if let Some(code) = &self.0.database_code {
            write!(f, " (database code {code})")?;
        }
        if let Some(sql) = &self.0.sql {
            write!(f, "\n  SQL: {}", printable(sql))?;
        }
        for step in self.troubleshooting() {
            write!(f, "\n  - {}", printable(step))?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Self {
        Self::value(error)
    }
}

impl From<crate::schema::SchemaError> for Error {
    fn from(error: crate::schema::SchemaError) -> Self {
        Self::new(ErrorKind::Config, error.to_string()).with_source(error)
    }
}
