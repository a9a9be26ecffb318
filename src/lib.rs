//! mizzle, an ORM for Rust: annotate structs, and get typed tables, queries and insert types that run on SQLite
//! and on PostgreSQL, chosen by the URL.
//!
//! ```
//! use mizzle::prelude::*;
//!
//! #[derive(Table, Debug, Clone, PartialEq)]
//! pub struct User {
//!     #[column(primary_key, auto)]
//!     pub id: i64,
//!     #[column(unique)]
//!     pub email: String,
//!     pub name: Option<String>,
//!     #[column(default = true)]
//!     pub active: bool,
//!     #[column(default = now)]
//!     pub created_at: DateTime<Utc>,
//! }
//!
//! mizzle::schema!(pub Blog = [User]);
//!
//! fn main() -> mizzle::Result<()> {
//!     let db = Db::connect("sqlite::memory:")?; // or postgres://…, nothing else changes
//!     db.create_all::<Blog>()?;
//!
//!     let ada = db.insert(NewUser::builder().email("ada@example.com").build())?;
//!     assert!(ada.active);
//!
//!     let active = User::query().filter(users::active.eq(true)).order_by(users::email).all(&db)?;
//!     assert_eq!(active, [ada]);
//!     Ok(())
//! }
//! ```
//!
//! The README is the tour. In short:
//!
//! - [`Table`](derive@Table), [`Enum`](derive@Enum), [`Newtype`](derive@Newtype) and [`schema!`] describe the tables.
//! - [`Db`] is a pool of connections, [`Tx`] an open transaction; both are [`Executor`]s, which run everything.
//! - [`Query`] is what `User::query()` builds. All that diesel can say runs as well, by [`Executor::load`],
//!   [`Executor::first`] and [`Executor::execute`]; an application depends on `diesel` beside `mizzle` for it.
//! - [`Db::migrate`] applies the migrations that [`migrations!`] embeds; [`Migrator`] does all else about them.
//! - [`migrations!`] embeds migrations, and [`Db::migrate`] applies them; `kit` generates them from the structs.
//! - [`ConnectionManager`] keeps an application connected, and says how the connection is doing.
//! - [`Error`] says what went wrong by an [`ErrorCode`], and what to do.
//!
//! # Cargo features
//!
//! - `sqlite` (default): SQLite, compiled in.
//! - `postgres`: PostgreSQL through the system's libpq.
//! - `postgres-bundled`: PostgreSQL with libpq compiled in; without TLS.
//! - `kit`: schema evolution and its command line, for the program that generates and runs migrations.
//! - `tokio`: `Db::interact`, for async programs.
//!
//! diesel's tables have up to 32 columns; for wider ones enable `64-column-tables` or `128-column-tables` of `diesel`.

pub use orm_core::{
    Backoff, Columns, Condition, ConnectionManager, Constraint, ConstraintKind, Db, DbBuilder,
    Decimal, Dialect, Error, ErrorCategory, ErrorCode, Executor, Isolation, Json, Limits, Lock,
    LockDsl, Locked, Migrations, Migrator, Order, Page, ParseDecimalError, PoolStatus, Prepare,
    Query, Repository, Result, RetryingTransaction, Schema, Table, TlsMode, TransactionBuilder,
    TransactionRetry, Tx, UnknownLabel, UrlError, UrlPart, UrlProblem, ValueError, Values, backend,
    dsl, manager, migration, now, relation, sanitize_url, schema, sql_types, stored, validate_url,
};
pub use orm_derive::{Enum, Newtype, Table, migrations, schema};
#[cfg(feature = "kit")]
pub use orm_kit as kit;

/// What most modules need: `use mizzle::prelude::*;`.
///
/// Brings mizzle's own names, the traits that give diesel's columns and queries their methods, and the types of
/// columns.
pub mod prelude {
    pub use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
    pub use diesel::expression::SelectableHelper;
    pub use diesel::{
        AggregateExpressionMethods, BoolExpressionMethods, CombineDsl, EscapeExpressionMethods,
        ExpressionMethods, IntoSql, JoinOnDsl, NullableExpressionMethods, QueryDsl,
        TextExpressionMethods, WindowExpressionMethods,
    };
    pub use orm_core::dsl::decimal::DecimalDsl;
    pub use orm_core::dsl::{IlikeDsl, NullSafeDsl};
    pub use orm_core::{Db, Decimal, Executor, Json, Lock, LockDsl, Query, Tx};
    pub use orm_derive::{Enum, Newtype, Table};
    pub use uuid::Uuid;

    pub use orm_core::Table as _;
}

#[doc(hidden)]
pub mod __private {
    pub use chrono;
    pub use orm_core::backend::{Any, AnyType};
    pub use orm_core::dsl::checked;
    pub use orm_core::dsl::{Ilike, IlikeDsl};
    pub use orm_core::migration::{Embedded as EmbeddedMigration, Migrations};
    pub use orm_core::relation;
    pub use orm_core::support::{
        Collated, ColumnAt, Holds, Integral, IsColumn, Known, Now, SqlColumn, check_length, given,
        label, now, row_value,
    };
    pub use orm_core::{
        Changeset, ColumnSet, Columns, Dialect, Query, Schema, Table, UnknownLabel, Values, dsl,
        number, schema, sql_types, stored,
    };
    pub use orm_derive::{replace, restrict};
    pub use serde;
    pub use uuid;
}

/// The README's code runs as tests. Some of it uses the kit.
#[cfg(all(doctest, feature = "kit"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
