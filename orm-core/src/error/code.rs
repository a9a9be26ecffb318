//! Codes by which programs and people tell errors apart.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The code of an [`Error`](super::Error). Its `Display` form, which serde writes too, is stable:
/// `NETWORK_ERROR`.
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
    /// Nothing more is known. Counts as temporary.
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
    /// A transaction was used wrongly or can't go on.
    TransactionError,
    /// A row that must be there is not.
    NotFound,
    /// Somebody else changed the row since it was read.
    StaleRow,
    /// Migrations could not be read, run or rolled back. The source is a `MigrationError`.
    MigrationError,
    /// An error of the application's own, passed through a transaction.
    ApplicationError,
}

impl ErrorCode {
    /// The code as text.
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
            Self::MigrationError => "MIGRATION_ERROR",
            Self::ApplicationError => "APPLICATION_ERROR",
        }
    }

    /// What to do about it, step by step. Empty where the message says it all.
    pub const fn troubleshooting(self) -> &'static [&'static str] {
        match self {
            Self::NetworkError => &[
                "check that the database server is running and listens on the host and port of the URL",
                "check that no firewall stands between this machine and the server",
                "try again: an interrupted connection is usually temporary",
            ],
            Self::PoolExhausted => &[
                "look for code that keeps a transaction open for long, or holds one while it waits for something else",
                "raise the pool's size if the load needs it, within what the server allows",
                "try again: a connection may have become free",
            ],
            Self::DnsError => &[
                "check the host's name in the URL for a typing error",
                "check that this machine can resolve names (DNS, /etc/hosts, VPN)",
            ],
            Self::UnknownError => &["read the message and the server's log", "try again"],
            Self::AuthFailed => &[
                "check the user and the password in the URL; special characters must be percent-encoded",
                "check that the server lets this user connect from this machine (pg_hba.conf)",
            ],
            Self::DatabaseNotFound => &[
                "check the database's name, or the file's path, in the URL",
                "create the database; for a file, create its folder and check the permissions",
            ],
            Self::SslError => &[
                "check the URL's sslmode and the certificates it names",
                "check whether the server offers encrypted connections",
            ],
            Self::SchemaError => &[
                "run the migrations (or, in a test, `db.create_all`) so that the database has what the structs say",
                "check that the URL names the database that you mean",
            ],
            Self::MigrationError => &[
                "read which file and statement the message names, and correct the file if it was never applied anywhere",
                "list where each migration stands (`db.migrator(…).status()`, or the command `status`)",
            ],
            Self::ConfigError
            | Self::QueryError
            | Self::InsertError
            | Self::UpdateError
            | Self::DeleteError
            | Self::ConstraintError
            | Self::ValueError
            | Self::TransactionError
            | Self::NotFound
            | Self::StaleRow
            | Self::ApplicationError => &[],
        }
    }

    /// Whether errors of this code are temporary as such. Some of the others are as well, such as an INSERT that
    /// met a lock: [`Error::is_temporary`](super::Error::is_temporary) tells for each.
    pub const fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::NetworkError | Self::PoolExhausted | Self::DnsError | Self::UnknownError
        )
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
