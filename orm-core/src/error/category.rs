//! The kind of trouble that an error is, and whether it is temporary.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of trouble that an [`Error`](super::Error) is, which decides whether waiting helps.
///
/// The [`ErrorCode`](super::ErrorCode) says which operation failed. The `Display` form, which serde uses too, is
/// stable: `NETWORK_ERROR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ErrorCategory {
    /// The server can't be reached, or the connection broke. Temporary.
    NetworkError,
    /// A shared resource was in use for too long: the connections of the pool or of the server, or the lock of an
    /// SQLite file. Temporary.
    PoolExhausted,
    /// The server's name has no address. Temporary.
    DnsError,
    /// The cause is unknown, or it is a problem of the machine, such as a full disk. Temporary.
    UnknownError,
    /// The user, the password or the permissions are not sufficient, for example for a read-only database. Permanent.
    AuthFailed,
    /// The database or its file doesn't exist, can't be opened or is damaged. Permanent.
    DatabaseNotFound,
    /// An encrypted connection can't be made. Permanent.
    SslError,
    /// The database lacks a table or column that the program uses. Permanent.
    SchemaError,
    /// The URL or a setting is wrong, or there is no connection because the program hasn't asked for one. Permanent.
    ConfigError,
    /// The transaction conflicted with another one, and may succeed if it is run again. Temporary.
    TransactionConflict,
    /// The statement took longer than the statement timeout. Temporary.
    StatementTimeout,
    /// The statement, a value or a constraint is the problem: the same statement would fail again. Permanent.
    StatementError,
    /// The application's own error. Permanent.
    ApplicationError,
}

impl ErrorCategory {
    /// All categories.
    pub const ALL: [Self; 13] = [
        Self::NetworkError,
        Self::PoolExhausted,
        Self::DnsError,
        Self::UnknownError,
        Self::AuthFailed,
        Self::DatabaseNotFound,
        Self::SslError,
        Self::SchemaError,
        Self::ConfigError,
        Self::TransactionConflict,
        Self::StatementTimeout,
        Self::StatementError,
        Self::ApplicationError,
    ];

    /// Returns the category as text.
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
            Self::TransactionConflict => "TRANSACTION_CONFLICT",
            Self::StatementTimeout => "STATEMENT_TIMEOUT",
            Self::StatementError => "STATEMENT_ERROR",
            Self::ApplicationError => "APPLICATION_ERROR",
        }
    }

    /// Returns whether the same call may succeed later without a change to program, settings or database.
    pub const fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::NetworkError
                | Self::PoolExhausted
                | Self::DnsError
                | Self::UnknownError
                | Self::TransactionConflict
                | Self::StatementTimeout
        )
    }
}

impl fmt::Display for ErrorCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
