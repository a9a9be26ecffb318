//! The operators of columns, and their equality in an update of all columns at once.

use diesel::EqAll;
use diesel::dsl;
use diesel::expression::{AsExpression, Expression};
use diesel::expression_methods::ExpressionMethods;
use diesel::sql_types::Bool;

use super::{Column, ColumnInfo};
use crate::dsl::checked::{self, Operand};

impl<C, T> EqAll<T> for Column<C>
where
    C: ColumnInfo,
    T: AsExpression<C::SqlType>,
    dsl::Eq<Self, T>: Expression<SqlType = Bool>,
{
    type Output = dsl::Eq<Self, T>;

    fn eq_all(self, value: T) -> Self::Output {
        ExpressionMethods::eq(self, value)
    }
}

macro_rules! operators {
    ($($name:ident, $method:ident;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<C, Other> std::ops::$name<Other> for Column<C>
            where
                C: ColumnInfo,
                Other: Operand<Self, checked::$name, C::Arithmetic>,
            {
                type Output = Other::Output;

                fn $method(self, other: Other) -> Self::Output {
                    other.apply(self)
                }
            }
        )*
    };
}

operators! {
    Add, add;
    Sub, sub;
    Mul, mul;
    Div, div;
}
