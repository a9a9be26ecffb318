//! The handle to a database, with its settings, pool and retries.

#[cfg(feature = "tokio")]
mod asynchronous;
#[cfg(feature = "tokio")]
mod blocking;
mod builder;
mod db;
mod environment;
pub(crate) mod pool;
mod retry;
#[cfg(not(feature = "tokio"))]
mod synchronous;

pub use self::builder::DbBuilder;
pub use self::db::{Db, PoolStatus, RetryingTransaction, TransactionBuilder};
pub(crate) use self::environment::Environment;
pub use self::retry::{Backoff, TransactionRetry};
