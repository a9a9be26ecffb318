//! Common table expressions: named queries before a statement, which reads them like tables.

mod statement;
mod subselect;
mod term;

use diesel::dsl::exists;
use diesel::expression::AppearsOnTable;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId, SelectQuery};

pub use self::statement::{Follows, Then, With};
pub use self::subselect::{HasRow, ValuesOf};
pub use self::term::{Chain, Recursive, Simple, Term, Terms};
use crate::backend::{Any, AnyType};
use crate::column::{Derived, StructTable};
pub use crate::run::TakesTerms;

/// A struct whose columns are those of a query before a statement. Implemented by `#[derive(Cte)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a CTE",
    label = "this struct has no `#[derive(Cte)]`",
    note = "add `#[derive(Cte)]` to `{Self}`"
)]
pub trait Cte: Sized + 'static {
    /// diesel's table, such as `region_totals::table`.
    type Dsl: StructTable + AsQuery + Default + Copy + 'static;

    /// The name in SQL. It begins with `__cte_`, so that it is never the name of a table.
    const NAME: &'static str;
    /// The columns' names, in the order of the struct's fields.
    const COLUMNS: &'static [&'static str];

    /// Returns the type of the column at `index` of [`Cte::COLUMNS`].
    fn column_type(index: usize) -> AnyType;

    /// Names a query: any diesel query that returns the struct's columns, in their order. A statement that
    /// [follows](With::then) reads it as a table.
    ///
    /// diesel's `sum` of integers returns its `Numeric`, which isn't the type of a field. Cast it:
    /// `sql::<Nullable<BigInt>>("CAST(sum(points) AS bigint)")`.
    ///
    /// The query may be an INSERT, UPDATE or DELETE with `returning`, on PostgreSQL. SQLite has none there: the
    /// statement fails with `QUERY_ERROR`.
    fn with<Q: Returns<Self>>(query: Q) -> With<Term<Self, Simple<Q::Query>>> {
        With::new(Term::new(Simple(query.query())))
    }

    /// Uses a query as a table of another one: a subselect in FROM. It has diesel's methods of tables:
    ///
    /// ```ignore
    /// let totals = RegionTotal::subquery(orders::table.group_by(orders::region).select((orders::region, sum(orders::amount))));
    /// let rows: Vec<(String, Option<Decimal>)> = db.load(
    ///     regions::table
    ///         .inner_join(totals.clone().on(region_totals::region.eq(regions::name)))
    ///         .select((regions::name, region_totals::total)),
    /// )?;
    /// let all: Vec<RegionTotal> = db.load(totals.order(region_totals::total))?;
    /// ```
    fn subquery<Q: Returns<Self>>(query: Q) -> Derived<Self::Dsl> {
        query.derived(Self::NAME)
    }

    /// Works like [`subquery`](Cte::subquery), but the query may read columns of `left`, the left side of the join, and is
    /// run for each of its rows: `LATERAL`, on PostgreSQL. SQLite has none: the statement fails with `QUERY_ERROR`.
    ///
    /// ```ignore
    /// let newest = LastOrder::lateral(
    ///     regions::table,
    ///     orders::table
    ///         .filter(orders::region.eq(regions::name))
    ///         .order(orders::id.desc())
    ///         .limit(3)
    ///         .select((orders::id, orders::amount)),
    /// );
    /// let rows: Vec<(String, i64)> =
    ///     db.load(regions::table.inner_join(newest.on_true()).select((regions::name, last_orders::id)))?;
    /// ```
    fn lateral<Left, Q>(left: Left, query: Q) -> Derived<Self::Dsl>
    where
        Q: IsLateral<Left, SqlType: FitColumns<SqlTypes<Self>>>,
    {
        let _ = left;
        query.lateral(Self::NAME)
    }

    /// Names a recursive query: the rows of `start`, then those of `step`, which reads the rows found before as a
    /// table, again and again until it finds none (`UNION ALL`). `step` has no order and no limit.
    ///
    /// Nothing ends a step that always finds rows, such as one that follows a circle. Count the depth in a column, and
    /// compare it in the step's filter. A limit of the statement that follows ends it as well, if that
    /// statement needs no order. The time-outs of statements count.
    fn recursive<S: Returns<Self>, R: Returns<Self>>(
        start: S,
        step: R,
    ) -> WithRecursive<Self, S, R> {
        let (start, step) = (start.query(), step.query());
        With::new(Term::new(Recursive { start, step, distinct: false }))
    }

    /// Works like [`recursive`](Cte::recursive), but leaves out rows that were found before (`UNION`). So it ends if
    /// there are only so many different rows, even if they refer to each other in a circle.
    fn recursive_distinct<S: Returns<Self>, R: Returns<Self>>(
        start: S,
        step: R,
    ) -> WithRecursive<Self, S, R> {
        let (start, step) = (start.query(), step.query());
        With::new(Term::new(Recursive { start, step, distinct: true }))
    }
}

/// A recursive query with a name, from a start and a step.
pub type WithRecursive<C, S, R> =
    With<Term<C, Recursive<<S as IsQuery>::Query, <R as IsQuery>::Query>>>;

/// diesel's types of a CTE's columns.
type SqlTypes<C> = <<C as Cte>::Dsl as AsQuery>::SqlType;

/// A query that returns the columns of a CTE.
#[diagnostic::on_unimplemented(
    message = "this is not a diesel query: `{Self}`",
    label = "not a diesel query, or one that names columns of a table that it doesn't read",
    note = "give a diesel SELECT, or an INSERT, UPDATE or DELETE with `returning(…)`; of mizzle's `X::query()`, `select(…)`",
    note = "a SELECT may only name columns of the tables and CTEs in its FROM: join them, `a::table.inner_join(b::table.on(…))`"
)]
pub trait Returns<C: Cte>: IsQuery {}

impl<C, Q> Returns<C> for Q
where
    C: Cte,
    Q: IsQuery<SqlType: FitColumns<SqlTypes<C>>>,
{
}

/// A diesel query. One bound stands for all of diesel's, so that anything else is one error.
pub trait IsQuery {
    /// diesel's types of the columns.
    type SqlType;
    /// The query.
    type Query;

    #[doc(hidden)]
    fn query(self) -> Self::Query;

    #[doc(hidden)]
    fn derived<T>(self, name: &'static str) -> Derived<T>;
}

#[diagnostic::do_not_recommend]
impl<Q: AsQuery<Query: QueryFragment<Any> + QueryId>> IsQuery for Q {
    type SqlType = Q::SqlType;
    type Query = Q::Query;

    fn query(self) -> Q::Query {
        self.as_query()
    }

    fn derived<T>(self, name: &'static str) -> Derived<T> {
        Derived::new(name, &self.as_query(), false)
    }
}

/// A diesel SELECT that is run for each row of `Left`. One bound stands for all of diesel's.
#[diagnostic::on_unimplemented(
    message = "this can't be a lateral query beside `{Left}`: `{Self}`",
    label = "not a SELECT on its own FROM and the table on the left",
    note = "on the left is a table or a join of tables, and the query is a diesel SELECT that names only columns of the \
            tables in its FROM and on the left: `lateral(users::table, posts::table.filter(posts::author_id.eq(users::id)).select(…))`"
)]
pub trait IsLateral<Left> {
    /// diesel's types of the columns.
    type SqlType;

    #[doc(hidden)]
    fn lateral<T>(self, name: &'static str) -> Derived<T>;
}

#[diagnostic::do_not_recommend]
impl<Left, Q> IsLateral<Left> for Q
where
    Q: SelectQuery + QueryFragment<Any>,
    exists<Q>: AppearsOnTable<Left>,
{
    type SqlType = <Q as SelectQuery>::SqlType;

    fn lateral<T>(self, name: &'static str) -> Derived<T> {
        Derived::new(name, &self, true)
    }
}

/// Types of a query that are those of a CTE's columns.
#[diagnostic::on_unimplemented(
    message = "the query returns `{Self}`, and the CTE's columns are `{Columns}`",
    label = "other columns than those of the struct",
    note = "`select(…)` the columns in the order of the struct's fields; `Nullable` is a field of type `Option`"
)]
pub trait FitColumns<Columns> {}

impl<T> FitColumns<T> for T {}

/// A query of one column without a tuple.
#[diagnostic::do_not_recommend]
impl<T> FitColumns<(T,)> for T {}
