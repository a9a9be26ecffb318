//! Running statements: the calls of `Executor`, their statements, and transactions.

mod executor;
mod rows;
mod statement;
mod transaction;

pub use self::executor::Executor;
pub(crate) use self::executor::sealed;
pub(crate) use self::rows::{from_row, more_than_one, read_count};
pub use self::transaction::Tx;
pub(crate) use self::transaction::run_transaction;
