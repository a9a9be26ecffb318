//! Running statements: the calls of `Executor`, their statements, and transactions.

mod executor;
mod many;
mod rows;
pub(crate) mod sealed;
mod statement;
mod transaction;

pub use self::executor::Executor;
pub(crate) use self::rows::{from_row, more_than_one, nothing_found, read_count};
pub(crate) use self::statement::push_returning;
pub use self::transaction::Tx;
pub(crate) use self::transaction::run_transaction;
