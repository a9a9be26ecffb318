//! The terms of a WITH.

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::Cte;
use crate::backend::{Any, hide_from_debug, marks, push_separated};

/// Terms of a WITH, one or several.
pub trait Terms: QueryFragment<Any> + QueryId {
    #[doc(hidden)]
    const IS_RECURSIVE: bool;

    #[doc(hidden)]
    fn last(&mut self) -> &mut Materialized;
}

/// Whether the database keeps the rows of a term.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Materialized {
    #[default]
    Unsaid,
    Yes,
    No,
}

impl Materialized {
    const fn sql(self) -> &'static str {
        match self {
            Self::Unsaid => " AS (",
            Self::Yes => " AS MATERIALIZED (",
            Self::No => " AS NOT MATERIALIZED (",
        }
    }
}

/// A named query.
pub struct Term<C, B> {
    body: B,
    materialized: Materialized,
    cte: PhantomData<fn() -> C>,
}

impl<C, B> Term<C, B> {
    pub(super) fn new(body: B) -> Self {
        Self { body, materialized: Materialized::Unsaid, cte: PhantomData }
    }
}

impl<C, B: Clone> Clone for Term<C, B> {
    fn clone(&self) -> Self {
        Self { body: self.body.clone(), materialized: self.materialized, cte: PhantomData }
    }
}

impl<C, B: fmt::Debug> fmt::Debug for Term<C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Term").field(&self.body).finish()
    }
}

/// A term's query.
#[derive(Clone)]
pub struct Simple<Q>(pub(super) Q);

hide_from_debug!([Q] Simple[Q]);

/// A term that reads itself.
#[derive(Clone)]
pub struct Recursive<S, R> {
    pub(super) start: S,
    pub(super) step: R,
    pub(super) distinct: bool,
}

hide_from_debug!([S, R] Recursive[S, R]);

/// What a term consists of.
pub trait Body: QueryId {
    #[doc(hidden)]
    const IS_RECURSIVE: bool;

    /// Writes it as the query of `C`.
    #[doc(hidden)]
    fn walk<'b, C: Cte>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()>;
}

impl<Q: QueryId> QueryId for Simple<Q> {
    type QueryId = Simple<Q::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<S: QueryId, R: QueryId> QueryId for Recursive<S, R> {
    type QueryId = Recursive<S::QueryId, R::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = S::HAS_STATIC_QUERY_ID && R::HAS_STATIC_QUERY_ID;
}

impl<Q: QueryFragment<Any> + QueryId> Body for Simple<Q> {
    const IS_RECURSIVE: bool = false;

    fn walk<'b, C: Cte>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())
    }
}

/// The name of the start inside the term.
const START: &str = "__cte_start";

impl<S, R> Body for Recursive<S, R>
where
    S: QueryFragment<Any> + QueryId,
    R: QueryFragment<Any> + QueryId,
{
    const IS_RECURSIVE: bool = true;

    /// Both databases take the types and collations of the term from its start, and PostgreSQL refuses a step with
    /// others: `varchar(20)` isn't `text`. So the start becomes a query that says them. As such it may also have an
    /// order and a limit.
    fn walk<'b, C: Cte>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let dialect = out.backend().dialect();
        out.push_sql("WITH ");
        push_head::<C>(START, out)?;
        out.push_sql(" AS (");
        self.start.walk_ast(out.reborrow())?;
        out.push_sql(") SELECT ");
        push_separated(out, ", ", 0..C::COLUMNS.len(), |index, out| {
            out.push_identifier(C::COLUMNS[index])?;
            out.push_sql(&C::column_type(index).said(dialect));
            Ok(())
        })?;
        out.push_sql(" FROM ");
        out.push_identifier(START)?;
        out.push_sql(if self.distinct { " UNION " } else { " UNION ALL " });
        out.push_sql(marks::BEGIN);
        self.step.walk_ast(out.reborrow())?;
        out.push_identifier(marks::END_OF_STEP)
    }
}

/// Writes `"name"("a", "b")`.
fn push_head<C: Cte>(name: &str, out: &mut AstPass<'_, '_, Any>) -> QueryResult<()> {
    out.push_identifier(name)?;
    out.push_sql("(");
    push_separated(out, ", ", C::COLUMNS, |name, out| out.push_identifier(name))?;
    out.push_sql(")");
    Ok(())
}

impl<C: Cte, B: Body> Terms for Term<C, B> {
    const IS_RECURSIVE: bool = B::IS_RECURSIVE;

    fn last(&mut self) -> &mut Materialized {
        &mut self.materialized
    }
}

impl<C: Cte, B: Body> QueryFragment<Any> for Term<C, B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        push_head::<C>(C::NAME, &mut out)?;
        out.push_sql(self.materialized.sql());
        out.push_sql(marks::WITH_TERM);
        self.body.walk::<C>(&mut out)?;
        out.push_identifier(marks::END_OF_WITH_TERM)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<C: 'static, B: QueryId> QueryId for Term<C, B> {
    type QueryId = Term<C, B::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = B::HAS_STATIC_QUERY_ID;
}

/// Terms, and one more that may read them.
#[derive(Debug, Clone)]
pub struct Chain<A, B>(pub(super) A, pub(super) B);

impl<A: Terms, B: Terms> Terms for Chain<A, B> {
    const IS_RECURSIVE: bool = A::IS_RECURSIVE || B::IS_RECURSIVE;

    fn last(&mut self) -> &mut Materialized {
        self.1.last()
    }
}

impl<A: Terms, B: Terms> QueryFragment<Any> for Chain<A, B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.1.walk_ast(out)
    }
}

impl<A: QueryId, B: QueryId> QueryId for Chain<A, B> {
    type QueryId = Chain<A::QueryId, B::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = A::HAS_STATIC_QUERY_ID && B::HAS_STATIC_QUERY_ID;
}
