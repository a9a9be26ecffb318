//! The peers: how each connects, and the rows it reads and writes.

#[cfg(feature = "async")]
pub mod deadpool;
#[cfg(feature = "native")]
pub mod diesel_async;
#[cfg(feature = "native")]
pub mod diesel_orm;
#[cfg(feature = "drizzle")]
pub mod drizzle_orm;
#[cfg(feature = "async")]
pub mod mizzle_async;
#[cfg(feature = "native")]
pub mod mizzle_orm;
#[cfg(feature = "native")]
pub mod pipelined;
#[cfg(feature = "native")]
pub mod raw;
#[cfg(feature = "sea-orm")]
pub mod sea;
#[cfg(feature = "sqlx")]
pub mod sqlx_driver;
#[cfg(feature = "toasty")]
pub mod toasty_orm;

use anyhow::{Result, bail};

use crate::tasks::{Measured, Tasks};
use crate::unsupported;
use crate::workload::Workload;

/// The connections of a pool that tasks or threads share.
///
/// Fewer than the tasks of a workload, so that a pool's queue is a part of it; more than a machine has cores, so that
/// the server always has something to do.
pub const POOL_SIZE: u32 = 16;

/// A peer that is connected to a database.
pub trait Session {
    /// Runs a statement that returns no rows.
    fn execute(&mut self, sql: &str) -> Result<()>;

    /// Does a workload `times` times, and returns a number that is the same for all peers that have done the same.
    fn run(&mut self, workload: Workload, times: u64) -> Result<u64>;

    /// Shares `times` calls between tasks.
    fn run_tasks(&mut self, _workload: Tasks, _times: u64) -> Result<Measured> {
        unsupported("its calls are no futures")
    }
}

/// Connects a peer.
///
/// # Errors
/// [`Unsupported`](crate::Unsupported) if the peer can't use this kind of database.
pub fn connect(peer: &str, url: &str) -> Result<Box<dyn Session>> {
    Ok(match peer {
        #[cfg(feature = "native")]
        "raw" => raw::connect(url)?,
        #[cfg(feature = "native")]
        "pipelined" => pipelined::connect(url)?,
        #[cfg(feature = "native")]
        "diesel-async" => diesel_async::connect(url)?,
        #[cfg(feature = "native")]
        "diesel" => diesel_orm::connect(url, false)?,
        #[cfg(feature = "native")]
        "diesel-tuned" => diesel_orm::connect(url, true)?,
        #[cfg(feature = "async")]
        "deadpool" => deadpool::connect(url)?,
        #[cfg(feature = "async")]
        "mizzle-async" => mizzle_async::connect(url)?,
        #[cfg(feature = "async")]
        "mizzle-interact" => mizzle_async::connect_interact(url)?,
        #[cfg(feature = "native")]
        "mizzle" => mizzle_orm::connect(url)?,
        #[cfg(feature = "drizzle")]
        "drizzle" => drizzle_orm::connect(url)?,
        #[cfg(feature = "toasty")]
        "toasty" => toasty_orm::connect(url)?,
        #[cfg(feature = "sqlx")]
        "sqlx" => sqlx_driver::connect(url)?,
        #[cfg(feature = "sea-orm")]
        "sea-orm" => sea::connect(url)?,
        other => bail!("there is no peer {other:?} in this program"),
    })
}

/// The path of an SQLite database, or `:memory:`.
pub fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:")
}

/// The version of SQLite that is linked into this program.
#[cfg(feature = "native")]
pub fn sqlite_version() -> Result<String> {
    Ok(rusqlite::version().to_owned())
}

/// The version of SQLite that is linked into this program.
#[cfg(not(feature = "native"))]
pub fn sqlite_version() -> Result<String> {
    sqlx_driver::sqlite_version()
}
