//! A statement after a WITH as a part of a condition: the whole of it stands inside `IN (…)` or `EXISTS (…)`.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::dsl::exists;
use diesel::expression::array_comparison::{AsInExpression, InExpression};
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping,
    is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId, SelectQuery};
use diesel::sql_types::{Bool, IntoNullable, SingleValue, SqlType};

use super::{Terms, Then, With};
use crate::backend::{Any, hide_from_debug};

impl<T: Terms> With<T> {
    /// Returns the condition that a diesel SELECT on the named queries has a row. It may name columns of the query that it is a
    /// condition of: `totals.exists(region_totals::table.filter(region_totals::region.eq(regions::name)))`.
    pub fn exists<S: SelectQuery + QueryFragment<Any>>(self, select: S) -> HasRow<T, S> {
        HasRow { then: self.then_part(select) }
    }
}

impl<T, S, ST> AsInExpression<ST> for Then<T, S>
where
    S: SelectQuery,
    S::SqlType: SingleValue + IntoNullable,
    ST: SqlType + IntoNullable<Nullable = <S::SqlType as IntoNullable>::Nullable>,
{
    type InExpression = ValuesOf<T, S, ST>;

    fn as_in_expression(self) -> Self::InExpression {
        ValuesOf { then: self, ty: PhantomData }
    }
}

/// The values of a statement, compared with a column of type `ST`.
pub struct ValuesOf<T, S, ST> {
    then: Then<T, S>,
    ty: PhantomData<fn() -> ST>,
}

/// The condition that a statement returns a row, from [`With::exists`].
#[derive(Clone)]
pub struct HasRow<T, S> {
    then: Then<T, S>,
}

hide_from_debug!([T, S, ST] ValuesOf[T, S, ST]);
hide_from_debug!([T, S] HasRow[T, S]);

impl<T: Clone, S: Clone, ST> Clone for ValuesOf<T, S, ST> {
    fn clone(&self) -> Self {
        Self { then: self.then.clone(), ty: PhantomData }
    }
}

impl<T, S, ST: SqlType> InExpression for ValuesOf<T, S, ST> {
    type SqlType = ST;

    fn is_empty(&self) -> bool {
        false
    }

    fn is_array(&self) -> bool {
        false
    }
}

impl<T, S, ST: SqlType + TypedExpressionType> Expression for ValuesOf<T, S, ST> {
    type SqlType = ST;
}

impl<T, S> Expression for HasRow<T, S> {
    type SqlType = Bool;
}

// diesel's own rule for the columns of an inner query is private, but its `exists` has it.
impl<T, S, ST, QS> AppearsOnTable<QS> for ValuesOf<T, S, ST>
where
    Self: Expression,
    exists<S>: AppearsOnTable<QS>,
{
}

impl<T, S, ST, QS> SelectableExpression<QS> for ValuesOf<T, S, ST>
where
    Self: AppearsOnTable<QS>,
    exists<S>: SelectableExpression<QS>,
{
}

impl<T, S, QS> AppearsOnTable<QS> for HasRow<T, S> where exists<S>: AppearsOnTable<QS> {}

impl<T, S, QS> SelectableExpression<QS> for HasRow<T, S>
where
    Self: AppearsOnTable<QS>,
    exists<S>: SelectableExpression<QS>,
{
}

impl<T, S, ST, GB> ValidGrouping<GB> for ValuesOf<T, S, ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<T, S, GB> ValidGrouping<GB> for HasRow<T, S> {
    type IsAggregate = is_aggregate::Never;
}

impl<T: QueryId, S: QueryId, ST: 'static> QueryId for ValuesOf<T, S, ST> {
    type QueryId = ValuesOf<T::QueryId, S::QueryId, ST>;
    const HAS_STATIC_QUERY_ID: bool = <Then<T, S> as QueryId>::HAS_STATIC_QUERY_ID;
}

impl<T: QueryId, S: QueryId> QueryId for HasRow<T, S> {
    type QueryId = HasRow<T::QueryId, S::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = <Then<T, S> as QueryId>::HAS_STATIC_QUERY_ID;
}

impl<T: Terms, S: QueryFragment<Any>, ST> QueryFragment<Any> for ValuesOf<T, S, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.then.walk_ast(out)
    }
}

impl<T: Terms, S: QueryFragment<Any>> QueryFragment<Any> for HasRow<T, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("EXISTS (");
        self.then.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}
