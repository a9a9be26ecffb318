//! Moments in the forms of other programs: `#[column(stored = unix_seconds)]`.
//!
//! The form is part of the column's SQL type, so that every value that is compared with the column or written to it has
//! the same form. diesel can only convert a `DateTime<Utc>` to expressions of its own types. So columns with a stored
//! form have their own methods (`eq`, `lt`, …), which wrap the value.

use std::marker::PhantomData;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::expression::array_comparison::AsInExpression;
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::internal::derives::as_expression::Bound;
use diesel::query_builder::QueryId;
use diesel::sql_types::{Nullable, SingleValue, SqlOrd, SqlType, is_nullable};

use crate::schema::MomentForm;

/// A form, as a type: one of those in [`sql_types`](crate::sql_types).
pub trait Form: 'static {
    /// The form.
    const FORM: MomentForm;
}

/// The SQL type of a `DateTime<Utc>` that is stored in the form `F`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MomentAs<F>(PhantomData<F>);

/// The SQL type of a `NaiveDateTime` that is stored in the form `F`.
#[derive(Debug, Clone, Copy, Default)]
pub struct DateTimeAs<F>(PhantomData<F>);

/// A SQL type of moments that are stored in a form, or NULL.
pub trait InForm {}

/// A value for a column with a stored form, for use where no method of the column wraps it:
/// `max(seconds).lt(Stored(now()))`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stored<T>(
    /// The value.
    pub T,
);

/// Without the value.
impl<T> std::fmt::Debug for Stored<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stored(..)")
    }
}

/// How a value becomes an expression: it already is one for diesel.
#[derive(Debug, Clone, Copy)]
pub struct AsItIs;

/// How a value becomes an expression: wrapped in [`Stored`].
#[derive(Debug, Clone, Copy)]
pub struct Wrapped;

/// A value that can be compared with a column of the SQL type `ST`, or written to it: a value of the field's type, or a
/// diesel expression of the SQL type. The compiler infers `How`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be compared with a column that has `stored = …`",
    note = "compare it with a value of the field's type, or with a column of the same form"
)]
pub trait IntoStored<ST, How>
where
    ST: SqlType + TypedExpressionType,
{
    /// The expression.
    type As: AsExpression<ST>;

    /// Converts the value to the expression.
    fn into_stored(self) -> Self::As;
}

/// The values of `eq_any` for a column of the SQL type `ST`: a list of values of the field's type, or anything that
/// diesel accepts, such as a subselect.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of values for a column that has `stored = …`",
    note = "give a `Vec`, an array or a slice of values of the field's type, or a SELECT of a column of the same form"
)]
pub trait IntoStoredList<ST, How>
where
    ST: SqlType + TypedExpressionType,
{
    /// The list.
    type As: AsInExpression<ST>;

    /// Converts the values to the list that diesel accepts.
    fn into_stored_list(self) -> Self::As;
}

impl<T, ST> IntoStored<ST, AsItIs> for T
where
    ST: SqlType + TypedExpressionType,
    T: AsExpression<ST>,
{
    type As = Self;

    fn into_stored(self) -> Self {
        self
    }
}

impl<T, ST> IntoStoredList<ST, AsItIs> for T
where
    ST: SqlType + TypedExpressionType,
    T: AsInExpression<ST>,
{
    type As = Self;

    fn into_stored_list(self) -> Self {
        self
    }
}

impl<T, ST> IntoStoredList<ST, Wrapped> for Vec<T>
where
    ST: SqlType + TypedExpressionType,
    T: IntoStored<ST, Wrapped>,
    Vec<T::As>: AsInExpression<ST>,
{
    type As = Vec<T::As>;

    fn into_stored_list(self) -> Self::As {
        self.into_iter().map(T::into_stored).collect()
    }
}

impl<T, ST, const N: usize> IntoStoredList<ST, Wrapped> for [T; N]
where
    ST: SqlType + TypedExpressionType,
    T: IntoStored<ST, Wrapped>,
    Vec<T::As>: AsInExpression<ST>,
{
    type As = Vec<T::As>;

    fn into_stored_list(self) -> Self::As {
        self.into_iter().map(T::into_stored).collect()
    }
}

impl<'v, T, ST> IntoStoredList<ST, Wrapped> for &'v [T]
where
    ST: SqlType + TypedExpressionType,
    &'v T: IntoStored<ST, Wrapped>,
    Vec<<&'v T as IntoStored<ST, Wrapped>>::As>: AsInExpression<ST>,
{
    type As = Vec<<&'v T as IntoStored<ST, Wrapped>>::As>;

    fn into_stored_list(self) -> Self::As {
        self.iter().map(IntoStored::into_stored).collect()
    }
}

impl<'v, T, ST> IntoStoredList<ST, Wrapped> for &'v Vec<T>
where
    ST: SqlType + TypedExpressionType,
    &'v [T]: IntoStoredList<ST, Wrapped>,
{
    type As = <&'v [T] as IntoStoredList<ST, Wrapped>>::As;

    fn into_stored_list(self) -> Self::As {
        self.as_slice().into_stored_list()
    }
}

macro_rules! sql_types {
    ($($sql_type:ident: $rust:ty;)*) => {
        $(
            impl<F: Form> SqlType for $sql_type<F> {
                type IsNull = is_nullable::NotNull;
            }

            impl<F: Form> SingleValue for $sql_type<F> {}

            impl<F: Form> InForm for $sql_type<F> {}

            impl<F: Form> InForm for Nullable<$sql_type<F>> {}

            impl<F: Form> SqlOrd for $sql_type<F> {}

            impl<F: Form> QueryId for $sql_type<F> {
                type QueryId = Self;

                const HAS_STATIC_QUERY_ID: bool = true;
            }

            impl<T, F: Form> AsExpression<$sql_type<F>> for Stored<T> {
                type Expression = Bound<$sql_type<F>, Self>;

                fn as_expression(self) -> Self::Expression {
                    Bound::new(self)
                }
            }

            impl<T, F: Form> AsExpression<Nullable<$sql_type<F>>> for Stored<T> {
                type Expression = Bound<Nullable<$sql_type<F>>, Self>;

                fn as_expression(self) -> Self::Expression {
                    Bound::new(self)
                }
            }

            into_stored! {
                $sql_type<F> => $rust;
                $sql_type<F> => &$rust;
                Nullable<$sql_type<F>> => $rust;
                Nullable<$sql_type<F>> => &$rust;
                // diesel already treats an `Option` as an expression.
            }
        )*
    };
}

macro_rules! into_stored {
    ($($sql_type:ty => $rust:ty;)*) => {
        $(impl<F: Form> IntoStored<$sql_type, Wrapped> for $rust {
            type As = Stored<Self>;

            fn into_stored(self) -> Stored<Self> {
                Stored(self)
            }
        })*
    };
}

sql_types! {
    MomentAs: DateTime<Utc>;
    DateTimeAs: NaiveDateTime;
}
