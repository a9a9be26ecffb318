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

/// Makes two to four expressions a row, to compare it with another one:
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
    label = "not a tuple with a value for each expression of the row"
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

macro_rules! comparisons {
    ($($method:ident, $sql:literal, $doc:literal;)*) => {
        impl<L> RowOf<L> {
            $(
                #[doc = concat!("Returns the condition that the row ", $doc, ".")]
                pub fn $method<R: OfRow<L>>(self, values: R) -> Compared<L, R::Expressions> {
                    Compared { left: self.expressions, operator: $sql, right: values.expressions() }
                }
            )*
        }
    };
}

comparisons! {
    eq, ") = (", "equals the values";
    ne, ") <> (", "differs from the values";
    lt, ") < (", "is before the values";
    le, ") <= (", "is before the values, or equals them";
    gt, ") > (", "is after the values";
    ge, ") >= (", "is after the values, or equals them";
}

/// The condition that a comparison of a [`row`] returns.
#[derive(Clone, Copy)]
pub struct Compared<L, R> {
    left: L,
    operator: &'static str,
    right: R,
}

hide_from_debug!([L, R] Compared[L, R]);

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
