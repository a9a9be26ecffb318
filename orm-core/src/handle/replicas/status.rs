//! What is known about each server.

use serde::{Deserialize, Serialize};

use crate::handle::pool::PoolStatus;

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerRole {
    /// It gets all writes, and the reads that no replica can serve.
    Primary,
    /// It serves reads of sessions.
    Replica,
}

/// Whether a server can do what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerState {
    /// It was not asked yet.
    #[default]
    Unknown,
    /// It can.
    Serving,
    /// The replica lags more than [`DbBuilder::max_replica_lag`](crate::DbBuilder::max_replica_lag), and is left out.
    Behind,
    /// It doesn't answer.
    Unreachable,
    /// The server of a replica's URL is a primary, such as after a failover, and is left out.
    Promoted,
    /// The primary's URL leads to a replica, such as after a failover, which refuses writes.
    ReadOnly,
    /// The replica follows another primary than that of the primary's URL, or went on without it. It is left out.
    OtherTimeline,
    /// The server belongs to another database cluster, and is left out.
    OtherDatabase,
}

/// A server at one moment: [`Db::servers`](crate::Db::servers).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// What it is for.
    pub role: ServerRole,
    /// Its URL without secrets.
    pub url: String,
    /// Whether it can do that.
    pub state: ServerState,
    /// For how long the replica has not had all of the primary's log, in milliseconds. 0 if it has, as of the last check.
    pub lag_ms: Option<u64>,
    /// How much of the primary's log the replica has not replayed, in bytes.
    pub lag_bytes: Option<u64>,
    /// The number of calls of sessions that it served.
    pub served: u64,
    /// Why it can't do what it is for.
    pub problem: Option<String>,
    /// The state of its pool.
    pub pool: PoolStatus,
}
