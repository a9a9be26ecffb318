//! What failed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What failed: the code of an [`Error`](super::Error), whose documentation explains how codes and categories differ.
///
/// The `Display` form, which serde uses too, is stable: `NETWORK_ERROR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The server can't be reached, or the connection broke.
    NetworkError,
    /// No pooled connection became free in time.
    PoolExhausted,
    /// The server's name has no address.
    DnsError,
    /// The cause is unknown. Counts as temporary.
    UnknownError,
    /// The server doesn't accept the user or the password.
    AuthFailed,
    /// The database (or the database file) doesn't exist or can't be opened.
    DatabaseNotFound,
    /// An encrypted connection can't be made.
    SslError,
    /// The database lacks a table or column that the program uses.
    SchemaError,
    /// The URL or a setting is wrong, or the database isn't compiled in.
    ConfigError,
    /// A query failed.
    QueryError,
    /// An INSERT failed.
    InsertError,
    /// An UPDATE failed.
    UpdateError,
    /// A DELETE failed.
    DeleteError,
    /// A constraint was violated.
    ConstraintError,
    /// A value doesn't fit its column or its Rust type.
    ValueError,
    /// A transaction was used wrongly or can't continue.
    TransactionError,
    /// A required row doesn't exist.
    NotFound,
    /// The row was changed since it was read.
    StaleRow,
    /// The rows of a tree refer to each other in a circle.
    CycleError,
    /// Migrations could not be read, run or rolled back. The source is a `MigrationError`.
    MigrationError,
    /// The application's own error, passed through a transaction.
    ApplicationError,
}

impl ErrorCode {
    /// Returns the code as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetworkError => "NETWORK_ERROR",
            Self::PoolExhausted => "POOL_EXHAUSTED",
            Self::DnsError => "DNS_ERROR",
            Self::UnknownError => "UNKNOWN_ERROR",
            Self::AuthFailed => "AUTH_FAILED",
            Self::DatabaseNotFound => "DATABASE_NOT_FOUND",
            Self::SslError => "SSL_ERROR",
            Self::SchemaError => "SCHEMA_ERROR",
            Self::ConfigError => "CONFIG_ERROR",
            Self::QueryError => "QUERY_ERROR",
            Self::InsertError => "INSERT_ERROR",
            Self::UpdateError => "UPDATE_ERROR",
            Self::DeleteError => "DELETE_ERROR",
            Self::ConstraintError => "CONSTRAINT_ERROR",
            Self::ValueError => "VALUE_ERROR",
            Self::TransactionError => "TRANSACTION_ERROR",
            Self::NotFound => "NOT_FOUND",
            Self::StaleRow => "STALE_ROW",
            Self::CycleError => "CYCLE_ERROR",
            Self::MigrationError => "MIGRATION_ERROR",
            Self::ApplicationError => "APPLICATION_ERROR",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
