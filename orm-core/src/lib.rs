//! The run time of mizzle: backends, connections, queries, the schema model and errors.
//!
//! Programs depend on `mizzle`, which shows what is here under one name.

#![warn(unreachable_pub)]

#[cfg(feature = "tokio")]
mod asynchronous;
pub mod backend;
mod builder;
mod db;
mod decimal;
mod dialect;
pub mod dsl;
mod environment;
mod error;
mod executor;
mod json;
mod lock;
pub mod manager;
pub mod migration;
mod pool;
mod printable;
mod query;
pub mod relation;
mod retry;
pub mod schema;
pub mod sql_types;
mod statement;
pub mod stored;
#[doc(hidden)]
pub mod support;
#[cfg(not(feature = "tokio"))]
mod synchronous;
mod table;
mod transaction;

pub use self::backend::{
    Isolation, Limits, Prepare, TlsMode, UrlError, UrlPart, UrlProblem, sanitize_url, validate_url,
};
pub use self::builder::DbBuilder;
pub use self::db::{Db, PoolStatus, RetryingTransaction, TransactionBuilder};
pub use self::decimal::{Decimal, ParseDecimalError};
pub use self::dialect::Dialect;
pub use self::error::{
    Constraint, ConstraintKind, Error, ErrorCategory, ErrorCode, Result, UnknownLabel, ValueError,
};
pub use self::executor::Executor;
pub use self::json::Json;
pub use self::lock::{Lock, LockDsl, Locked};
pub use self::manager::{ConnectionManager, Repository};
pub use self::migration::{Migrations, Migrator};
#[doc(hidden)]
pub use self::printable::{is_deceptive, printable};
pub use self::query::{Condition, Order, Page, Query};
pub use self::retry::{Backoff, TransactionRetry};
#[doc(hidden)]
pub use self::statement::Changeset;
pub use self::support::now;
pub use self::table::{ColumnSet, Columns, Schema, Table, Values, number};
pub use self::transaction::Tx;
