//! A query as a part of a condition or of what another one selects.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping,
    is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, IntoNullable, SingleValue as IsSingle};

use super::build::Query;
use super::select::Columns;
use super::selection::Selection;
use crate::backend::{Any, hide_from_debug};
use crate::table::Table;

impl<'q, T: Table, L> Query<'q, T, L> {
    /// Returns the condition that the query finds a row, for a query of any table:
    /// `Invoice::query().filter(Freeze::query().filter(freezes::active.eq(true)).has_row())`. It is the same for each row
    /// of the outer query. If it depends on that row, use `exists()` of a [relation](crate::relation::Related::exists).
    pub fn has_row(self) -> HasRow<'q, T, L> {
        HasRow { query: self }
    }
}

impl<'q, T: Table, L, E> Selection<'q, T, L, E>
where
    E: Expression<SqlType: IsSingle + IntoNullable>,
{
    /// Returns the value of the first row, to compare with a column or to select beside others; NULL if there is no
    /// row:
    ///
    /// ```ignore
    /// let newest = Price::query().order_by(prices::id.desc()).select(prices::amount);
    /// let dearer = Order::query().filter(orders::amount.nullable().gt(newest.single_value())).all(&db)?;
    /// ```
    pub fn single_value(mut self) -> SingleValue<Self, <E::SqlType as IntoNullable>::Nullable> {
        let clauses = &mut self.query.clauses;
        clauses.limit = Some(clauses.limit.map_or(1, |limit| limit.min(1)));
        SingleValue { selection: self, ty: PhantomData }
    }
}

/// The condition that a query finds a row, from [`Query::has_row`].
pub struct HasRow<'q, T: Table, L> {
    query: Query<'q, T, L>,
}

impl<T: Table, L: Clone> Clone for HasRow<'_, T, L> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone() }
    }
}

impl<T: Table, L> std::fmt::Debug for HasRow<'_, T, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HasRow").field(&self.query).finish()
    }
}

impl<T: Table, L> QueryFragment<Any> for HasRow<'_, T, L> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        // The type doesn't determine the filters.
        out.unsafe_to_cache_prepared();
        out.push_sql("EXISTS (");
        self.query.walk_as(Columns::One, &mut out)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<T: Table, L> Expression for HasRow<'_, T, L> {
    type SqlType = Bool;
}

impl<T: Table, L, QS> AppearsOnTable<QS> for HasRow<'_, T, L> {}

impl<T: Table, L, QS> SelectableExpression<QS> for HasRow<'_, T, L> {}

impl<T: Table, L, GB> ValidGrouping<GB> for HasRow<'_, T, L> {
    type IsAggregate = is_aggregate::Never;
}

impl<T: Table, L> QueryId for HasRow<'_, T, L> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// The value of a query's first row, from [`Selection::single_value`].
#[derive(Clone)]
pub struct SingleValue<S, ST> {
    selection: S,
    ty: PhantomData<fn() -> ST>,
}

hide_from_debug!([S, ST] SingleValue[S, ST]);

impl<S: QueryFragment<Any>, ST> QueryFragment<Any> for SingleValue<S, ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("(");
        self.selection.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl<S, ST: TypedExpressionType> Expression for SingleValue<S, ST> {
    type SqlType = ST;
}

impl<S, ST: TypedExpressionType, QS> AppearsOnTable<QS> for SingleValue<S, ST> {}

impl<S, ST: TypedExpressionType, QS> SelectableExpression<QS> for SingleValue<S, ST> {}

impl<S, ST, GB> ValidGrouping<GB> for SingleValue<S, ST> {
    type IsAggregate = is_aggregate::Never;
}

impl<S, ST> QueryId for SingleValue<S, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
