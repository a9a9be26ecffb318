//! Operators of PostgreSQL that are functions of mizzle's on SQLite.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::SqlType;

use crate::backend::Any;
use crate::backend::hide_from_debug;

/// An operator.
pub trait Operator: 'static {
    /// PostgreSQL's SQL before, between and after the two sides.
    const POSTGRES: [&'static str; 3];
    /// The beginning of a call of the function that mizzle registers on SQLite.
    const CALL: &'static str;
    /// How SQLite compares the result, as a mark, if it has to be told.
    const COLLATION: Option<&'static str>;
}

/// The expression that an operator returns.
#[derive(Clone, Copy, QueryId)]
pub struct Operation<L, R, O, ST> {
    left: L,
    right: R,
    operator: PhantomData<(O, ST)>,
}

hide_from_debug!([L, R, O, ST] Operation[L, R, O, ST]);

impl<L, R, O, ST> Operation<L, R, O, ST> {
    pub(super) const fn new(left: L, right: R) -> Self {
        Self { left, right, operator: PhantomData }
    }
}

impl<L, R, O, ST: SqlType + TypedExpressionType> Expression for Operation<L, R, O, ST> {
    type SqlType = ST;
}

impl<L, R, O, ST, GroupBy> ValidGrouping<GroupBy> for Operation<L, R, O, ST>
where
    (L, R): ValidGrouping<GroupBy>,
{
    type IsAggregate = <(L, R) as ValidGrouping<GroupBy>>::IsAggregate;
}

impl<L, R, O, ST, QS> SelectableExpression<QS> for Operation<L, R, O, ST>
where
    Self: AppearsOnTable<QS>,
    L: SelectableExpression<QS>,
    R: SelectableExpression<QS>,
{
}

impl<L, R, O, ST, QS> AppearsOnTable<QS> for Operation<L, R, O, ST>
where
    Self: Expression,
    L: AppearsOnTable<QS>,
    R: AppearsOnTable<QS>,
{
}

impl<L, R, O, ST> QueryFragment<Any> for Operation<L, R, O, ST>
where
    L: QueryFragment<Any>,
    R: QueryFragment<Any>,
    O: Operator,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if out.backend().dialect().capabilities().json_operators {
            let [before, between, after] = O::POSTGRES;
            out.push_sql(before);
            self.left.walk_ast(out.reborrow())?;
            out.push_sql(between);
            self.right.walk_ast(out.reborrow())?;
            out.push_sql(after);
            return Ok(());
        }
        out.push_sql("(");
        out.push_sql(O::CALL);
        self.left.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.right.walk_ast(out.reborrow())?;
        out.push_sql(")");
        if let Some(collation) = O::COLLATION {
            out.push_sql(collation);
        }
        out.push_sql(")");
        Ok(())
    }
}
