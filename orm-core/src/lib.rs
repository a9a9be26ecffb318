//! The run time of mizzle: backends, connections, queries, the schema model and errors.
//!
//! Programs depend on `mizzle`, which re-exports what is here under one name.

#![warn(unreachable_pub)]

pub mod backend;
#[doc(hidden)]
pub mod column;
pub mod cte;
mod dialect;
pub mod dsl;
mod error;
mod handle;
pub mod manager;
pub mod migration;
mod query;
pub mod relation;
mod run;
pub mod schema;
pub mod search;
#[doc(hidden)]
pub mod sql;
mod table;
#[cfg(feature = "test")]
#[doc(hidden)]
pub mod testing;
mod tree;
mod types;
mod wait;

pub use self::backend::{
    Event, Isolation, Limits, Prepare, RowByRow, TlsMode, UrlError, UrlPart, UrlProblem,
    sanitize_url, validate_url,
};
pub use self::column::{Column, Derived, TableOf};
pub use self::cte::{Cte, Then, With};
pub use self::dialect::Dialect;
pub use self::dsl::{Lock, LockDsl, Locked};
pub use self::error::{
    Constraint, ConstraintKind, Error, ErrorCategory, ErrorCode, Result, UnknownLabel, ValueError,
};
#[doc(hidden)]
pub use self::error::{is_deceptive, printable};
#[cfg(not(feature = "tokio"))]
#[doc(hidden)]
pub use self::handle::AsyncDb;
#[cfg(feature = "tokio")]
pub use self::handle::{
    AsyncDb, AsyncListener, AsyncRetryingTransaction, AsyncSession, AsyncTransactionBuilder,
    AsyncTx,
};
pub use self::handle::{
    Backoff, Bookmark, Channels, Db, DbBuilder, Listener, PoolStatus, Read, RetryingTransaction,
    ServerRole, ServerState, ServerStatus, Session, TransactionBuilder, TransactionRetry,
};
#[cfg(feature = "tokio")]
pub use self::manager::AsyncConnectionManager;
pub use self::manager::{ConnectionManager, Repository};
#[cfg(feature = "tokio")]
pub use self::migration::AsyncMigrator;
pub use self::migration::{Migrations, Migrator};
pub use self::query::{
    AsRow, Condition, Cursor, Keyset, KeysetOrder, KeysetPage, OfBoth, Order, Page, PartialOf,
    Picked, PickedRow, Picks, Query, ReadKeyset, ReadSelection, SelectedColumns, Selection,
    Selects, SelectsAs, Using, Whole, selected,
};
pub use self::run::batch;
pub use self::run::{
    Async, Blocking, ConflictTarget, Executor, Materialized, Mode, OnConflict, ReadAs, Stream, Tx,
    on_conflict,
};
#[doc(hidden)]
pub use self::run::{Calls, Reader};
#[cfg(feature = "tokio")]
pub use self::run::{RowStream, Run};
pub use self::search::FullText;
pub use self::sql::{Argument, NamesColumn, ReadSql, Row, Sql, SqlList, SqlValue, TypedSql};
pub use self::table::support::{now, value};
#[doc(hidden)]
pub use self::table::{Changeset, InsertClause, Inserted, builder, push_given};
pub use self::table::{
    ColumnSet, Columns, NoKey, Schema, Table, Values, Versioned, Writable, arrays, known, number,
    support,
};
pub use self::tree::{Tree, TreeNode, Trees};
pub use self::types::{
    Cidr, Decimal, Inet, Interval, Json, NativeValue, ParseCidrError, ParseDecimalError,
    ParseInetError, ParseIntervalError, ParseRangeError, Range, RangeValue, Vector, sql_types,
    stored,
};
#[cfg(feature = "tokio")]
#[doc(hidden)]
pub use self::wait::in_fiber;
