//! Moments in the forms of other programs: `#[column(stored = unix_seconds)]`.
//!
//! The form is part of the column's SQL type, so that every value that is compared with the column or written to it has
//! the same form. diesel can only convert a `DateTime<Utc>` to expressions of its own types. So columns with a stored
//! form have their own methods (`eq`, `lt`, …), which wrap the value.

use std::marker::PhantomData;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::expression::AsExpression;
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

/// A value of the field's type, which [`Stored`] makes an expression of the SQL type `ST`.
pub trait IntoStored<ST> {}

macro_rules! sql_types {
    ($($sql_type:ident: $rust:ty;)*) => {
        $(
            impl<F: Form> SqlType for $sql_type<F> {
                type IsNull = is_nullable::NotNull;
            }

            impl<F: Form> SingleValue for $sql_type<F> {}

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
        $(impl<F: Form> IntoStored<$sql_type> for $rust {})*
    };
}

sql_types! {
    MomentAs: DateTime<Utc>;
    DateTimeAs: NaiveDateTime;
}
