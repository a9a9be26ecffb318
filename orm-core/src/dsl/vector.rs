//! Distances between vectors: pgvector's operators, which its indexes serve, and its functions on SQLite.

use diesel::expression::{AsExpression, Expression, TypedExpressionType};
use diesel::sql_types::{Double, Nullable, SqlType};

use super::call::{Call, functions};
use crate::types::sql_types::Vector;

/// A vector, or a vector that may be NULL.
#[diagnostic::on_unimplemented(
    message = "this is not a vector: `{Self}`",
    label = "not a vector",
    note = "a column of type `Vector` is one"
)]
pub trait VectorType: SqlType + TypedExpressionType {
    /// The type of a distance from it.
    type Distance: SqlType + TypedExpressionType;
}

impl VectorType for Vector {
    type Distance = Double;
}

impl VectorType for Nullable<Vector> {
    type Distance = Nullable<Double>;
}

functions! {
    L2: ["(", " <-> ", ")"], ["l2_distance(", ", ", ")"];
    Cosine: ["(", " <=> ", ")"], ["cosine_distance(", ", ", ")"];
    InnerProduct: ["(", " <#> ", ")"], ["(-inner_product(", ", ", "))"];
}

/// The distance `F` between `L` and `R`.
pub type Distance<F, L, R> = Call<F, (L, R), <<L as Expression>::SqlType as VectorType>::Distance>;

/// The distances between vectors.
pub trait VectorDsl: Expression + Sized
where
    Self::SqlType: VectorType,
{
    /// Returns the Euclidean distance: `<->`.
    fn l2_distance<T: AsExpression<Self::SqlType>>(
        self,
        other: T,
    ) -> Distance<L2, Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }

    /// Returns the cosine distance, from 0 for the same direction to 2 for the opposite one: `<=>`.
    fn cosine_distance<T: AsExpression<Self::SqlType>>(
        self,
        other: T,
    ) -> Distance<Cosine, Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }

    /// Returns the inner product with the opposite sign, so that the greatest product comes first: `<#>`.
    fn negative_inner_product<T: AsExpression<Self::SqlType>>(
        self,
        other: T,
    ) -> Distance<InnerProduct, Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }
}

impl<E: Expression> VectorDsl for E where E::SqlType: VectorType {}
