//! WITH, and the statement after it.

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::query_builder::{
    AsQuery, AstPass, DeleteStatement, InsertStatement, Query, QueryFragment, QueryId,
    UpdateStatement,
};
use diesel::query_dsl::methods::LimitDsl;

use super::term::{Chain, Materialized, Terms};
use crate::backend::{Any, marks, render};
use crate::dialect::Dialect;
use crate::run::TakesTerms;

/// Named queries before a statement, from [`Cte::with`](super::Cte::with) and
/// [`Cte::recursive`](super::Cte::recursive).
#[derive(Clone)]
#[must_use = "named queries do nothing before the statement of `then`"]
pub struct With<T> {
    terms: T,
}

impl<T: QueryFragment<Any>> fmt::Debug for With<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sql = render(&self.terms, Dialect::EITHER).unwrap_or_default();
        f.debug_tuple("With").field(&sql).finish()
    }
}

impl<T> With<T> {
    pub(super) fn new(terms: T) -> Self {
        Self { terms }
    }
}

impl<T: Terms> With<T> {
    /// Adds named queries. They may read those before them.
    pub fn with<U: Terms>(self, next: With<U>) -> With<Chain<T, U>> {
        With::new(Chain(self.terms, next.terms))
    }

    /// Makes the database compute the rows of the last query once, whatever reads them.
    pub fn materialized(mut self) -> Self {
        *self.terms.last() = Materialized::Yes;
        self
    }

    /// Lets the database compute the rows of the last query for each of its readers, with their conditions.
    pub fn not_materialized(mut self) -> Self {
        *self.terms.last() = Materialized::No;
        self
    }

    /// Returns the statement that reads the named queries: any diesel SELECT, INSERT, UPDATE or DELETE, or a
    /// [`Query`](crate::Query) or what it [selects](crate::Query::select). Run it as you would run the statement alone.
    ///
    /// A [`Query`](crate::Query) stays one: all that it does afterwards has this WITH.
    ///
    /// ```ignore
    /// let large = totals.then(Order::query()).filter(exists(
    ///     region_totals::table.filter(region_totals::region.eq(orders::region)).filter(region_totals::total.gt(limit)),
    /// ));
    /// let page = large.order_by(orders::id).page(&db, 1, 20)?;
    /// ```
    ///
    /// The statements that load its relations have no WITH: a filter of a relation may have its own, see below.
    ///
    /// A diesel SELECT with its WITH can also be a part of a condition, of a [`Query`](crate::Query) as well:
    /// `orders::region.eq_any(totals.then(…))`. See also [`exists`](With::exists).
    pub fn then<S: Follows<T, How>, How>(self, statement: S) -> S::After {
        statement.after(self)
    }

    /// Returns the text before a statement that may be only a part of one.
    pub(super) fn then_part<S>(self, statement: S) -> Then<T, S> {
        Then { terms: self.terms, statement }
    }
}

/// What can follow a WITH. `How` keeps the implementations apart.
#[diagnostic::on_unimplemented(
    message = "this can't follow a WITH: `{Self}`",
    label = "not a statement, or one that names columns of a table that it doesn't read",
    note = "`then` takes a diesel SELECT, INSERT, UPDATE or DELETE, or mizzle's `X::query()`",
    note = "a SELECT may only name columns of the tables and CTEs in its FROM: join them, `a::table.inner_join(b::table.on(…))`"
)]
pub trait Follows<T, How> {
    /// The whole.
    type After;

    #[doc(hidden)]
    fn after(self, with: With<T>) -> Self::After;
}

/// How a query follows.
#[derive(Debug)]
pub enum AsRows {}
/// How a table follows.
#[derive(Debug)]
pub enum AsTable {}
/// How a statement follows that returns no rows.
#[derive(Debug)]
pub enum AsWrite {}
/// How mizzle's own query follows.
#[derive(Debug)]
pub struct AsQueryOf<'q>(PhantomData<&'q ()>);

#[diagnostic::do_not_recommend]
impl<T: Terms, S: Query> Follows<T, AsRows> for S {
    type After = Then<T, S>;

    fn after(self, with: With<T>) -> Self::After {
        with.then_part(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Terms, S: diesel::Table + AsQuery> Follows<T, AsTable> for S {
    type After = Then<T, S::Query>;

    fn after(self, with: With<T>) -> Self::After {
        with.then_part(self.as_query())
    }
}

#[diagnostic::do_not_recommend]
impl<'q, T, S> Follows<T, AsQueryOf<'q>> for S
where
    T: Terms + Send + 'q,
    S: TakesTerms<'q>,
{
    type After = S;

    fn after(self, with: With<T>) -> S {
        self.take_terms(with.terms, T::IS_RECURSIVE)
    }
}

macro_rules! writes {
    ($([$($parameters:tt)*] $statement:ty;)*) => {
        $(#[diagnostic::do_not_recommend]
        impl<A: Terms, $($parameters)*> Follows<A, AsWrite> for $statement
        where
            Self: QueryFragment<Any>,
        {
            type After = Then<A, Self>;

            fn after(self, with: With<A>) -> Self::After {
                with.then_part(self)
            }
        })*
    };
}

writes! {
    [T: diesel::QuerySource, U, Op] InsertStatement<T, U, Op>;
    [T: diesel::QuerySource, U, V] UpdateStatement<T, U, V>;
    [T: diesel::QuerySource, U] DeleteStatement<T, U>;
}

/// A statement after a WITH, from [`With::then`].
#[derive(Clone)]
#[must_use = "a statement does nothing before it is run"]
pub struct Then<T, S> {
    terms: T,
    statement: S,
}

impl<T: Terms, S: QueryFragment<Any>> fmt::Debug for Then<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sql = render(self, Dialect::EITHER).unwrap_or_default();
        f.debug_tuple("Then").field(&sql).finish()
    }
}

impl<T: Terms, S: QueryFragment<Any>> QueryFragment<Any> for Then<T, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(if T::IS_RECURSIVE { "WITH RECURSIVE " } else { "WITH " });
        self.terms.walk_ast(out.reborrow())?;
        out.push_sql(" ");
        out.push_sql(marks::END_OF_WITH);
        // A limit that `first` adds is never that of a term.
        out.push_sql(marks::LIMIT);
        self.statement.walk_ast(out)
    }
}

impl<T: QueryId, S: QueryId> QueryId for Then<T, S> {
    type QueryId = Then<T::QueryId, S::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID && S::HAS_STATIC_QUERY_ID;
}

impl<T: QueryId, S: Query> Query for Then<T, S> {
    type SqlType = S::SqlType;
}

impl<T, S, C> diesel::RunQueryDsl<C> for Then<T, S> {}

/// Needed for [`Executor::first`](crate::Executor::first), which adds a limit.
impl<T, S: LimitDsl> LimitDsl for Then<T, S> {
    type Output = Then<T, S::Output>;

    fn limit(self, limit: i64) -> Self::Output {
        Then { terms: self.terms, statement: self.statement.limit(limit) }
    }
}
