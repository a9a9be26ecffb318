//! A manager's reports about its connection. serde can write and read all of them; the names of the fields are stable.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCategory, ErrorCode};
use crate::handle::{PoolStatus, ServerStatus};

/// The state of a manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionState {
    /// It was not asked to connect, or it was asked to disconnect.
    #[default]
    Disconnected,
    /// It is connecting, and its caller waits.
    Connecting,
    /// It is connected.
    Connected,
    /// The connection failed or was lost, and it tries again in the background.
    Reconnecting,
    /// It can't connect, because the settings are wrong.
    Failed,
}

/// An error, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// The kind of trouble.
    pub category: ErrorCategory,
    /// What failed.
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
    /// Creates the report of an error that happened at `at`.
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

/// The state of a manager's connection at one moment: [`ConnectionManager::status`](super::ConnectionManager::status).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConnectionStatus {
    /// The state of the manager.
    pub state: ConnectionState,
    /// Whether it is connected.
    pub connected: bool,
    /// The database's URL without its secrets, once the settings are known.
    pub url: Option<String>,
    /// When the connection was opened, or came back after an outage.
    pub last_connected_at: Option<DateTime<Utc>>,
    /// The last error since then.
    pub last_error: Option<ErrorReport>,
    /// The number of retries since then.
    pub retry_count: u32,
    /// The state of the pool; all 0 if there is no pool.
    pub pool: PoolStatus,
    /// The primary and its replicas, as of the last check: see [`Db::servers`](crate::Db::servers). Empty without replicas.
    #[serde(default)]
    pub servers: Vec<ServerStatus>,
}

/// Whether something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It works.
    Healthy,
    /// It doesn't work.
    Unhealthy,
}

/// The health of the database, as the program sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatabaseHealth {
    /// Whether it answers.
    pub status: HealthStatus,
    /// How long its answer took, in milliseconds, including the time to get a connection.
    pub latency_ms: Option<f64>,
    /// Why it doesn't answer.
    pub error: Option<ErrorReport>,
    /// The state of the connection.
    pub connection: ConnectionStatus,
}

/// The health of the program itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemHealth {
    /// How long the manager has existed, in milliseconds.
    pub uptime_ms: u64,
    /// The process's ID.
    pub process_id: u32,
    /// The number of threads that can run at the same time.
    pub cpus: u32,
    /// mizzle's version.
    pub version: String,
}

/// The result of a health check: [`ConnectionManager::health`](super::ConnectionManager::health).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Whether the program can do its work, that is, whether the database answers.
    pub status: HealthStatus,
    /// The time of the check.
    pub checked_at: DateTime<Utc>,
    /// How long the check took, in milliseconds.
    pub latency_ms: f64,
    /// The database.
    pub database: DatabaseHealth,
    /// The program.
    pub system: SystemHealth,
}
