//! Whether one value contains another.

use diesel::expression::{AsExpression, Expression, TypedExpressionType};
use diesel::sql_types::SqlType;

use super::call::{Call, Function};

/// A type whose values contain others of the same type, or NULL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` contains nothing",
    label = "not an array, a range or a JSON document",
    note = "a column of type `Vec<_>` (except `Vec<u8>`) is an array; one of type `serde_json::Value` or `Json<_>` is a document; \
            one of type `Range<_>` is a range"
)]
pub trait Container: SqlType + TypedExpressionType {
    /// The type of a condition.
    type Condition: SqlType + TypedExpressionType;
    /// `@>`
    type Contains: Function;
    /// `<@`
    type IsContained: Function;
}

/// The condition that `L` contains `R`.
pub type Contains<L, R> = Call<
    <<L as Expression>::SqlType as Container>::Contains,
    (L, R),
    <<L as Expression>::SqlType as Container>::Condition,
>;

/// The condition that `R` contains `L`.
pub type IsContainedBy<L, R> = Call<
    <<L as Expression>::SqlType as Container>::IsContained,
    (L, R),
    <<L as Expression>::SqlType as Container>::Condition,
>;

/// `contains` and `is_contained_by`, on both databases.
pub trait ContainsDsl: Expression + Sized
where
    Self::SqlType: Container,
{
    /// Returns the condition that the value contains `other`: `@>`, for which PostgreSQL can use a GIN index.
    ///
    /// A document contains another one that has the same values in the same places: each key of its objects, each element
    /// of its arrays, in any order and number. An array contains another one if each element of that is in it, also in any
    /// order and number; NULL equals no element. A range contains another one if each value of that is in it.
    fn contains<T: AsExpression<Self::SqlType>>(self, other: T) -> Contains<Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }

    /// Returns the condition that `other` contains the value: `<@`.
    #[allow(clippy::wrong_self_convention, reason = "diesel's name")]
    fn is_contained_by<T: AsExpression<Self::SqlType>>(
        self,
        other: T,
    ) -> IsContainedBy<Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }
}

impl<E: Expression> ContainsDsl for E where E::SqlType: Container {}
