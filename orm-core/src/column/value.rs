//! The values that a column can be compared with.
//!
//! diesel requires [`AsExpression`], which every expression of any type might implement. So for a value of another type
//! the compiler takes it for an expression, and reports whatever an expression lacks at each later call. [`ValueOf`] has
//! two implementations that might be meant. The compiler decides that neither is, reports that once, and nothing
//! about the rest of the condition.

use diesel::expression::array_comparison::AsInExpression;
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::sql_types::SqlType;

use crate::types::stored::{IntoStored, Stored};

/// How a value becomes an expression: it already is one for diesel.
#[derive(Debug, Clone, Copy)]
pub struct AsItIs;

/// How a value becomes an expression: wrapped in [`Stored`].
#[derive(Debug, Clone, Copy)]
pub struct Wrapped;

/// A value that can be compared with the column `C` of the SQL type `ST`, or written to it: a value of the field's type, or a diesel
/// expression of the SQL type. The compiler infers `How`.
#[diagnostic::on_unimplemented(
    message = "the column `{C}` can't be compared with, or set to, `{Self}`",
    label = "the column is `{ST}`, and this is `{Self}`",
    note = "give a value of the field's type, or an expression of it; an `Option` only if the field is one",
    note = "to find or to leave out NULL, use `is_null()` or `is_not_null()`"
)]
pub trait ValueOf<C, ST, How>
where
    ST: SqlType + TypedExpressionType,
{
    /// The expression.
    type As: AsExpression<ST>;

    /// Converts the value to the expression.
    fn into_value(self) -> Self::As;
}

/// The values of `eq_any` for the column `C`: a list of values of the field's type, or anything that diesel accepts, such
/// as a subselect.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of values of the column `{C}`",
    label = "the column is `{ST}`, and this is `{Self}`",
    note = "give a `Vec`, an array or a slice of values of the field's type, or a query that selects one column of it"
)]
pub trait ListOf<C, ST, How>
where
    ST: SqlType + TypedExpressionType,
{
    /// The list.
    type As: AsInExpression<ST>;

    /// Converts the values to the list that diesel accepts.
    fn into_list(self) -> Self::As;
}

#[diagnostic::do_not_recommend]
impl<T, C, ST> ValueOf<C, ST, AsItIs> for T
where
    ST: SqlType + TypedExpressionType,
    T: AsExpression<ST>,
{
    type As = Self;

    fn into_value(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T, C, ST> ValueOf<C, ST, Wrapped> for T
where
    ST: SqlType + TypedExpressionType,
    T: IntoStored<ST>,
    Stored<T>: AsExpression<ST>,
{
    type As = Stored<T>;

    fn into_value(self) -> Stored<T> {
        Stored(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, C, ST> ListOf<C, ST, AsItIs> for T
where
    ST: SqlType + TypedExpressionType,
    T: AsInExpression<ST>,
{
    type As = Self;

    fn into_list(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<L, C, ST> ListOf<C, ST, Wrapped> for L
where
    ST: SqlType + TypedExpressionType,
    L: IntoIterator,
    L::Item: IntoStored<ST>,
    Vec<Stored<L::Item>>: AsInExpression<ST>,
{
    type As = Vec<Stored<L::Item>>;

    fn into_list(self) -> Self::As {
        self.into_iter().map(Stored).collect()
    }
}
