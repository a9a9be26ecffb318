//! A value in place of NULL.

use diesel::expression::{AsExpression, Expression, TypedExpressionType};
use diesel::sql_types::{Nullable, SqlType, is_nullable};

use super::call::{Call, functions};

functions! {
    CoalesceFunction: ["coalesce(", ", ", ")"], ["coalesce(", ", ", ")"];
}

/// A type that may be NULL.
#[diagnostic::on_unimplemented(
    message = "`coalesce` is for values that may be NULL, and this is never: `{Self}`",
    label = "never NULL"
)]
pub trait MayBeNull {
    /// The type of the values that are not NULL.
    type Value: SqlType + TypedExpressionType;
}

impl<ST> MayBeNull for Nullable<ST>
where
    ST: SqlType<IsNull = is_nullable::NotNull> + TypedExpressionType,
{
    type Value = ST;
}

/// The type of the values of `E` that are not NULL.
type ValueOf<E> = <<E as Expression>::SqlType as MayBeNull>::Value;

/// The expression that [`coalesce`] returns.
pub type Coalesce<E, O> =
    Call<CoalesceFunction, (E, <O as AsExpression<ValueOf<E>>>::Expression), ValueOf<E>>;

/// Returns the value, or `otherwise` if it is NULL: `coalesce(users::nickname, "nobody")`, or
/// `coalesce(users::nickname, users::name)`.
pub fn coalesce<E, O>(value: E, otherwise: O) -> Coalesce<E, O>
where
    E: Expression<SqlType: MayBeNull>,
    O: AsExpression<ValueOf<E>>,
{
    Call::new((value, otherwise.as_expression()))
}
