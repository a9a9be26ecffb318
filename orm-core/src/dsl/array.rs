//! Operators of arrays, with the meaning that PostgreSQL's have, on both databases.
//!
//! On SQLite, an array is JSON text, and the operators are mizzle's functions.

use std::marker::PhantomData;

use diesel::expression::{AsExpression, Expression, TypedExpressionType};
use diesel::sql_types::{Array, Bool, HasSqlType, Integer, Nullable, SingleValue, SqlType};

use super::call::{Call, Function, functions};
use super::contains::Container;
use crate::backend::{Any, AnyType};

/// An array, or an array that may be NULL.
#[diagnostic::on_unimplemented(
    message = "this is not an array: `{Self}`",
    label = "not an array",
    note = "a column of type `Vec<_>` is one, except for `Vec<u8>`, which is bytes"
)]
pub trait ArrayType: SqlType + TypedExpressionType {
    /// The type of its elements.
    type Element: SqlType + SingleValue + TypedExpressionType;
    /// The type of a condition on it.
    type Condition: SqlType + TypedExpressionType;
    /// The type of its length.
    type Length: SqlType + TypedExpressionType;
}

impl<E: SqlType + SingleValue + TypedExpressionType> ArrayType for Array<E> {
    type Element = E;
    type Condition = Bool;
    type Length = Integer;
}

impl<E: SqlType + SingleValue + TypedExpressionType> ArrayType for Nullable<Array<E>> {
    type Element = E;
    type Condition = Nullable<Bool>;
    type Length = Nullable<Integer>;
}

impl<E> Container for Array<E>
where
    E: SqlType + SingleValue + TypedExpressionType,
    Any: HasSqlType<E>,
{
    type Condition = Bool;
    type Contains = Contains<E>;
    type IsContained = IsContained<E>;
}

impl<E> Container for Nullable<Array<E>>
where
    E: SqlType + SingleValue + TypedExpressionType,
    Any: HasSqlType<E>,
{
    type Condition = Nullable<Bool>;
    type Contains = Contains<E>;
    type IsContained = IsContained<E>;
}

/// Defines functions and operators of arrays with elements of the type `E`.
macro_rules! of_elements {
    ($($name:ident: $postgres:expr, $sqlite:expr, $returns_array:literal;)*) => {
        $(
            #[doc = concat!("The function `", stringify!($name), "`.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name<E>(PhantomData<E>);

            impl<E: 'static> Function for $name<E>
            where
                Any: HasSqlType<E>,
            {
                const POSTGRES: &'static [&'static str] = &$postgres;
                const SQLITE: &'static [&'static str] = &$sqlite;
                const RETURNS_ARRAY: bool = $returns_array;

                fn elements() -> Option<AnyType> {
                    Some(<Any as HasSqlType<E>>::metadata(&mut ()))
                }
            }
        )*
    };
}

of_elements! {
    Contains: ["(", " @> ", ")"], ["mizzle_array_contains(", ", ", ""], false;
    IsContained: ["(", " <@ ", ")"], ["mizzle_array_contained(", ", ", ""], false;
    Overlaps: ["(", " && ", ")"], ["mizzle_array_overlaps(", ", ", ""], false;
    AnyOf: ["(", " = ANY(", "))"], ["mizzle_array_any(", ", ", ""], false;
    Append: ["array_append(", ", ", ")"], ["mizzle_array_append(", ", ", ""], true;
    Remove: ["array_remove(", ", ", ")"], ["mizzle_array_remove(", ", ", ""], true;
    Concat: ["array_cat(", ", ", ")"], ["mizzle_array_concat(", ", ", ""], true;
}

functions! {
    Length: ["cardinality(", ")"], ["mizzle_array_length(", ")"];
}

/// The type of the elements of the array `L`.
pub type ElementOf<L> = <<L as Expression>::SqlType as ArrayType>::Element;

/// The condition that the arrays `L` and `R` have an element in common.
pub type OverlapsWith<L, R> =
    Call<Overlaps<ElementOf<L>>, (L, R), <<L as Expression>::SqlType as ArrayType>::Condition>;

/// The condition that the value `V` is an element of the array `L`.
pub type AnyIs<L, V> = Call<AnyOf<ElementOf<L>>, (V, L), Nullable<Bool>>;

/// The number of elements of the array `L`.
pub type LengthOf<L> = Call<Length, (L,), <<L as Expression>::SqlType as ArrayType>::Length>;

/// The array `L`, changed by the function `F`.
pub type Changed<F, L, R> = Call<F, (L, R), <L as Expression>::SqlType>;

/// The operators of arrays.
pub trait ArrayDsl: Expression + Sized
where
    Self::SqlType: ArrayType,
{
    /// Returns the condition that the arrays have an element in common: `&&`. NULL equals no element.
    fn overlaps<T: AsExpression<Self::SqlType>>(
        self,
        other: T,
    ) -> OverlapsWith<Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }

    /// Returns the condition that an element equals the value: `value = ANY(array)`.
    ///
    /// If none does, but there is a NULL in the array, or if the value is NULL, the condition is NULL, as in SQL.
    fn any<T: AsExpression<ElementOf<Self>>>(self, value: T) -> AnyIs<Self, T::Expression> {
        Call::new((value.as_expression(), self))
    }

    /// Returns the number of elements: `cardinality`. An empty array has 0.
    fn length(self) -> LengthOf<Self> {
        Call::new((self,))
    }

    /// Returns the array with the value at its end: `array_append`. NULL is like an empty array.
    fn append<T: AsExpression<ElementOf<Self>>>(
        self,
        value: T,
    ) -> Changed<Append<ElementOf<Self>>, Self, T::Expression> {
        Call::new((self, value.as_expression()))
    }

    /// Returns the array without the elements that equal the value: `array_remove`.
    fn remove<T: AsExpression<ElementOf<Self>>>(
        self,
        value: T,
    ) -> Changed<Remove<ElementOf<Self>>, Self, T::Expression> {
        Call::new((self, value.as_expression()))
    }

    /// Returns the array with the elements of the other one at its end: `array_cat`. NULL is like an empty array.
    fn concat<T: AsExpression<Self::SqlType>>(
        self,
        other: T,
    ) -> Changed<Concat<ElementOf<Self>>, Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }
}

impl<E: Expression> ArrayDsl for E where E::SqlType: ArrayType {}
