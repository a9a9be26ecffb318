//! What happened, and its consequences: the one table of codes, categories and advice.

use super::{ErrorCategory, ErrorCode};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "only one database reports some, and it may not be compiled in")]
pub(crate) enum ErrorKind {
    Config,
    Network,
    /// A service that answers, but can't do its work.
    Service,
    RateLimited,
    Behind,
    Dns,
    PoolExhausted,
    Auth,
    /// A token, where there are no users and passwords.
    Token,
    DatabaseNotFound,
    Ssl,
    UndefinedTable,
    UndefinedColumn,
    Constraint,
    Value,
    OutOfRange,
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
    Cycle,
    Migration,
    Query,
    Application,
    Unknown,
}

/// The consequences of a kind.
pub(super) struct Facts {
    /// `None` for the code of the failed statement.
    pub(super) code: Option<ErrorCode>,
    pub(super) category: ErrorCategory,
    /// What to do, step by step; empty if the message says everything. A hint of the error itself comes first.
    pub(super) advice: &'static [&'static str],
}

impl ErrorKind {
    pub(super) fn facts(self) -> Facts {
        use ErrorCategory as Category;
        use ErrorCode as Code;

        let (code, category, advice): (_, _, &'static [&'static str]) = match self {
            Self::Config => (Some(Code::ConfigError), Category::ConfigError, &[]),
            Self::Network => (
                Some(Code::NetworkError),
                Category::NetworkError,
                &[
                    "check that the database server is running and listens on the host and port of the URL",
                    "check that no firewall blocks this machine from the server",
                    "try again: an interrupted connection is usually temporary",
                ],
            ),
            Self::Service => (
                Some(Code::NetworkError),
                Category::NetworkError,
                &[
                    "try again: a failure of the service is usually temporary",
                    "look at the status page of the service",
                ],
            ),
            Self::RateLimited => (
                None,
                Category::PoolExhausted,
                &[
                    "wait for as long as the server asks (`Error::retry_after`), then call again",
                    "send fewer requests: `batch` joins statements into one",
                ],
            ),
            Self::Behind => (
                Some(Code::NetworkError),
                Category::NetworkError,
                &[
                    "try again: a replica usually catches up soon",
                    "name the primary in the URL, or several hosts with `target_session_attrs=read-write`",
                ],
            ),
            Self::Dns => (
                Some(Code::DnsError),
                Category::DnsError,
                &[
                    "check the spelling of the host's name in the URL",
                    "check that this machine can resolve names (DNS, /etc/hosts, VPN)",
                ],
            ),
            Self::PoolExhausted => (
                Some(Code::PoolExhausted),
                Category::PoolExhausted,
                &[
                    "look for code that keeps a transaction open for long, or holds one while it waits for something else",
                    "raise the pool's size if the load needs it, within what the server allows",
                    "try again: a connection may have become free",
                ],
            ),
            Self::Auth => (
                Some(Code::AuthFailed),
                Category::AuthFailed,
                &[
                    "check the user and the password in the URL; special characters must be percent-encoded",
                    "check that the server lets this user connect from this machine (pg_hba.conf)",
                ],
            ),
            Self::Token => (
                Some(Code::AuthFailed),
                Category::AuthFailed,
                &[
                    "check that the token in D1_TOKEN or CLOUDFLARE_API_TOKEN is current, and that it may edit D1",
                    "check that the token belongs to the account of the URL",
                ],
            ),
            Self::DatabaseNotFound => (
                Some(Code::DatabaseNotFound),
                Category::DatabaseNotFound,
                &[
                    "check the database's name, or the file's path, in the URL",
                    "create the database; for a file, create its folder and check the permissions",
                ],
            ),
            Self::Ssl => (
                Some(Code::SslError),
                Category::SslError,
                &[
                    "check the URL's sslmode and the certificates it names",
                    "check whether the server offers encrypted connections",
                ],
            ),
            Self::UndefinedTable | Self::UndefinedColumn => (
                Some(Code::SchemaError),
                Category::SchemaError,
                &[
                    "run the migrations (or, in a test, `db.create_all`) so that the database matches the structs",
                    "check that the URL names the right database",
                ],
            ),
            Self::Constraint => (Some(Code::ConstraintError), Category::StatementError, &[]),
            Self::Value | Self::OutOfRange => {
                (Some(Code::ValueError), Category::StatementError, &[])
            }
            Self::Serialization | Self::Deadlock => (
                None,
                Category::TransactionConflict,
                &["run the transaction again: it conflicted with another one"],
            ),
            Self::Timeout => (
                None,
                Category::StatementTimeout,
                &[
                    "check whether the statement waits for a lock, or reads a large table without an index",
                    "raise the statement timeout if the statement needs the time",
                ],
            ),
            Self::Busy => (
                None,
                Category::PoolExhausted,
                &[
                    "another program holds the database's lock: keep transactions short, or raise the busy timeout",
                ],
            ),
            Self::ReadOnly => (
                None,
                Category::AuthFailed,
                &[
                    "make the file, its -wal and -shm files and their folder writable, or connect to the primary \
                     server",
                ],
            ),
            Self::Corrupt => (
                Some(Code::DatabaseNotFound),
                Category::DatabaseNotFound,
                &[
                    "check that the URL names an SQLite database, not another file",
                    "restore the database from a backup if it is damaged",
                ],
            ),
            Self::DiskFull => {
                (None, Category::UnknownError, &["free space on the disk that holds the database"])
            }
            Self::Transaction => (Some(Code::TransactionError), Category::StatementError, &[]),
            Self::NotFound => (Some(Code::NotFound), Category::StatementError, &[]),
            Self::StaleRow => (Some(Code::StaleRow), Category::StatementError, &[]),
            Self::Cycle => (Some(Code::CycleError), Category::StatementError, &[]),
            Self::Migration => (
                Some(Code::MigrationError),
                Category::StatementError,
                &[
                    "list the state of each migration (`db.migrator(…).status()`, or the command `status`)",
                ],
            ),
            Self::Query => (None, Category::StatementError, &[]),
            Self::Application => (Some(Code::ApplicationError), Category::ApplicationError, &[]),
            Self::Unknown => (
                Some(Code::UnknownError),
                Category::UnknownError,
                &["read the message and the server's log", "try again"],
            ),
        };
        Facts { code, category, advice }
    }
}
