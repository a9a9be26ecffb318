//! The handle to a database, with its settings, pool and retries.

#[cfg(feature = "tokio")]
mod asynchronous;
#[cfg(feature = "tokio")]
mod blocking;
mod builder;
mod db;
mod environment;
mod lend;
pub(crate) mod pool;
mod retry;
#[cfg(not(feature = "tokio"))]
mod synchronous;
mod transaction;

pub use self::builder::DbBuilder;
pub use self::db::{Db, PoolStatus};
pub(crate) use self::environment::Environment;
pub use self::retry::{Backoff, TransactionRetry};
pub use self::transaction::{RetryingTransaction, TransactionBuilder};
