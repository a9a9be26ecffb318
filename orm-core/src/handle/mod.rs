//! The handle to a database, with its settings, pool and retries.

#[cfg(feature = "tokio")]
mod asynchronous;
#[cfg(feature = "tokio")]
mod blocking;
mod builder;
#[cfg(feature = "d1")]
mod d1;
mod db;
mod environment;
#[cfg(feature = "tokio")]
mod interact;
mod lend;
mod listen;
pub(crate) mod pool;
mod replicas;
mod retry;
mod session;
#[cfg(not(feature = "tokio"))]
mod synchronous;
mod transaction;
mod watch;

#[cfg(feature = "tokio")]
pub use self::asynchronous::{
    AsyncDb, AsyncListener, AsyncRetryingTransaction, AsyncSession, AsyncTransactionBuilder,
    AsyncTx,
};
pub use self::builder::DbBuilder;
pub use self::db::Db;
pub(crate) use self::environment::Environment;
#[cfg(feature = "tokio")]
pub(crate) use self::interact::runtime;
pub use self::listen::{Channels, Listener};
pub use self::pool::PoolStatus;
pub use self::replicas::{Bookmark, ServerRole, ServerState, ServerStatus};
pub use self::retry::{Backoff, TransactionRetry};
pub use self::session::{Read, Session};
#[cfg(not(feature = "tokio"))]
pub use self::synchronous::AsyncDb;
pub use self::transaction::{RetryingTransaction, TransactionBuilder};
