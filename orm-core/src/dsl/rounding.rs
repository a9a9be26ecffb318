//! Absolute values, rounded decimals, and averages.

use diesel::QueryResult;
use diesel::dsl::AsExprOf;
use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, TypedExpressionType,
    ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Double, Float, Integer, Nullable, SmallInt, SqlType};

use super::call::{Call, Function, functions};
use super::decimal::DecimalType;
use crate::backend::{Any, SQLITE_SUM, hide_from_debug, marks};
use crate::types::sql_types::ExactNumeric;

/// A type of numbers.
#[diagnostic::on_unimplemented(
    message = "`abs` is for numbers, and this is not a number: `{Self}`",
    label = "not a number"
)]
pub trait NumberType: SqlType + TypedExpressionType {
    /// The function that returns the absolute value.
    type Abs: Function;
}

macro_rules! absolute {
    ($($name:ident for $sql_type:ty: $sqlite:literal;)*) => {
        functions! { $($name: ["abs(", ")"], [$sqlite, ")"];)* }

        $(
            impl NumberType for $sql_type {
                type Abs = $name;
            }

            impl NumberType for Nullable<$sql_type> {
                type Abs = $name;
            }
        )*
    };
}

absolute! {
    AbsSmall for SmallInt: "mizzle_abs(16, ";
    AbsInteger for Integer: "mizzle_abs(32, ";
    AbsBig for BigInt: "mizzle_abs(64, ";
    AbsFloat for Float: "abs(";
    AbsDouble for Double: "abs(";
}

functions! {
    AbsDecimal: ["abs(", ")"], ["decimal_abs(", ")"], marks::COLLATE_DECIMAL;
    RoundDecimal: ["round(", ", ", ")"], ["decimal_round(", ", ", ")"], marks::COLLATE_DECIMAL;
}

impl NumberType for ExactNumeric {
    type Abs = AbsDecimal;
}

impl NumberType for Nullable<ExactNumeric> {
    type Abs = AbsDecimal;
}

/// The expression that [`abs`] returns.
pub type Abs<E> =
    Call<<<E as Expression>::SqlType as NumberType>::Abs, (E,), <E as Expression>::SqlType>;

/// Returns the absolute value of a number. The query fails with `VALUE_ERROR` if the type can't hold it: that of the
/// smallest integer.
pub fn abs<E>(number: E) -> Abs<E>
where
    E: Expression<SqlType: NumberType>,
{
    Call::new((number,))
}

/// The expression that [`round`] returns.
pub type Round<E> = Call<RoundDecimal, (E, AsExprOf<i32, Integer>), <E as Expression>::SqlType>;

/// Rounds a decimal to `digits` after the point, or to tens, hundreds and so on if `digits` is -1, -2 and so on. A half is
/// rounded away from zero: 2.5 to 3, and -2.5 to -3.
///
/// It isn't for floating point numbers, whose halves are hardly ever exact.
pub fn round<E>(decimal: E, digits: i8) -> Round<E>
where
    E: Expression<SqlType: DecimalType>,
{
    Call::new((decimal, AsExpression::<Integer>::as_expression(i32::from(digits))))
}

/// Returns the average of a decimal column, rounded to `digits` after the point as by [`round`](round()); NULL if there is
/// no value. The result is exact: it is rounded once.
///
/// ```
/// # use orm_core::{Db, Executor, Decimal, dsl::avg};
/// # fn f(db: &Db) -> orm_core::Result<()> {
/// # use diesel::prelude::*;
/// # diesel::table! { use diesel::sql_types::*; use orm_core::sql_types::ExactNumeric; sales { id -> BigInt, amount -> ExactNumeric } }
/// let mean: Option<Decimal> = db.one(sales::table.select(avg(sales::amount, 2)))?;
/// # Ok(())
/// # }
/// ```
pub fn avg<E>(decimal: E, digits: u8) -> Average<E>
where
    E: Expression<SqlType: DecimalType>,
{
    Average { decimal, digits }
}

/// The expression that [`avg`] returns.
#[derive(Clone, Copy)]
pub struct Average<E> {
    decimal: E,
    digits: u8,
}

hide_from_debug!([E] Average[E]);

impl<E: Expression> Expression for Average<E> {
    type SqlType = Nullable<ExactNumeric>;
}

impl<E, GroupBy> ValidGrouping<GroupBy> for Average<E> {
    type IsAggregate = is_aggregate::Yes;
}

impl<E: SelectableExpression<QS>, QS> SelectableExpression<QS> for Average<E> {}

impl<E: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Average<E> {}

/// The type doesn't determine the digits.
impl<E> QueryId for Average<E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E: QueryFragment<Any>> QueryFragment<Any> for Average<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let of = |before: &str, function: &str, out: &mut AstPass<'_, 'b, Any>| {
            out.push_sql(before);
            out.push_sql(function);
            out.push_sql("(");
            self.decimal.walk_ast(out.reborrow())?;
            out.push_sql(")");
            Ok::<(), diesel::result::Error>(())
        };
        if !out.backend().dialect().capabilities().exact_decimals {
            of("(decimal_quotient(", SQLITE_SUM, &mut out)?;
            of(", ", "count", &mut out)?;
            out.push_sql(&format!(", {})", self.digits));
            out.push_sql(marks::COLLATE_DECIMAL);
            out.push_sql(")");
            return Ok(());
        }
        // `/` rounds to a number of digits that depends on the values. `div` returns the whole part of a quotient, and
        // the quotient of `2 * sum + count` and `2 * count` is that of the sum and the count plus a half.
        let zeros = "0".repeat(self.digits.into());
        of("(sign(", "sum", &mut out)?;
        of(") * div(2 * abs(", "sum", &mut out)?;
        of(&format!(") * 1{zeros} + "), "count", &mut out)?;
        of(", 2 * ", "count", &mut out)?;
        match zeros.get(1..) {
            Some(zeros) => out.push_sql(&format!(") * 0.{zeros}1)")),
            None => out.push_sql(") * 1)"),
        }
        Ok(())
    }
}
