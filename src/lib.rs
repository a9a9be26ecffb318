//! mizzle, an ORM for Rust: annotate structs, and get typed tables, queries and insert types. They run on SQLite and on
//! PostgreSQL, chosen by the URL.
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
//! The README is a tour, and the module `guide` of the documentation leads from a new crate, or from another ORM, to a
//! deployed program. In short:
//!
//! - [`Table`](derive@Table), [`Enum`](derive@Enum), [`Newtype`](derive@Newtype) and [`schema!`] describe the tables.
//! - [`Db`] is a pool of connections, [`Tx`] an open transaction; both are [`Executor`]s, which run everything.
//! - [`sql!`] is SQL by hand, with bound values and typed results.
//! - [`Query`] is what `User::query()` returns. Every diesel query runs as well, by [`Executor::load`],
//!   [`Executor::first`] and [`Executor::execute`]; for that, an application also depends on `diesel`.
//! - [`migrations!`] embeds migrations, [`Db::migrate`] applies them, and [`Migrator`] does the rest.
//! - The feature `kit` generates migrations from the structs.
//! - [`ConnectionManager`] keeps an application connected, and reports the state of the connection.
//! - [`Error`] has an [`ErrorCode`] that says what went wrong, and advice on what to do.
//!
//! # Cargo features
//!
//! - `sqlite` (default): SQLite, compiled in.
//! - `postgres`: PostgreSQL through the system's libpq.
//! - `postgres-bundled`: PostgreSQL with libpq compiled in; without TLS.
//! - `kit`: schema evolution and its command line, for the program that generates and runs migrations.
//! - `studio`: the data in a browser: the kit's command `studio`, and `studio::router` for axum.
//! - `time-zones`: `dsl::date_trunc`, with the rules of all time zones compiled in.
//! - `tokio`: `AsyncDb`, whose calls are futures, and `Db::interact`.
//! - `test`: `#[mizzle::test]`, and calls that count statements, for the tests of a program.
//!
//! diesel's tables have up to 32 columns. For wider ones, enable diesel's feature `64-column-tables` or
//! `128-column-tables`.

mod diesel_tables;
#[cfg(all(any(doc, doctest), feature = "kit"))]
pub mod guide;
mod native;
mod operators;

#[cfg(feature = "tokio")]
pub use orm_core::{
    Async, AsyncConnectionManager, AsyncDb, AsyncListener, AsyncMigrator, AsyncRetryingTransaction,
    AsyncSession, AsyncTransactionBuilder, AsyncTx, RowStream, Run,
};
pub use orm_core::{
    Backoff, Blocking, Bookmark, Channels, Cidr, Column, Columns, Condition, ConflictTarget,
    ConnectionManager, Constraint, ConstraintKind, Cursor, Db, DbBuilder, Decimal, Dialect, Error,
    ErrorCategory, ErrorCode, Event, Inet, Interval, Isolation, Json, Keyset, KeysetOrder,
    KeysetPage, Limits, Listener, Lock, LockDsl, Locked, Materialized, Migrations, Migrator, Mode,
    NamesColumn, NoKey, OfBoth, OnConflict, Order, Page, ParseCidrError, ParseDecimalError,
    ParseInetError, ParseIntervalError, ParseRangeError, PoolStatus, Prepare, Range, RangeValue,
    Read, ReadAs, ReadKeyset, ReadSelection, ReadSql, Repository, Result, RetryingTransaction, Row,
    RowByRow, Schema, Selects, ServerRole, ServerState, ServerStatus, Session, SqlList, SqlValue,
    Stream, Table, TableOf, Then, TlsMode, TransactionBuilder, TransactionRetry, Tree, TreeNode,
    Tx, UnknownLabel, UrlError, UrlPart, UrlProblem, ValueError, Values, Vector, Versioned, With,
    backend, batch, cte, dsl, manager, migration, now, sanitize_url, schema, sql_types, stored,
    validate_url,
};

/// The calls that run statements.
///
/// ```
/// use mizzle::prelude::*;
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// pub struct Account {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     #[column(unique)]
///     pub owner: String,
///     #[column(default = 0)]
///     pub cents: i64,
/// }
///
/// mizzle::schema!(pub Bank = [Account]);
///
/// /// Works on a `Db` and in a transaction.
/// fn add(on: &impl Executor, id: i64, cents: i64) -> mizzle::Result<u64> {
///     on.execute(diesel::update(accounts::table.find(id)).set(accounts::cents.eq(accounts::cents + cents)))
/// }
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     db.create_all::<Bank>()?;
///
///     let ada = db.insert(NewAccount::builder().owner("ada").cents(50).build())?;
///     let bob = db.insert(NewAccount::builder().owner("bob").build())?;
///     db.transaction(|tx| {
///         add(tx, ada.id, -20)?;
///         add(tx, bob.id, 20)
///     })?;
///     assert_eq!(db.find::<Account>(bob.id)?.map(|bob| bob.cents), Some(20));
///
///     let ada = db.update_by_key::<Account>(ada.id, AccountChanges::default().owner("ada l."))?;
///     assert_eq!((ada.owner.as_str(), ada.cents), ("ada l.", 30));
///     db.delete(&ada)?;
///     assert_eq!(db.count(accounts::table)?, 1);
///     Ok(())
/// }
/// ```
pub use orm_core::Executor;

/// ```
/// use mizzle::{prelude::*, value};
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     let row: Option<(i64, bool)> = db.first(diesel::select((value(3_i64) + 4, value(true))))?;
///     assert_eq!(row, Some((7, true)));
///     Ok(())
/// }
/// ```
pub use orm_core::value;

/// Says how [`upsert_on`](Executor::upsert_on) and [`upsert_all_on`](Executor::upsert_all_on) find the existing row, and what
/// they leave alone in it.
///
/// ```
/// use mizzle::on_conflict;
/// use mizzle::prelude::*;
///
/// #[derive(Table, Debug, PartialEq)]
/// #[table(index(email, unique, where = "left_on IS NULL"))]
/// pub struct Member {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     pub email: String,
///     pub name: String,
///     pub joined_on: NaiveDate,
///     pub left_on: Option<NaiveDate>,
/// }
///
/// mizzle::schema!(pub Club = [Member]);
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     db.create_all::<Club>()?;
///     let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
///     let ada = |name, year| NewMember::builder().email("ada@example.com").name(name).joined_on(day(year)).build();
///     let how = || on_conflict(members::email).filter_target(members::left_on.is_null()).except(members::joined_on);
///
///     let first = db.upsert_on(how(), ada("Ada", 2020))?;
///     let again = db.upsert_on(how(), ada("Ada King", 2024))?;
///     assert_eq!(again, Member { name: "Ada King".into(), ..first });
///     Ok(())
/// }
/// ```
pub use orm_core::on_conflict;

/// A typed SELECT on one table.
///
/// ```
/// use mizzle::prelude::*;
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// pub struct Song {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     pub title: String,
///     pub seconds: i32,
/// }
///
/// mizzle::schema!(pub Music = [Song]);
///
/// /// Queries are values: functions can take and return them.
/// fn long<'q>(songs: Query<'q, Song>) -> Query<'q, Song> {
///     songs.filter(songs::seconds.gt(300))
/// }
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     db.create_all::<Music>()?;
///     let songs = [("Echoes", 1411), ("Time", 413), ("Money", 382), ("Brain Damage", 228)];
///     db.insert_all(songs.map(|(title, seconds)| NewSong::builder().title(title).seconds(seconds).build()))?;
///
///     let longest = long(Song::query()).order_by(songs::seconds.desc()).limit(2).all(&db)?;
///     assert_eq!(longest.iter().map(|song| song.title.as_str()).collect::<Vec<_>>(), ["Echoes", "Time"]);
///     assert_eq!(long(Song::query()).count(&db)?, 3);
///     assert_eq!(Song::query().filter(songs::title.ilike("%money%")).first(&db)?.map(|song| song.seconds), Some(382));
///
///     let page = Song::query().order_by(songs::id).page(&db, 2, 3)?;
///     assert_eq!((page.total, page.items.len()), (4, 1));
///     Ok(())
/// }
/// ```
pub use orm_core::Query;

#[doc = include_str!("doc/using.md")]
pub use orm_core::Using;

/// A query in FROM.
#[doc = include_str!("doc/derived.md")]
pub use orm_core::Derived;

#[doc = include_str!("doc/cte.md")]
pub use orm_core::Cte;

#[doc = include_str!("doc/full_text.md")]
pub use orm_core::FullText;

/// A search, and what it says of a row.
pub use orm_core::search;

#[doc = include_str!("writable.md")]
pub use orm_core::Writable;

#[doc = include_str!("trees.md")]
pub use orm_core::Trees;

#[doc = include_str!("doc/relation.md")]
pub use orm_core::relation;

/// SQL by hand, with bound values: what [`sql!`] returns.
///
/// It is a statement, a part of another `sql!`, or a condition for a filter. It borrows its values, and its `Debug` output
/// shows none of them.
///
/// ```
/// use mizzle::prelude::*;
/// use mizzle::Sql;
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// pub struct Song {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     pub title: String,
///     pub seconds: i32,
/// }
///
/// mizzle::schema!(pub Music = [Song]);
///
/// /// A part of other SQL. It borrows what is behind the reference, so the function can return it.
/// fn longer(seconds: &i32) -> Sql<'_> {
///     sql!("seconds > {*seconds}")
/// }
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     db.create_all::<Music>()?;
///     for (title, seconds) in [("Echoes", 1411), ("Time", 413)] {
///         sql!("INSERT INTO songs (title, seconds) VALUES ({title}, {seconds})").execute(&db)?;
///     }
///     let long = longer(&600);
///     let songs: Vec<Song> = sql!("SELECT * FROM songs WHERE {long}").all(&db)?;
///     assert_eq!(songs[0].title, "Echoes");
///     assert_eq!(Song::query().filter(long).count(&db)?, 1);
///     let (title, seconds): (String, i32) = sql!("SELECT title, seconds FROM songs ORDER BY seconds").first(&db)?.unwrap();
///     assert_eq!((title.as_str(), seconds), ("Time", 413));
///     Ok(())
/// }
/// ```
///
/// # What it does
///
/// Whether it may write is known before it runs, by its words and by those of its parts. If it only reads, it is run
/// again after a lost connection, as other reads are; it then runs in a read-only transaction, so a function that writes
/// does so once.
///
/// # Checked on both databases
///
/// With the feature `kit`, the program knows every `sql!` in it. `db check` prepares each one on tables made from the
/// structs and reports its file and line, what the database says against it, and each column that doesn't fit the type
/// of the rows. `kit::check_sql` does the same in a test. See there for what they know.
///
/// # Values
///
/// A value has its own type in SQL. On SQLite, `+` and `sum` know only integers and floating point numbers, and decimals
/// are text there: `decimal_add`, `decimal_sub`, `decimal_mul` and `decimal_sum` are exact.
pub use orm_core::{Sql, TypedSql};

pub use self::native::NativeValue;
pub use self::operators::{ArrayDsl, JsonDsl, RangeDsl, VectorDsl};
#[cfg(feature = "test")]
pub use orm_derive::test;
pub use orm_derive::{Cte, Enum, Native, Newtype, Row, Table, View, migrations, schema, sql};
#[cfg(feature = "kit")]
pub use orm_kit as kit;
#[cfg(feature = "studio")]
pub use orm_kit::studio;

/// The names that most modules need: `use mizzle::prelude::*;`.
///
/// mizzle's main names, the traits with the methods of diesel's columns and queries, and the types of columns.
pub mod prelude {
    pub use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
    pub use diesel::expression::SelectableHelper;
    pub use diesel::{
        AggregateExpressionMethods, BoolExpressionMethods, CombineDsl, EscapeExpressionMethods,
        ExpressionMethods, IntoSql, JoinOnDsl, NullableExpressionMethods, PgSortExpressionMethods,
        QueryDsl, TextExpressionMethods, WindowExpressionMethods,
    };
    #[cfg(feature = "tokio")]
    pub use orm_core::AsyncTx;
    pub use orm_core::dsl::decimal::DecimalDsl;
    pub use orm_core::dsl::{
        ArrayDsl, ContainsDsl, IlikeDsl, JsonDsl, NullSafeDsl, RangeDsl, VectorDsl,
    };
    pub use orm_core::{
        Async, AsyncDb, Cidr, Db, Decimal, Executor, Inet, Interval, Json, Lock, LockDsl, Query,
        Range, Tx, Vector,
    };
    pub use orm_derive::{Cte, Enum, Native, Newtype, Row, Table, View, sql};
    pub use uuid::Uuid;

    pub use orm_core::relation::{Graph as _, InsertGraph as _};
    pub use orm_core::{
        Cte as _, FullText as _, Materialized as _, ReadKeyset as _, ReadSelection as _,
        ReadSql as _, Table as _, Trees as _, Writable as _,
    };
}

#[doc(hidden)]
pub mod __private {
    pub use chrono;
    pub use diesel::query_builder::QueryFragment;
    pub use diesel::query_source::TableNotEqual;
    pub use orm_core::__registered_sql as registered_sql;
    pub use orm_core::arrays::IsElement;
    pub use orm_core::backend::{Any, AnyRow, AnyType, bind_native, read_native};
    pub use orm_core::column;
    pub use orm_core::known::{IsTable, KnownTable, OfTable};
    pub use orm_core::migration::{Embedded as EmbeddedMigration, Migrations};
    pub use orm_core::relation;
    pub use orm_core::sql;
    pub use orm_core::support::{
        ColumnAt, Holds, Integral, IsColumn, Known, Labelled, Mark, Now, SqlColumn, check_length,
        given, label, now, row_value,
    };
    #[cfg(feature = "test")]
    pub use orm_core::testing;
    #[cfg(feature = "test")]
    pub use orm_core::{
        __test_on_postgres as test_on_postgres, __test_on_sqlite as test_on_sqlite, Executor,
    };
    pub use orm_core::{
        AsRow, Changeset, ColumnSet, Columns, Cte, Dialect, FullText, InsertClause, Inserted,
        Materialized, NoKey, PartialOf, Query, Schema, SelectsAs, Table, UnknownLabel, Values,
        Versioned, Writable, builder, dsl, number, push_given, schema, selected, sql_types, stored,
    };
    pub use serde;
    pub use uuid;
}

/// The README's code runs as tests. Some of it uses the kit.
#[cfg(all(doctest, feature = "kit"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
