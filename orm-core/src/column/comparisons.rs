//! The comparisons of a column with a value: `users::email.eq("ada@example.com")`.
//!
//! They take precedence over diesel's methods with the same names, and return the same types. They also take the values
//! of a column with `stored = …`, and the compiler reports any other value by one error: see [`value`](super::value).

use diesel::dsl;
use diesel::expression::AsExpression;
use diesel::expression_methods::ExpressionMethods;

use super::value::{ListOf, ValueOf};
use super::{Column, ColumnInfo};
use crate::dsl::{DistinctFrom, Ilike, NullSafeDsl, TextType};

/// The expression of a value `V`.
type Of<V, C> = <V as AsExpression<<C as ColumnInfo>::SqlType>>::Expression;

// Written out: the compiler shows the signature after an error, and all of a macro if one writes it.
impl<C: ColumnInfo> Column<C> {
    /// Returns the condition that the column equals `other`; in an update, an assignment.
    ///
    /// NULL equals nothing in SQL: the condition with `None` finds no row, on both databases. A value that may be `None`
    /// is compared by [`is_not_distinct_from`](Self::is_not_distinct_from), and NULL is found by `is_null()`.
    pub fn eq<T: ValueOf<C, C::SqlType, How>, How>(self, other: T) -> dsl::Eq<Self, T::As> {
        ExpressionMethods::eq(self, other.into_value())
    }

    /// Returns the condition that the column differs from `other`.
    ///
    /// It finds no row in which the column is NULL, and none at all with `None`. [`is_distinct_from`](Self::is_distinct_from)
    /// does both.
    pub fn ne<T: ValueOf<C, C::SqlType, How>, How>(self, other: T) -> dsl::NotEq<Self, T::As> {
        ExpressionMethods::ne(self, other.into_value())
    }

    /// Returns the condition that the column is greater than `other`, or later.
    pub fn gt<T: ValueOf<C, C::SqlType, How>, How>(self, other: T) -> dsl::Gt<Self, T::As> {
        ExpressionMethods::gt(self, other.into_value())
    }

    /// Returns the condition that the column is `other`, greater than it, or later.
    pub fn ge<T: ValueOf<C, C::SqlType, How>, How>(self, other: T) -> dsl::GtEq<Self, T::As> {
        ExpressionMethods::ge(self, other.into_value())
    }

    /// Returns the condition that the column is less than `other`, or earlier.
    pub fn lt<T: ValueOf<C, C::SqlType, How>, How>(self, other: T) -> dsl::Lt<Self, T::As> {
        ExpressionMethods::lt(self, other.into_value())
    }

    /// Returns the condition that the column is `other`, less than it, or earlier.
    pub fn le<T: ValueOf<C, C::SqlType, How>, How>(self, other: T) -> dsl::LtEq<Self, T::As> {
        ExpressionMethods::le(self, other.into_value())
    }

    /// Returns the condition that the column is in the range, including its ends.
    pub fn between<L, U, Lower, Upper>(self, lower: L, upper: U) -> dsl::Between<Self, L::As, U::As>
    where
        L: ValueOf<C, C::SqlType, Lower>,
        U: ValueOf<C, C::SqlType, Upper>,
    {
        ExpressionMethods::between(self, lower.into_value(), upper.into_value())
    }

    /// Returns the condition that the column is outside the range and isn't one of its ends.
    pub fn not_between<L, U, Lower, Upper>(
        self,
        lower: L,
        upper: U,
    ) -> dsl::NotBetween<Self, L::As, U::As>
    where
        L: ValueOf<C, C::SqlType, Lower>,
        U: ValueOf<C, C::SqlType, Upper>,
    {
        ExpressionMethods::not_between(self, lower.into_value(), upper.into_value())
    }

    /// Returns the condition that the column equals one of the values: a list or a subselect. A `None` among them equals
    /// nothing.
    pub fn eq_any<L: ListOf<C, C::SqlType, How>, How>(self, values: L) -> dsl::EqAny<Self, L::As> {
        ExpressionMethods::eq_any(self, values.into_list())
    }

    /// Returns the condition that the column differs from all values: a list or a subselect. As in SQL, a NULL among them
    /// makes it find no row.
    pub fn ne_all<L: ListOf<C, C::SqlType, How>, How>(self, values: L) -> dsl::NeAny<Self, L::As> {
        ExpressionMethods::ne_all(self, values.into_list())
    }

    /// Returns the condition that the column equals `other`, or both are NULL.
    #[allow(clippy::wrong_self_convention, reason = "diesel's names")]
    pub fn is_not_distinct_from<T: ValueOf<C, C::SqlType, How>, How>(
        self,
        other: T,
    ) -> DistinctFrom<Self, Of<T::As, C>, false> {
        NullSafeDsl::is_not_distinct_from(self, other.into_value())
    }

    /// Returns the condition that the column differs from `other`, or one of them is NULL.
    #[allow(clippy::wrong_self_convention, reason = "diesel's names")]
    pub fn is_distinct_from<T: ValueOf<C, C::SqlType, How>, How>(
        self,
        other: T,
    ) -> DistinctFrom<Self, Of<T::As, C>, true> {
        NullSafeDsl::is_distinct_from(self, other.into_value())
    }
}

/// The comparisons with a pattern. diesel's prelude has an `ilike` for PostgreSQL only. A method of the column itself takes
/// precedence over both, so the two preludes can be used together.
impl<C: ColumnInfo> Column<C>
where
    C::SqlType: TextType,
{
    /// Returns whether the text matches `pattern` without regard to case.
    pub fn ilike<P, How>(self, pattern: P) -> Ilike<Self, Of<P::As, C>>
    where
        P: ValueOf<C, C::SqlType, How>,
    {
        Ilike::new(self, pattern.into_value().as_expression(), false)
    }

    /// Returns the opposite of `ilike`.
    pub fn not_ilike<P, How>(self, pattern: P) -> Ilike<Self, Of<P::As, C>>
    where
        P: ValueOf<C, C::SqlType, How>,
    {
        Ilike::new(self, pattern.into_value().as_expression(), true)
    }
}
