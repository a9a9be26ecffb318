//! What kind of trouble an error is, and whether it passes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of trouble an [`Error`](super::Error) is, and with it whether waiting helps.
///
/// The [`ErrorCode`](super::ErrorCode) says which operation failed. The `Display` form, which serde writes too, is stable: `NETWORK_ERROR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ErrorCategory {
    /// The server can't be reached, or the connection broke. Temporary.
    NetworkError,
    /// What is shared was in use for too long: the connections of the pool or of the server, or the lock of an
    /// SQLite file. Temporary.
    PoolExhausted,
    /// The server's name has no address. Temporary.
    DnsError,
    /// Nothing more is known, or only the machine is in trouble, as with a full disk. Temporary.
    UnknownError,
    /// The user, the password or the permissions don't suffice, as with a read-only database. Permanent.
    AuthFailed,
    /// The database, or its file, is not there, can't be opened or is damaged. Permanent.
    DatabaseNotFound,
    /// An encrypted connection can't be made. Permanent.
    SslError,
    /// The database lacks a table or column that the program uses. Permanent.
    SchemaError,
    /// The URL or a setting is wrong, or there is no connection because nobody asked for one. Permanent.
    ConfigError,
    /// The transaction met another one, and may succeed when it is run again. Temporary.
    TransactionConflict,
    /// The statement took longer than the statement time-out. Temporary.
    StatementTimeout,
    /// The statement, a value or a constraint: the same statement fails again. Permanent.
    StatementError,
    /// An error of the application's own. Permanent.
    ApplicationError,
}

impl ErrorCategory {
    /// All of them.
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

    /// The category as text.
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

    /// Whether the same call may succeed later without a change to program, settings or database.
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
