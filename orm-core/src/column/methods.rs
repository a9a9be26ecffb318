//! What can be called on a column beside diesel's methods.

use diesel::EqAll;
use diesel::dsl;
use diesel::expression::{AsExpression, Expression};
use diesel::expression_methods::ExpressionMethods;
use diesel::sql_types::Bool;

use super::{Column, ColumnInfo};
use crate::dsl::checked::{self, Operand};
use crate::dsl::{DistinctFrom, Ilike, IlikeDsl, NullSafeDsl, TextType};
use crate::types::stored::{InForm, IntoStored, IntoStoredList};

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

/// `ilike`. diesel's prelude has a method with that name, for PostgreSQL only. A method of the column itself takes
/// precedence over both, so the two preludes can be used together.
impl<C: ColumnInfo> Column<C>
where
    C::SqlType: TextType,
{
    /// Returns whether the text matches `pattern` without regard to case.
    pub fn ilike<P>(self, pattern: P) -> Ilike<Self, P::Expression>
    where
        P: AsExpression<C::SqlType>,
    {
        IlikeDsl::ilike(self, pattern)
    }

    /// Returns the opposite of `ilike`.
    pub fn not_ilike<P>(self, pattern: P) -> Ilike<Self, P::Expression>
    where
        P: AsExpression<C::SqlType>,
    {
        IlikeDsl::not_ilike(self, pattern)
    }
}

macro_rules! comparisons {
    ($($name:ident, $ty:ident, $doc:literal;)*) => {
        $(
            #[doc = concat!("Returns the condition that the column ", $doc, ".")]
            pub fn $name<T: IntoStored<C::SqlType, How>, How>(self, other: T) -> dsl::$ty<Self, T::As> {
                ExpressionMethods::$name(self, other.into_stored())
            }
        )*
    };
}

macro_rules! ranges {
    ($($name:ident, $ty:ident, $doc:literal;)*) => {
        $(
            #[doc = concat!("Returns the condition that the column ", $doc, ".")]
            pub fn $name<L, U, Lower, Upper>(self, lower: L, upper: U) -> dsl::$ty<Self, L::As, U::As>
            where
                L: IntoStored<C::SqlType, Lower>,
                U: IntoStored<C::SqlType, Upper>,
            {
                ExpressionMethods::$name(self, lower.into_stored(), upper.into_stored())
            }
        )*
    };
}

macro_rules! lists {
    ($($name:ident, $ty:ident, $doc:literal;)*) => {
        $(
            #[doc = concat!("Returns the condition that the column ", $doc, ": a list or a subselect.")]
            pub fn $name<L: IntoStoredList<C::SqlType, How>, How>(self, values: L) -> dsl::$ty<Self, L::As> {
                ExpressionMethods::$name(self, values.into_stored_list())
            }
        )*
    };
}

macro_rules! null_safe {
    ($($name:ident, $distinct:literal, $doc:literal;)*) => {
        $(
            #[doc = concat!("Returns the condition that the column ", $doc, ".")]
            #[allow(clippy::wrong_self_convention, reason = "diesel's names")]
            pub fn $name<T: IntoStored<C::SqlType, How>, How>(
                self,
                other: T,
            ) -> DistinctFrom<Self, <T::As as AsExpression<C::SqlType>>::Expression, $distinct> {
                NullSafeDsl::$name(self, other.into_stored())
            }
        )*
    };
}

/// The methods of columns that store moments in another program's form: `moments::seconds.eq(value)`.
///
/// They take precedence over diesel's methods with the same names, which can't make such an expression from a value.
impl<C: ColumnInfo> Column<C>
where
    C::SqlType: InForm,
{
    comparisons! {
        eq, Eq, "equals `other`; in an update, an assignment";
        ne, NotEq, "differs from `other`";
        gt, Gt, "is later than `other`";
        ge, GtEq, "is `other` or later";
        lt, Lt, "is earlier than `other`";
        le, LtEq, "is `other` or earlier";
    }

    ranges! {
        between, Between, "is in the range, including its ends";
        not_between, NotBetween, "is outside the range and isn't one of its ends";
    }

    lists! {
        eq_any, EqAny, "equals one of the values";
        ne_all, NeAny, "differs from all values";
    }

    null_safe! {
        is_not_distinct_from, false, "equals `other`, or both are NULL";
        is_distinct_from, true, "differs from `other`, or one of them is NULL";
    }
}
