//! GROUP BY an expression that the query selects.

use diesel::QueryResult;
use diesel::expression::is_contained_in_group_by::Yes;
use diesel::expression::{
    AppearsOnTable, Expression, IsContainedInGroupBy, SelectableExpression, ValidGrouping,
    is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use crate::backend::{Any, hide_from_debug};

/// Names an expression that a query selects, so that it can group and sort by it:
///
/// ```
/// # use diesel::prelude::*;
/// # use diesel::dsl::count_star;
/// # use orm_core::{Db, Executor, dsl::key};
/// # diesel::table! { people { id -> BigInt, age -> Integer } }
/// # fn f(db: &Db) -> orm_core::Result<()> {
/// let decade = key("decade", people::age / 10);
/// let ages: Vec<(i32, i64)> = db.load(
///     people::table.group_by(decade.name()).order(decade.name().desc()).select((decade, count_star())),
/// )?;
/// # Ok(())
/// # }
/// ```
///
/// Writing the expression twice doesn't do on PostgreSQL if it contains a value, as the 10 above: there the expressions
/// are two, of two parameters. For several expressions or columns beside one, use a [`subquery`](crate::Cte::subquery) that
/// computes them.
///
/// The expression can be selected as a column, and not be a part of another expression.
pub fn key<E: Expression>(name: &'static str, expression: E) -> Key<E> {
    Key { name, expression }
}

/// A selected expression with a name, from [`key`].
#[derive(Clone, Copy)]
pub struct Key<E> {
    name: &'static str,
    expression: E,
}

hide_from_debug!([E] Key[E]);

impl<E> Key<E> {
    /// Returns the expression for `group_by` and `order`.
    pub fn name(&self) -> KeyName<E> {
        KeyName { name: self.name, of: std::marker::PhantomData }
    }
}

/// The name of a selected expression, from [`Key::name`].
pub struct KeyName<E> {
    name: &'static str,
    of: std::marker::PhantomData<fn() -> E>,
}

hide_from_debug!([E] KeyName[E]);

impl<E> Clone for KeyName<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for KeyName<E> {}

/// Writes the name. No column has it: PostgreSQL would group by the column.
fn push_name(name: &str, out: &mut AstPass<'_, '_, Any>) -> QueryResult<()> {
    out.push_identifier(&format!("__key_{name}"))
}

impl<E: Expression> Expression for Key<E> {
    type SqlType = E::SqlType;
}

impl<E: Expression> Expression for KeyName<E> {
    type SqlType = E::SqlType;
}

impl<E, QS> AppearsOnTable<QS> for Key<E> where E: AppearsOnTable<QS> {}
impl<E, QS> AppearsOnTable<QS> for KeyName<E> where E: AppearsOnTable<QS> {}
impl<E, QS> SelectableExpression<QS> for Key<E> where E: SelectableExpression<QS> {}

impl<E> IsContainedInGroupBy<Key<E>> for KeyName<E> {
    type Output = Yes;
}

impl<E, GroupBy> ValidGrouping<GroupBy> for Key<E>
where
    GroupBy: IsContainedInGroupBy<Self, Output = Yes>,
{
    type IsAggregate = is_aggregate::Yes;
}

impl<E, GroupBy> ValidGrouping<GroupBy> for KeyName<E> {
    type IsAggregate = is_aggregate::Yes;
}

impl<E: QueryFragment<Any>> QueryFragment<Any> for Key<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        self.expression.walk_ast(out.reborrow())?;
        out.push_sql(" AS ");
        push_name(self.name, &mut out)
    }
}

impl<E> QueryFragment<Any> for KeyName<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        push_name(self.name, &mut out)
    }
}

/// The type doesn't determine the name.
impl<E> QueryId for Key<E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E> QueryId for KeyName<E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
