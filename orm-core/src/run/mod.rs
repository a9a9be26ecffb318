//! What runs: the calls of `Executor`, their statements, and transactions.

mod executor;
mod statement;
mod transaction;

pub use self::executor::Executor;
pub(crate) use self::executor::{more_than_one, sealed};
pub use self::transaction::Tx;
pub(crate) use self::transaction::run_transaction;
