//! `+ - * /` on number columns, which fail if the result doesn't fit, on both databases.
//!
//! SQLite computes with 64 bits whatever the column's type, continues in floating point beyond these, and returns NULL
//! for a division by zero. PostgreSQL fails in each of these cases, so here SQLite does too.

use diesel::QueryResult;
use diesel::expression::{AsExpression, Expression, TypedExpressionType, ValidGrouping};
use diesel::internal::table_macro::ops as plain;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{HasSqlType, SqlType, ops};

use super::call::walk_operand;
use super::parts::used_like_its_parts;
use crate::backend::hide_from_debug;
use crate::backend::{Any, Kind};
use crate::schema::Family;

/// An arithmetic operator.
pub trait Operator: 'static {
    /// The operator in the SQL of both databases.
    const SYMBOL: &'static str;
    /// The beginning of a call of the function that mizzle registers on SQLite, with the operator as its first
    /// argument.
    const CALL: &'static str;
}

/// The right side of the operator `O` after a column `L`, for columns whose arithmetic is `A`.
#[diagnostic::on_unimplemented(
    message = "arithmetic of the column `{L}` and `{Self}` is not defined",
    label = "not a number of the column's type, or the column is not a number"
)]
pub trait Operand<L, O, A> {
    /// The expression.
    type Output;

    /// Combines the column and the value.
    fn apply(self, left: L) -> Self::Output;
}

/// Arithmetic that fails if the result doesn't fit.
#[derive(Debug)]
pub struct Exact;

/// diesel's arithmetic, for dates and times.
#[derive(Debug)]
pub struct Plain;

/// The expression that `column + value` and the like return.
#[derive(Clone, Copy, QueryId)]
pub struct Checked<L, R, O> {
    left: L,
    right: R,
    operator: std::marker::PhantomData<O>,
}

hide_from_debug!([L, R, O] Checked[L, R, O]);

impl<L, R, O> Checked<L, R, O> {
    /// Combines `left` and `right` by the operator.
    pub fn new(left: L, right: R) -> Self {
        Self { left, right, operator: std::marker::PhantomData }
    }
}

macro_rules! operand {
    ($name:ident, $arithmetic:ident, $output:ty, $new:path) => {
        #[diagnostic::do_not_recommend]
        impl<L, R> Operand<L, $name, $arithmetic> for R
        where
            L: Expression,
            L::SqlType: ops::$name,
            <L::SqlType as ops::$name>::Rhs: SqlType + TypedExpressionType,
            R: AsExpression<<L::SqlType as ops::$name>::Rhs>,
        {
            type Output = $output;

            fn apply(self, left: L) -> Self::Output {
                $new(left, self.as_expression())
            }
        }
    };
}

macro_rules! operators {
    ($($name:ident, $method:ident, $symbol:literal, $number:literal;)*) => {
        $(
            #[doc = concat!("The operator `", $symbol, "`.")]
            #[derive(Debug, Clone, Copy, QueryId)]
            pub struct $name;

            impl Operator for $name {
                const SYMBOL: &'static str = concat!(" ", $symbol, " ");
                const CALL: &'static str = concat!("mizzle_checked(", $number, ", ");
            }

            operand!($name, Exact, Checked<L, R::Expression, $name>, Checked::new);
            operand!($name, Plain, plain::$name<L, R::Expression>, plain::$name::new);

            impl<L, R, O, Other> std::ops::$name<Other> for Checked<L, R, O>
            where
                L: Expression,
                L::SqlType: SqlType + ops::$name,
                <L::SqlType as ops::$name>::Rhs: TypedExpressionType,
                Other: AsExpression<<L::SqlType as ops::$name>::Rhs>,
            {
                type Output = Checked<Self, Other::Expression, $name>;

                fn $method(self, other: Other) -> Self::Output {
                    Checked::new(self, other.as_expression())
                }
            }
        )*
    };
}

operators! {
    Add, add, "+", 0;
    Sub, sub, "-", 1;
    Mul, mul, "*", 2;
    Div, div, "/", 3;
}

impl<L: Expression, R: Expression, O> Expression for Checked<L, R, O> {
    type SqlType = L::SqlType;
}

impl<L, R, O, GroupBy> ValidGrouping<GroupBy> for Checked<L, R, O>
where
    (L, R): ValidGrouping<GroupBy>,
{
    type IsAggregate = <(L, R) as ValidGrouping<GroupBy>>::IsAggregate;
}

used_like_its_parts!([L, R] [O] Checked<L, R, O>);

impl<L, R, O> QueryFragment<Any> for Checked<L, R, O>
where
    L: Expression + QueryFragment<Any>,
    R: QueryFragment<Any>,
    O: Operator,
    Any: HasSqlType<L::SqlType>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let checks = out.backend().dialect().capabilities().checks_integers;
        if checks {
            out.push_sql("(");
        } else {
            out.push_sql(O::CALL);
            out.push_sql(kind(<Any as HasSqlType<L::SqlType>>::metadata(&mut ()).kind));
        }
        self.left.walk_ast(out.reborrow())?;
        if checks {
            out.push_sql(O::SYMBOL);
            // SQLite's function takes all of it.
            walk_operand(&self.right, out.reborrow())?;
        } else {
            out.push_sql(", ");
            self.right.walk_ast(out.reborrow())?;
        }
        out.push_sql(")");
        Ok(())
    }
}

/// Returns the number of bits that the result must fit in, for SQLite's function. Negative numbers stand for floating
/// point.
const fn kind(kind: Kind) -> &'static str {
    let facts = kind.facts();
    match (matches!(facts.family, Family::Float), facts.bits) {
        (false, Some(16)) => "16, ",
        (false, Some(32)) => "32, ",
        (true, Some(32)) => "-32, ",
        (true, _) => "-64, ",
        // The operators are for numbers: `HasOperators`. No other kind comes here.
        (false, _) => "64, ",
    }
}
