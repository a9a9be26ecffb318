//! Statements whose types are known to nobody before they run: those that a person writes, and rows of tables without a
//! struct. Values are as the database has them: its storage classes on SQLite, its text forms on PostgreSQL.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// A value as the database has it. PostgreSQL has texts only, and takes bytes.
///
/// It has no `Debug`, because values belong in no log.
#[derive(Clone, Copy, PartialEq)]
pub enum Plain<'v> {
    /// NULL.
    Null,
    /// An integer of SQLite.
    Integer(i64),
    /// A floating point number of SQLite.
    Real(f64),
    /// A text, which may not be UTF-8 on SQLite.
    Text(&'v [u8]),
    /// Bytes.
    Blob(&'v [u8]),
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainColumn {
    /// Its name.
    pub name: String,
    /// The number of its type on PostgreSQL, otherwise 0.
    pub number: u32,
    /// The type that its table declares on SQLite, if it comes from one.
    pub declared: Option<String>,
}

/// A statement, and what ends it early.
pub struct Untyped<'r> {
    /// One statement.
    pub sql: &'r str,
    /// The values of its parameters.
    pub values: &'r [Plain<'r>],
    /// Ends the statement on the server once it is set, from any thread.
    pub stop: &'r AtomicBool,
    /// When the statement ends at the latest.
    pub end: Option<Instant>,
    /// Whether SQLite refuses everything that could change something, whatever the statement says. PostgreSQL has
    /// transactions for that.
    pub only_reads: bool,
}

impl Untyped<'_> {
    #[cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code))]
    pub(super) fn must_end(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.end.is_some_and(|end| Instant::now() >= end)
    }
}

/// Takes the rows of a statement.
pub trait TakesPlain {
    /// Takes the columns, before the first row. A statement that returns nothing has none.
    ///
    /// # Errors
    /// Ends the statement.
    fn columns(&mut self, columns: Vec<PlainColumn>) -> Result<()>;

    /// Takes a row.
    ///
    /// # Errors
    /// Ends the statement.
    fn row(&mut self, row: &[Plain<'_>]) -> Result<ControlFlow<()>>;
}

/// A failure, and where in the SQL it is.
#[derive(Debug)]
pub struct UntypedError {
    /// What is wrong.
    pub error: Error,
    /// The number of characters before the place, if the database names one.
    pub position: Option<usize>,
}

impl From<Error> for UntypedError {
    fn from(error: Error) -> Self {
        Self { error, position: None }
    }
}

/// The number of rows that a statement has changed, if it is one that changes rows.
pub(super) type UntypedResult = std::result::Result<Option<u64>, UntypedError>;

/// Returns the error on a database that has no such statements.
pub(super) fn no_untyped() -> UntypedError {
    Error::new(ErrorKind::Config, "this needs SQLite or PostgreSQL")
        .with_hint("open the studio with the URL of such a database")
        .into()
}
