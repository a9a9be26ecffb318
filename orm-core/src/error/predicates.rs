//! Questions about an error.

use super::{ConstraintKind, Error, ErrorCategory, ErrorKind};

impl Error {
    /// Returns whether a unique constraint, unique index or primary key was violated.
    pub fn is_unique_violation(&self) -> bool {
        self.is_violation(ConstraintKind::Unique)
    }

    /// Returns whether a foreign key was violated.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.is_violation(ConstraintKind::ForeignKey)
    }

    /// Returns whether a NOT NULL column would have become NULL.
    pub fn is_not_null_violation(&self) -> bool {
        self.is_violation(ConstraintKind::NotNull)
    }

    /// Returns whether a check was violated.
    pub fn is_check_violation(&self) -> bool {
        self.is_violation(ConstraintKind::Check)
    }

    fn is_violation(&self, kind: ConstraintKind) -> bool {
        self.constraint().is_some_and(|constraint| constraint.kind == kind)
    }

    /// Returns whether a required row doesn't exist.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Returns whether the row was changed since it was read (`#[column(version)]`).
    pub fn is_stale_row(&self) -> bool {
        self.kind() == ErrorKind::StaleRow
    }

    /// Returns whether the rows of a tree refer to each other in a circle.
    pub fn is_cycle(&self) -> bool {
        self.kind() == ErrorKind::Cycle
    }

    /// Returns whether the transaction conflicted with another one and may succeed if it is run again.
    pub fn is_serialization_failure(&self) -> bool {
        matches!(self.kind(), ErrorKind::Serialization | ErrorKind::Deadlock)
    }

    /// Returns whether somebody else held a lock for longer than the timeout.
    pub fn is_busy(&self) -> bool {
        self.kind() == ErrorKind::Busy
    }

    /// Returns whether the database or the transaction is read-only.
    pub fn is_read_only(&self) -> bool {
        self.kind() == ErrorKind::ReadOnly
    }

    /// Returns whether the connection is lost. A pool drops such a connection.
    pub fn is_connection_lost(&self) -> bool {
        self.kind() == ErrorKind::Network
    }

    /// Returns whether a read may succeed if it is run again at once, or after the time that the server asks for.
    pub(crate) fn may_read_again(&self) -> bool {
        matches!(self.kind(), ErrorKind::Network | ErrorKind::Service | ErrorKind::RateLimited)
    }

    /// Returns whether the statement took longer than the statement timeout, or was cancelled.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns the kind of trouble, which decides whether waiting helps. Failures of SQLite files have the same
    /// categories as those of servers.
    pub fn category(&self) -> ErrorCategory {
        self.kind().facts().category
    }

    /// Returns whether the same call may succeed later without a change to program, settings or database.
    pub fn is_temporary(&self) -> bool {
        self.category().is_temporary()
    }

    /// Returns whether a transaction used what its session no longer has, such as prepared statements, rather than that it met
    /// another one.
    pub(crate) fn is_changed_session(&self) -> bool {
        self.kind() == ErrorKind::Serialization
            && self.database_code().is_some_and(|code| !code.starts_with("40"))
    }

    /// Returns whether a transaction with this error was certainly rolled back, and may succeed if it is run again.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self.kind(), ErrorKind::Serialization | ErrorKind::Deadlock | ErrorKind::Busy)
    }
}
