//! Equality that treats NULL like any other value.

use diesel::QueryResult;
use diesel::expression::{AsExpression, Expression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, SqlType};

use super::parts::used_like_its_parts;
use crate::backend::Any;
use crate::backend::hide_from_debug;

/// `is_not_distinct_from(…)` and `is_distinct_from(…)`, on both databases.
///
/// diesel has methods with these names for PostgreSQL only, in `diesel::prelude`.
#[allow(clippy::wrong_self_convention, reason = "diesel's names, and its way to take expressions")]
pub trait NullSafeDsl: Expression + Sized {
    /// Returns the condition that both are equal, or both are NULL. It is never NULL itself.
    fn is_not_distinct_from<T>(self, other: T) -> DistinctFrom<Self, T::Expression, false>
    where
        Self::SqlType: SqlType,
        T: AsExpression<Self::SqlType>,
    {
        DistinctFrom { left: self, right: other.as_expression() }
    }

    /// Returns the opposite condition.
    fn is_distinct_from<T>(self, other: T) -> DistinctFrom<Self, T::Expression, true>
    where
        Self::SqlType: SqlType,
        T: AsExpression<Self::SqlType>,
    {
        DistinctFrom { left: self, right: other.as_expression() }
    }
}

impl<E: Expression> NullSafeDsl for E {}

/// The condition that [`NullSafeDsl`] returns.
#[derive(Clone, Copy, ValidGrouping)]
pub struct DistinctFrom<L, R, const DISTINCT: bool> {
    left: L,
    right: R,
}

hide_from_debug!([L, R, const DISTINCT: bool] DistinctFrom[L, R, DISTINCT]);

impl<L: QueryId, R: QueryId, const DISTINCT: bool> QueryId for DistinctFrom<L, R, DISTINCT> {
    type QueryId = DistinctFrom<L::QueryId, R::QueryId, DISTINCT>;
    const HAS_STATIC_QUERY_ID: bool = L::HAS_STATIC_QUERY_ID && R::HAS_STATIC_QUERY_ID;
    const IS_WINDOW_FUNCTION: bool = L::IS_WINDOW_FUNCTION || R::IS_WINDOW_FUNCTION;
}

impl<L: Expression, R: Expression, const DISTINCT: bool> Expression
    for DistinctFrom<L, R, DISTINCT>
{
    type SqlType = Bool;
}

used_like_its_parts!([L, R] [const DISTINCT: bool] DistinctFrom<L, R, DISTINCT>);

impl<L, R, const DISTINCT: bool> QueryFragment<Any> for DistinctFrom<L, R, DISTINCT>
where
    L: QueryFragment<Any>,
    R: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("(");
        self.left.walk_ast(out.reborrow())?;
        out.push_sql(if DISTINCT { " IS DISTINCT FROM " } else { " IS NOT DISTINCT FROM " });
        self.right.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}
