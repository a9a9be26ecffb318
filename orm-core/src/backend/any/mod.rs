//! The diesel backend for either database.
//!
//! diesel decides at compile time which SQL a backend supports. [`Any`] decides when the SQL is written, by its
//! [`Dialect`]. So an application names one backend and one connection, and is never generic over the database.

mod arithmetic;
mod array;
mod assigned;
mod bind;
mod binds;
mod bound;
mod clauses;
mod collected;
mod frame;
mod hidden;
mod ignore;
mod insert;
mod like;
mod list;
pub(crate) mod marks;
mod pieces;
mod places;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod query_builder;
mod recorded;
mod row;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod types;
mod value;
mod widths;
mod withs;

use diesel::backend::sql_dialect::{
    aggregate_function_expressions, alias_syntax, built_in_window_function_require_order,
    concat_clause, default_value_clause, exists_syntax, from_clause_syntax, on_conflict_clause,
    returning_clause, select_statement_syntax, window_frame_clause_group_support,
    window_frame_exclusion_support,
};
use diesel::backend::{Backend, DieselReserveSpecialization, SqlDialect, TrustedBackend};
use diesel::sql_types::TypeMetadata;

pub use self::array::List;
pub(crate) use self::array::{check_items, unpack};
pub use self::bind::{AnyType, Arity, Bind, Kind};
pub use self::binds::AnyBinds;
pub(crate) use self::binds::collect;
#[cfg(feature = "sqlite")]
pub(crate) use self::binds::collect_own;
pub(crate) use self::bound::push_recorded;
pub use self::bound::{Bound, RecordedBind};
pub use self::collected::CollectedValues;
pub(crate) use self::insert::{Rows, TooMuch};
#[cfg(feature = "sqlite")]
pub(crate) use self::like::{PATTERN_PARAMETER, to_glob};
pub(crate) use self::list::push_separated;
#[cfg(feature = "postgres")]
pub(crate) use self::pieces::Piece;
pub use self::places::Places;
#[cfg(feature = "sqlite")]
pub(in crate::backend) use self::places::Remembered;
pub(crate) use self::places::are_in_order;
pub use self::query_builder::AnyQueryBuilder;
pub(crate) use self::query_builder::SQLITE_SUM;
pub(crate) use self::recorded::RecordedPart;
pub use self::row::{AnyField, AnyRow};
#[cfg(feature = "sqlite")]
pub(crate) use self::row::{IntoRows, OwnedRows};
pub(crate) use self::row::{Names, OwnedRow};
#[cfg(feature = "sqlite")]
pub(in crate::backend) use self::types::{ArrayElement, ArrayElements};
#[cfg(all(feature = "sqlite", feature = "time-zones"))]
pub(crate) use self::types::{TimeText, read_moment};
pub use self::types::{bind_native, read_native};
pub(crate) use self::types::{check_own_form, keep, own_form};
#[cfg(feature = "sqlite")]
pub(crate) use self::types::{compare_decimals, compare_texts, parse_decimal, parse_stored};
pub use self::value::AnyValue;

use crate::dialect::Dialect;

/// The diesel backend of every mizzle query.
///
/// # What diesel has and this backend has not
///
/// What both databases have in diesel runs, with these exceptions. They don't compile, because diesel keeps the types
/// private that a backend would have to support:
///
/// | diesel | use instead |
/// |---|---|
/// | `for_update()`, `for_share()` and the like | `lock(Lock::update())`: see [`Lock`](crate::Lock) |
/// | `on_conflict(…)` after `values(a_query)` | `insert_or_ignore_into(…)`, or SQL |
/// | `filter_target(…)` | `on_conflict(sql::<Bool>("(name) WHERE active"))` |
/// | `on_constraint("…")`, for PostgreSQL | `on_conflict(sql::<Bool>("ON CONSTRAINT users_name_key"))` |
///
/// Of what diesel has for PostgreSQL alone, `distinct_on`, `only`, `nulls_first`, `nulls_last` and arrays of one dimension
/// run; `is_distinct_from` and `is_not_distinct_from` are mizzle's, for both ([`NullSafeDsl`](crate::dsl::NullSafeDsl)). The operators and functions on arrays, ranges, documents and networks, `TABLESAMPLE`, COPY, `build_transaction`, and
/// the types that are no columns' types, such as ranges or `PgInterval`, do not: use SQL, and
/// [`TransactionBuilder`](crate::TransactionBuilder) for transactions. For a PostgreSQL type that mizzle doesn't know, see
/// [`NativeValue`](crate::NativeValue).
///
/// What a database lacks is an error of the statement, which names the database: `distinct_on`, `only`, `intersect_all` and
/// `except_all` on SQLite, `replace_into` on PostgreSQL. `load_iter` reads rows as they come in the mode
/// [`RowByRow`](crate::RowByRow).
///
/// ```
/// # use diesel::prelude::*;
/// # use diesel::dsl::sql;
/// # use diesel::sql_types::Bool;
/// # use orm_core::backend::AnyConnection;
/// # use orm_core::{Lock, LockDsl};
/// # diesel::table! { users { id -> BigInt, name -> Text } }
/// fn names(connection: &mut AnyConnection) -> QueryResult<Vec<String>> {
///     users::table.select(users::name).lock(Lock::update()).load(connection)
/// }
/// fn insert(connection: &mut AnyConnection) -> QueryResult<usize> {
///     diesel::insert_into(users::table)
///         .values(users::name.eq("ada"))
///         .on_conflict(sql::<Bool>("(name) WHERE id > 0"))
///         .do_nothing()
///         .execute(connection)
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use diesel::prelude::*;
/// # use orm_core::backend::AnyConnection;
/// # diesel::table! { users { id -> BigInt, name -> Text } }
/// fn names(connection: &mut AnyConnection) -> QueryResult<Vec<String>> {
///     users::table.select(users::name).for_update().load(connection)
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use diesel::prelude::*;
/// # use orm_core::backend::AnyConnection;
/// # diesel::table! { users { id -> BigInt, name -> Text } }
/// fn copy(connection: &mut AnyConnection) -> QueryResult<usize> {
///     diesel::insert_into(users::table)
///         .values(users::table.select((users::id, users::name)))
///         .on_conflict(users::id)
///         .do_nothing()
///         .execute(connection)
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use diesel::prelude::*;
/// # use orm_core::backend::AnyConnection;
/// # diesel::table! { users { id -> BigInt, name -> Text } }
/// fn insert(connection: &mut AnyConnection) -> QueryResult<usize> {
///     diesel::insert_into(users::table)
///         .values(users::name.eq("ada"))
///         .on_conflict(users::name)
///         .filter_target(users::id.gt(0))
///         .do_nothing()
///         .execute(connection)
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Any {
    dialect: Dialect,
    rows: Rows,
}

impl Any {
    /// Returns the backend that writes SQL for `dialect`.
    pub const fn new(dialect: Dialect) -> Self {
        Self { dialect, rows: Rows::All }
    }

    /// Returns the backend for some rows of an INSERT that is too much for one statement.
    pub(crate) const fn for_rows(dialect: Dialect, rows: Rows) -> Self {
        Self { dialect, rows }
    }

    /// Returns the database that the SQL is written for.
    pub const fn dialect(self) -> Dialect {
        self.dialect
    }

    /// Returns which rows of an INSERT are written.
    pub(crate) const fn rows(self) -> Rows {
        self.rows
    }

    /// Returns the same as a reference that outlives every query, as diesel requires.
    pub(crate) fn of(dialect: Dialect) -> &'static Self {
        /// One for each dialect, in its place.
        static ALL: [Any; Dialect::ALL.len()] = {
            let mut all = [Any::new(Dialect::UNKNOWN); Dialect::ALL.len()];
            let mut place = 0;
            while place < all.len() {
                all[Dialect::ALL[place] as usize] = Any::new(Dialect::ALL[place]);
                place += 1;
            }
            all
        };
        &ALL[dialect as usize]
    }
}

/// SQLite, whatever the database is: `diesel::debug_query` needs a backend that doesn't know its database.
/// [`Executor::sql`](crate::Executor::sql) returns a query as the database gets it.
impl Default for Any {
    fn default() -> Self {
        Self { dialect: Dialect::UNKNOWN, rows: Rows::Shown }
    }
}

impl Backend for Any {
    type QueryBuilder = AnyQueryBuilder;
    type RawValue<'a> = AnyValue<'a>;
    type BindCollector<'a> = AnyBinds<'a>;
}

impl TypeMetadata for Any {
    type TypeMetadata = AnyType;
    type MetadataLookup = ();
}

impl TrustedBackend for Any {}
impl DieselReserveSpecialization for Any {}

impl SqlDialect for Any {
    type ReturningClause = returning_clause::PgLikeReturningClause;
    type OnConflictClause = OnConflict;
    type InsertWithDefaultKeyword = insert::DefaultByDialect;
    type BatchInsertSupport = insert::BatchByDialect;
    type ConcatClause = concat_clause::ConcatWithPipesClause;
    type DefaultValueClauseForInsert = default_value_clause::AnsiDefaultValueClause;
    type EmptyFromClauseSyntax = from_clause_syntax::AnsiSqlFromClauseSyntax;
    type ExistsSyntax = exists_syntax::AnsiSqlExistsSyntax;
    type ArrayComparison = array::ArrayByDialect;
    type SelectStatementSyntax = select_statement_syntax::AnsiSqlSelectStatement;
    type AliasSyntax = alias_syntax::AsAliasSyntax;
    type WindowFrameClauseGroupSupport = window_frame_clause_group_support::IsoGroupWindowFrameUnit;
    type WindowFrameExclusionSupport = window_frame_exclusion_support::FrameExclusionSupport;
    type AggregateFunctionExpressions =
        aggregate_function_expressions::PostgresLikeAggregateFunctionExpressions;
    type BuiltInWindowFunctionRequireOrder =
        built_in_window_function_require_order::NoOrderRequired;
}

/// `ON CONFLICT`, the same on both databases.
#[derive(Debug, Clone, Copy)]
pub struct OnConflict;

impl on_conflict_clause::SupportsOnConflictClause for OnConflict {}
impl on_conflict_clause::SupportsOnConflictClauseWhere for OnConflict {}
impl on_conflict_clause::PgLikeOnConflictClause for OnConflict {}
