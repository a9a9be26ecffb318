//! The statements of a batch, and why it fails.

use std::fmt;

use super::{AnyRow, Source};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

/// What a statement may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// It reads, unless it calls a function that writes.
    Reads,
    /// It returns rows, of a SELECT or of a RETURNING.
    ReturnsRows,
    Writes,
}

/// A statement of a batch, and what becomes of its rows.
pub(crate) trait Step {
    fn effect(&self) -> Effect;

    /// Whether its result decides if the batch is committed.
    fn decides(&self) -> bool;

    /// How many rows it must read or write, if that decides.
    fn needs(&self) -> Option<u64> {
        self.decides().then_some(1)
    }

    /// Calls `f` with the statement, or not at all if there is nothing to run.
    fn with_source(
        &self,
        dialect: Dialect,
        f: &mut dyn FnMut(&dyn Source) -> Result<()>,
    ) -> Result<()>;

    /// Forgets the rows of an earlier run.
    fn restart(&self);

    /// Takes a row.
    fn row(&self, row: &AnyRow<'_>) -> Result<()>;
}

/// The SQL around statements that run together.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Around {
    /// BEGIN, and COMMIT if it `ends` with the statements.
    Transaction { ends: bool },
    /// A savepoint, and its release if it `ends` with the statements.
    Savepoint { ends: bool },
    /// Nothing but the COMMIT, if it `ends` with the statements: they are a part of a transaction that is rolled back if
    /// one of them fails.
    Open { ends: bool },
}

impl From<Error> for BatchFailure {
    fn from(error: Error) -> Self {
        Self { place: None, error, has_run: false }
    }
}

/// A statement of a batch read or wrote another number of rows than it needs, so that nothing of the batch is done.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "d1"),
    allow(dead_code, reason = "other databases decide after the results")
)]
pub(crate) struct TooFew {
    /// The number of rows.
    pub(crate) changed: u64,
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the statement is about {} rows", self.changed)
    }
}

impl std::error::Error for TooFew {}

/// Why a batch failed.
#[derive(Debug)]
pub(crate) struct BatchFailure {
    /// The place of the statement, unless it was the begin or the end.
    pub(crate) place: Option<usize>,
    pub(crate) error: Error,
    /// Whether the statements have run to their end, and only a row could not be read.
    pub(crate) has_run: bool,
}

impl Around {
    pub(crate) const fn begin(self) -> Option<&'static str> {
        match self {
            Self::Transaction { .. } => Some("BEGIN"),
            Self::Savepoint { .. } => Some("SAVEPOINT mizzle_batch"),
            Self::Open { .. } => None,
        }
    }

    pub(crate) const fn end(self) -> &'static str {
        match self {
            Self::Transaction { .. } | Self::Open { .. } => "COMMIT",
            Self::Savepoint { .. } => "RELEASE SAVEPOINT mizzle_batch",
        }
    }

    /// Whether the end goes with the statements.
    pub(crate) const fn ends(self) -> bool {
        let (Self::Transaction { ends } | Self::Savepoint { ends } | Self::Open { ends }) = self;
        ends
    }

    /// Whether the statements are committed with their exchange.
    pub(super) const fn commits(self) -> bool {
        matches!(self, Self::Transaction { ends: true } | Self::Open { ends: true })
    }

    /// Returns the SQL that undoes the statements; `None` if the transaction around them is rolled back.
    pub(crate) const fn undo(self) -> Option<&'static str> {
        match self {
            Self::Transaction { .. } => Some("ROLLBACK"),
            Self::Savepoint { .. } => {
                Some("ROLLBACK TO SAVEPOINT mizzle_batch; RELEASE SAVEPOINT mizzle_batch")
            }
            Self::Open { .. } => None,
        }
    }
}

impl BatchFailure {
    /// Returns the error, with the place of its statement.
    #[cold]
    pub(crate) fn of_batch(self, count: usize) -> Error {
        let error = match self.place {
            // The server may have run any of them.
            Some(place) if !self.error.is_connection_lost() => {
                self.error.of_statement(place, count)
            }
            _ => self.error,
        };
        if self.has_run {
            return error.with_hint("the batch is committed: only its result can't be returned");
        }
        error
    }

    /// Returns the error of statements whose number says nothing to the program.
    #[cold]
    pub(crate) fn of_rows(self) -> Error {
        if self.has_run {
            return self
                .error
                .with_hint("the rows are stored: only the call's result can't be returned");
        }
        self.error
    }
}
