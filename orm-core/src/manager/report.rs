//! What a manager tells about its connection. All of it can be written and read by serde; the names of the
//! fields are stable.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCategory, ErrorCode};
use crate::handle::PoolStatus;

/// What a manager is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionState {
    /// Nothing: it was not asked to connect, or to disconnect.
    #[default]
    Disconnected,
    /// It connects, and its caller waits.
    Connecting,
    /// It is connected.
    Connected,
    /// The connection failed or was lost; it tries again in the background.
    Reconnecting,
    /// Connecting failed for good: the settings are wrong.
    Failed,
}

/// An error, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// The kind of trouble.
    pub category: ErrorCategory,
    /// What it is.
    pub code: ErrorCode,
    /// The error in one line.
    pub message: String,
    /// The database's own code.
    pub database_code: Option<String>,
    /// Whether waiting helps.
    pub temporary: bool,
    /// What to do, step by step.
    pub troubleshooting: Vec<String>,
    /// When it happened.
    pub at: DateTime<Utc>,
}

impl ErrorReport {
    /// The report of an error that happened at `at`.
    pub fn new(error: &Error, at: DateTime<Utc>) -> Self {
        Self {
            category: error.category(),
            code: error.code(),
            message: error.to_string(),
            database_code: error.database_code().map(Into::into),
            temporary: error.is_temporary(),
            troubleshooting: error.troubleshooting().into_iter().map(Into::into).collect(),
            at,
        }
    }
}

/// A manager's connection at one moment: [`ConnectionManager::status`](super::ConnectionManager::status).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConnectionStatus {
    /// What the manager is doing.
    pub state: ConnectionState,
    /// Whether it is connected.
    pub connected: bool,
    /// The database's URL without its secrets, once the settings are known.
    pub url: Option<String>,
    /// When the connection was made, or came back after an outage.
    pub last_connected_at: Option<DateTime<Utc>>,
    /// What went wrong since then.
    pub last_error: Option<ErrorReport>,
    /// How often it was tried again since then.
    pub retry_count: u32,
    /// The pool's connections; all 0 where there is no pool.
    pub pool: PoolStatus,
}

/// Whether something can do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It can.
    Healthy,
    /// It can't.
    Unhealthy,
}

/// The health of the database, as the program sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatabaseHealth {
    /// Whether it answers.
    pub status: HealthStatus,
    /// How long its answer took, in milliseconds, with the time to get a connection.
    pub latency_ms: Option<f64>,
    /// Why it gives none.
    pub error: Option<ErrorReport>,
    /// The connection.
    pub connection: ConnectionStatus,
}

/// The health of the program itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemHealth {
    /// How long the manager has existed, in milliseconds.
    pub uptime_ms: u64,
    /// The process's number.
    pub process_id: u32,
    /// How many threads can run at once.
    pub cpus: u32,
    /// mizzle's version.
    pub version: String,
}

/// Everything a health check asks for: [`ConnectionManager::health`](super::ConnectionManager::health).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Whether the program can do its work: whether the database answers.
    pub status: HealthStatus,
    /// When it was asked.
    pub checked_at: DateTime<Utc>,
    /// How long the check took, in milliseconds.
    pub latency_ms: f64,
    /// The database.
    pub database: DatabaseHealth,
    /// The program.
    pub system: SystemHealth,
}
