//! The error type.

mod category;
mod code;
mod constraint;
mod diesel_error;
mod kind;
mod predicates;
mod printable;
mod value;
mod words;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::category::ErrorCategory;
pub use self::code::ErrorCode;
pub use self::constraint::{Constraint, ConstraintKind};
use self::diesel_error::Origin;
pub(crate) use self::kind::ErrorKind;
pub use self::printable::{is_deceptive, printable};
pub(crate) use self::value::{ColumnError, NullError};
pub use self::value::{UnknownLabel, ValueError};
pub(crate) use self::words::Words;
use crate::dialect::Dialect;
use orm_lexer::{Lexer, Token, TokenKind};

/// The result of mizzle's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error from mizzle.
///
/// `Display` is one line. `Debug`, which `fn main` prints, adds the SQL and what to do. Neither ever contains a bound
/// value or a password. Both escape characters that a terminal would obey, for example in a name from the database.
///
/// # Which question to ask
///
/// | question | answer |
/// |---|---|
/// | Is it the one that I expect? | the predicates: [`is_unique_violation`](Error::is_unique_violation), [`is_not_found`](Error::is_not_found), [`is_stale_row`](Error::is_stale_row), … |
/// | Which constraint, and which columns? | [`constraint`](Error::constraint), alike on both databases |
/// | May the same call succeed later? | [`is_temporary`](Error::is_temporary) |
/// | What should a person do? | [`troubleshooting`](Error::troubleshooting) |
/// | What do I log, or send to a client? | [`code`](Error::code): which operation failed |
/// | What do I show on a dashboard? | [`category`](Error::category): what kind of problem it is |
///
/// Code and category differ in one point. An INSERT that conflicts with a lock has the code `INSERT_ERROR`, because an
/// INSERT failed, and the category `POOL_EXHAUSTED`, because something shared was in use for too long. The category
/// decides whether an error is temporary. `Display` and serde write both as stable words.
///
/// ```
/// use orm_core::{Db, Executor, Result};
///
/// /// Returns whether the address was free.
/// fn sign_up(db: &Db) -> Result<bool> {
///     match db.execute_sql("INSERT INTO users (email) VALUES ('ada@example.com')") {
///         Ok(()) => Ok(true),
///         Err(error) if error.is_unique_violation() => Ok(false),
///         Err(error) => Err(error),
///     }
/// }
///
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<()> {
/// let db = Db::connect("sqlite::memory:")?;
/// let error = sign_up(&db).expect_err("there is no table yet");
/// assert_eq!(error.code().to_string(), "SCHEMA_ERROR");
/// assert!(!error.is_temporary());
/// assert!(error.troubleshooting()[0].contains("run the migrations"));
///
/// db.execute_sql("CREATE TABLE users (email text UNIQUE)")?;
/// assert!(sign_up(&db)?);
/// assert!(!sign_up(&db)?);
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    /// The cause, if it is a problem of another kind.
    cause: Option<ErrorKind>,
    message: String,
    words: Words,
    sql: Option<Arc<str>>,
    /// PostgreSQL's SQLSTATE, or SQLite's extended result code.
    database_code: Option<String>,
    hint: Option<String>,
    retry_after: Option<Duration>,
    constraint: Option<Constraint>,
    /// The place of the statement in its batch.
    place: Option<usize>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// The error of diesel that this was, if any.
    origin: Option<Origin>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            cause: None,
            message: message.into(),
            words: Words::Plain,
            sql: None,
            database_code: None,
            hint: None,
            retry_after: None,
            constraint: None,
            place: None,
            source: None,
            origin: None,
        }))
    }

    /// Wraps the application's own error, for example to roll back a transaction.
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

    /// Says which of several rows this is about. `place` counts from 0.
    #[must_use]
    pub(crate) fn of_row(mut self, place: usize, count: usize) -> Self {
        self.0.message = format!("row {} of {count}: {}", place + 1, self.0.message);
        self
    }

    /// Says which statement of a batch this is about. `place` counts from 0.
    #[must_use]
    pub(crate) fn of_statement(mut self, place: usize, count: usize) -> Self {
        self.0.message = format!("statement {} of {count}: {}", place + 1, self.0.message);
        self.0.place = Some(place);
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

    #[cfg(feature = "d1")]
    #[must_use]
    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Returns how long the server asks to wait before another request, if it does: D1's API, when there were too many.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    #[must_use]
    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the kind of the cause, or of the error itself if it has no other cause.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.0.cause.unwrap_or(self.0.kind)
    }

    /// Lets `cause` decide everything but the error's code, if it is trouble with the database or the connection that
    /// would affect any other statement too.
    #[must_use]
    pub(crate) fn because_of(mut self, cause: ErrorKind) -> Self {
        if matches!(
            cause,
            ErrorKind::Network
                | ErrorKind::Service
                | ErrorKind::RateLimited
                | ErrorKind::Token
                | ErrorKind::Dns
                | ErrorKind::PoolExhausted
                | ErrorKind::Auth
                | ErrorKind::DatabaseNotFound
                | ErrorKind::Ssl
                | ErrorKind::Serialization
                | ErrorKind::Deadlock
                | ErrorKind::Timeout
                | ErrorKind::Busy
                | ErrorKind::ReadOnly
                | ErrorKind::Corrupt
                | ErrorKind::DiskFull
                | ErrorKind::Unknown
        ) {
            self.0.cause = Some(cause);
        }
        self
    }

    /// Returns what failed.
    pub fn code(&self) -> ErrorCode {
        self.0.kind.facts().code.unwrap_or_else(|| statement_code(self.sql()))
    }

    /// Returns the SQL of the failed statement, with placeholders for its values.
    pub fn sql(&self) -> Option<&str> {
        self.0.sql.as_deref()
    }

    /// Returns the place of the failed statement in its [batch](crate::Executor::batch), counted from 0. `None` if the batch
    /// failed as a whole: at its COMMIT, by a lost connection, or without a connection.
    pub fn batch_place(&self) -> Option<usize> {
        self.0.place
    }

    /// Returns the violated constraint.
    pub fn constraint(&self) -> Option<&Constraint> {
        self.0.constraint.as_ref()
    }

    pub(crate) fn constraint_mut(&mut self) -> Option<&mut Constraint> {
        self.0.constraint.as_mut()
    }

    /// Writes the message again once the constraint is known.
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

    /// Returns the author of the message.
    pub(crate) fn words(&self) -> Words {
        self.0.words
    }

    /// Returns the advice that belongs to this error alone.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Returns what the database reported, in lower case.
    pub(crate) fn words_of_database(&self) -> String {
        let hint = self.0.hint.as_deref().unwrap_or_default();
        format!("{} {hint}", self.0.message).to_ascii_lowercase()
    }

    /// Replaces the message, and removes the hint.
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

    /// Returns the database's own code: PostgreSQL's SQLSTATE such as `23505`, or SQLite's extended result code such as
    /// `2067`.
    pub fn database_code(&self) -> Option<&str> {
        self.0.database_code.as_deref()
    }

    /// Returns what to do, step by step; empty if the message says everything.
    pub fn troubleshooting(&self) -> Vec<&str> {
        let general = self.kind().facts().advice;
        self.0.hint.as_deref().into_iter().chain(general.iter().copied()).collect()
    }

    /// Copies the error without its source.
    pub(crate) fn duplicate(&self) -> Self {
        let inner = &self.0;
        Self(Box::new(Inner {
            kind: inner.kind,
            cause: inner.cause,
            message: inner.message.clone(),
            words: inner.words,
            sql: inner.sql.clone(),
            database_code: inner.database_code.clone(),
            hint: inner.hint.clone(),
            retry_after: inner.retry_after,
            constraint: inner.constraint.clone(),
            place: inner.place,
            source: None,
            origin: inner.origin,
        }))
    }

    /// Returns the error's source if it has the type `T`: the application's own error (see [`Error::application`]), or
    /// the type that the code's documentation names.
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.0.source.as_ref()?.downcast_ref()
    }
}

/// Returns the code of a statement by its verb, which both databases read alike: its first word, or that after a WITH.
fn statement_code(sql: Option<&str>) -> ErrorCode {
    let mut tokens = Lexer::new(sql.unwrap_or_default(), Dialect::EITHER)
        .filter(|token| token.kind != TokenKind::Comment);
    let Some(first) = tokens.next() else { return ErrorCode::QueryError };
    let code = |token: &Token<'_>| match () {
        () if token.is("insert") || token.is("replace") => Some(ErrorCode::InsertError),
        () if token.is("update") => Some(ErrorCode::UpdateError),
        () if token.is("delete") => Some(ErrorCode::DeleteError),
        () if token.is("select") => Some(ErrorCode::QueryError),
        () => None,
    };
    if !first.is("with") {
        return code(&first).unwrap_or(ErrorCode::QueryError);
    }
    let mut depth = 0_u32;
    let verb = tokens.find_map(|token| {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 { code(&token) } else { None }
    });
    verb.unwrap_or(ErrorCode::QueryError)
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
