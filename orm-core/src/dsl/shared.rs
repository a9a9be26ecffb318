//! Expressions without their concrete type that can be cloned.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, NonAggregate, SelectableExpression, TypedExpressionType,
    ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use crate::backend::Any;

/// An expression of the SQL type `ST` on the table `QS`, of any concrete type.
///
/// Use it for conditions that are put together at run time, like diesel's `Box<dyn BoxableExpression<…>>`, if they
/// are to be cloned, or shared by threads.
///
/// ```ignore
/// type Condition = Shared<'static, users::table, Bool>;
///
/// let mut condition: Condition = Shared::new(users::active.eq(true));
/// if let Some(name) = name {
///     condition = Shared::new(condition.and(users::name.eq(name)));
/// }
/// let users = User::query().filter(condition).all(&db)?;
/// ```
pub struct Shared<'e, QS, ST> {
    expression: Arc<dyn QueryFragment<Any> + Send + Sync + 'e>,
    of: PhantomData<fn() -> (QS, ST)>,
}

impl<'e, QS, ST> Shared<'e, QS, ST> {
    /// Wraps an expression, and hides its type.
    pub fn new<E>(expression: E) -> Self
    where
        E: Expression<SqlType = ST>
            + SelectableExpression<QS>
            + NonAggregate
            + QueryFragment<Any>
            + Send
            + Sync
            + 'e,
        ST: TypedExpressionType,
    {
        Self { expression: Arc::new(expression), of: PhantomData }
    }
}

impl<QS, ST> Clone for Shared<'_, QS, ST> {
    fn clone(&self) -> Self {
        Self { expression: Arc::clone(&self.expression), of: PhantomData }
    }
}

impl<QS, ST> fmt::Debug for Shared<'_, QS, ST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<QS, ST: TypedExpressionType> Expression for Shared<'_, QS, ST> {
    type SqlType = ST;
}

impl<QS, ST: TypedExpressionType> AppearsOnTable<QS> for Shared<'_, QS, ST> {}

impl<QS, ST: TypedExpressionType> SelectableExpression<QS> for Shared<'_, QS, ST> {}

impl<QS, ST> ValidGrouping<()> for Shared<'_, QS, ST> {
    type IsAggregate = is_aggregate::No;
}

impl<QS, ST> QueryFragment<Any> for Shared<'_, QS, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.expression.walk_ast(out)
    }
}

/// The type doesn't determine the SQL.
impl<QS, ST> QueryId for Shared<'_, QS, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
