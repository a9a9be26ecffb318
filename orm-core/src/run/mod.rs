//! Running statements: the calls of `Executor`, their statements, and transactions.

pub mod batch;
mod chunk;
mod copy;
mod diesel_query;
mod executor;
#[cfg(feature = "tokio")]
mod future;
mod lent;
pub(crate) mod level;
mod many;
mod mode;
mod on_conflict;
mod one;
mod read_as;
mod refresh;
mod rows;
pub(crate) mod sealed;
mod statement;
mod stream;
mod tables;
mod terms;
mod transaction;
mod updates;

pub(crate) use self::chunk::NewRows;
pub use self::executor::Executor;
#[cfg(feature = "tokio")]
pub use self::future::{RowStream, Run};
pub(crate) use self::lent::Lent;
pub use self::mode::Calls;
pub(crate) use self::mode::waits;
pub use self::mode::{Async, Blocking, Mode};
pub use self::on_conflict::{ConflictTarget, OnConflict, on_conflict};
pub use self::read_as::ReadAs;
pub use self::refresh::Materialized;
pub(crate) use self::rows::{
    from_row, from_row_at, kept_value, nothing_found, read_count, read_part,
};
pub(crate) use self::statement::push_returning;
pub(crate) use self::stream::next_row;
pub use self::stream::{Reader, Stream};
pub use self::terms::TakesTerms;
pub use self::transaction::Tx;
pub(crate) use self::transaction::run_transaction;
