//! Common table expressions: named queries before a statement, which reads them like tables.

mod statement;
mod term;

use diesel::dsl::exists;
use diesel::expression::AppearsOnTable;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId, SelectQuery};

pub use self::statement::{Follows, Then, With};
pub use self::term::{Chain, Recursive, Simple, Term, Terms};
use crate::backend::{Any, AnyType};
use crate::column::{Derived, StructTable};

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
        With::new(Term::new(Simple(query.as_query())))
    }

    /// Makes a query a table of another one: a subselect in FROM. It has diesel's methods of tables:
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
        Derived::new(Self::NAME, &query.as_query(), false)
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
        Q: SelectQuery<SqlType: FitColumns<SqlTypes<Self>>> + QueryFragment<Any>,
        exists<Q>: AppearsOnTable<Left>,
    {
        let _ = left;
        Derived::new(Self::NAME, &query, true)
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
        let (start, step) = (start.as_query(), step.as_query());
        With::new(Term::new(Recursive { start, step, distinct: false }))
    }

    /// Works like [`recursive`](Cte::recursive), but leaves out rows that were found before (`UNION`). So it ends if
    /// there are only so many different rows, even if they refer to each other in a circle.
    fn recursive_distinct<S: Returns<Self>, R: Returns<Self>>(
        start: S,
        step: R,
    ) -> WithRecursive<Self, S, R> {
        let (start, step) = (start.as_query(), step.as_query());
        With::new(Term::new(Recursive { start, step, distinct: true }))
    }
}

/// A recursive query with a name, from a start and a step.
pub type WithRecursive<C, S, R> =
    With<Term<C, Recursive<<S as AsQuery>::Query, <R as AsQuery>::Query>>>;

/// diesel's types of a CTE's columns.
type SqlTypes<C> = <<C as Cte>::Dsl as AsQuery>::SqlType;

/// A query that returns the columns of a CTE.
pub trait Returns<C: Cte>: AsQuery<Query: QueryFragment<Any> + QueryId> {}

impl<C, Q> Returns<C> for Q
where
    C: Cte,
    Q: AsQuery<SqlType: FitColumns<SqlTypes<C>>, Query: QueryFragment<Any> + QueryId>,
{
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
