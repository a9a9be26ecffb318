//! Comparisons of several values at a time.

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, TypedExpressionType,
    ValidGrouping,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Nullable, SqlType};

use super::call::Arguments;
use crate::backend::{Any, hide_from_debug};

/// Combines two to four expressions into a row, to compare it with another one:
/// `row((people::age, people::id)).gt((last.age, last.id))`.
///
/// The first values that differ decide, as in an order. The result is NULL if a NULL comes first; `eq` and `ne` find other
/// values that differ first.
pub fn row<L: Arguments>(expressions: L) -> RowOf<L> {
    RowOf { expressions }
}

/// Expressions to compare, from [`row`].
#[derive(Clone, Copy)]
#[must_use = "a row is not a condition before it is compared"]
pub struct RowOf<L> {
    expressions: L,
}

hide_from_debug!([L] RowOf[L]);

/// A tuple with a value, or an expression, for each expression of the row `L`.
#[diagnostic::on_unimplemented(
    message = "the row `{L}` can't be compared with `{Self}`",
    label = "not a tuple with a value for each expression of the row",
    note = "give a tuple of as many values, in the same order and each of its column's type: `row((a, b)).gt((1, \"x\"))`"
)]
pub trait OfRow<L> {
    /// The values as expressions.
    type Expressions: Arguments;

    /// Returns the values as expressions.
    fn expressions(self) -> Self::Expressions;
}

macro_rules! rows {
    ($($($left:ident $right:ident $place:tt),+;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<$($left, $right),+> OfRow<($($left,)+)> for ($($right,)+)
            where
                $(
                    $left: Expression<SqlType: SqlType + TypedExpressionType>,
                    $right: AsExpression<$left::SqlType, Expression: QueryFragment<Any>>,
                )+
            {
                type Expressions = ($($right::Expression,)+);

                fn expressions(self) -> Self::Expressions {
                    ($(self.$place.as_expression(),)+)
                }
            }
        )*
    };
}

rows! {
    A V 0, B W 1;
    A V 0, B W 1, C X 2;
    A V 0, B W 1, C X 2, D Y 3;
}

// Written out: the compiler shows the signature after an error, and all of a macro if one writes it.
impl<L> RowOf<L> {
    /// Returns the condition that the row equals the values.
    pub fn eq<R: OfRow<L>>(self, values: R) -> Compared<L, R::Expressions> {
        Compared::new(self, ") = (", values)
    }

    /// Returns the condition that the row differs from the values.
    pub fn ne<R: OfRow<L>>(self, values: R) -> Compared<L, R::Expressions> {
        Compared::new(self, ") <> (", values)
    }

    /// Returns the condition that the row is before the values.
    pub fn lt<R: OfRow<L>>(self, values: R) -> Compared<L, R::Expressions> {
        Compared::new(self, ") < (", values)
    }

    /// Returns the condition that the row is before the values, or equals them.
    pub fn le<R: OfRow<L>>(self, values: R) -> Compared<L, R::Expressions> {
        Compared::new(self, ") <= (", values)
    }

    /// Returns the condition that the row is after the values.
    pub fn gt<R: OfRow<L>>(self, values: R) -> Compared<L, R::Expressions> {
        Compared::new(self, ") > (", values)
    }

    /// Returns the condition that the row is after the values, or equals them.
    pub fn ge<R: OfRow<L>>(self, values: R) -> Compared<L, R::Expressions> {
        Compared::new(self, ") >= (", values)
    }
}

/// The condition that a comparison of a [`row`] returns.
#[derive(Clone, Copy)]
pub struct Compared<L, R> {
    left: L,
    operator: &'static str,
    right: R,
}

hide_from_debug!([L, R] Compared[L, R]);

impl<L, R> Compared<L, R> {
    fn new(row: RowOf<L>, operator: &'static str, values: impl OfRow<L, Expressions = R>) -> Self {
        Self { left: row.expressions, operator, right: values.expressions() }
    }
}

impl<L, R> Expression for Compared<L, R> {
    type SqlType = Nullable<Bool>;
}

impl<L, R, GroupBy> ValidGrouping<GroupBy> for Compared<L, R>
where
    (L, R): ValidGrouping<GroupBy>,
{
    type IsAggregate = <(L, R) as ValidGrouping<GroupBy>>::IsAggregate;
}

impl<L, R, QS> SelectableExpression<QS> for Compared<L, R>
where
    L: SelectableExpression<QS>,
    R: SelectableExpression<QS>,
{
}

impl<L: AppearsOnTable<QS>, R: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Compared<L, R> {}

/// The type doesn't determine the operator.
impl<L, R> QueryId for Compared<L, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<L: Arguments, R: Arguments> QueryFragment<Any> for Compared<L, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("((");
        self.left.list(out.reborrow())?;
        out.push_sql(self.operator);
        self.right.list(out.reborrow())?;
        out.push_sql("))");
        Ok(())
    }
}
