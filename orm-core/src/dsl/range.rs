//! Operators of ranges, with the meaning that PostgreSQL's have, on both databases.
//!
//! On SQLite, a range is text, and the operators are mizzle's functions.

use std::marker::PhantomData;

use diesel::expression::{AsExpression, Expression, TypedExpressionType};
use diesel::sql_types::{self, Bool, Nullable, SqlType};

use super::call::{Call, Function};
use super::contains::Container;
use crate::backend::marks;
use crate::types::sql_types::{ExactNumeric, Range, RangeBound};

/// The bounds of a range, in SQL.
pub trait Bounds: RangeBound {
    /// How SQLite compares a bound, as a mark, if it has to be told.
    const COLLATION: Option<&'static str> = None;
}

impl Bounds for sql_types::Integer {}
impl Bounds for sql_types::BigInt {}
impl Bounds for sql_types::Date {}
impl Bounds for sql_types::Timestamp {}
impl Bounds for sql_types::Timestamptz {}

impl Bounds for ExactNumeric {
    const COLLATION: Option<&'static str> = Some(marks::COLLATE_DECIMAL);
}

/// A range, or a range that may be NULL.
#[diagnostic::on_unimplemented(
    message = "this is not a range: `{Self}`",
    label = "not a range",
    note = "a column of type `Range<_>` is one"
)]
pub trait RangeType: SqlType + TypedExpressionType {
    /// The type of its values.
    type Value: Bounds;
    /// The type of a condition on it.
    type Condition: SqlType + TypedExpressionType;
}

impl<ST: Bounds> RangeType for Range<ST> {
    type Value = ST;
    type Condition = Bool;
}

impl<ST: Bounds> RangeType for Nullable<Range<ST>> {
    type Value = ST;
    type Condition = Nullable<Bool>;
}

impl<ST: Bounds> Container for Range<ST> {
    type Condition = Bool;
    type Contains = Contains<ST>;
    type IsContained = IsContained<ST>;
}

impl<ST: Bounds> Container for Nullable<Range<ST>> {
    type Condition = Nullable<Bool>;
    type Contains = Contains<ST>;
    type IsContained = IsContained<ST>;
}

/// Defines functions and operators of ranges. SQLite's function gets the type as its last argument.
macro_rules! of_ranges {
    ($($name:ident: $postgres:expr, [$($sqlite:expr),*] $(, $collation:ident)?;)*) => {
        $(
            #[doc = concat!("The function `", stringify!($name), "`.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name<ST>(PhantomData<ST>);

            impl<ST: Bounds> Function for $name<ST> {
                const POSTGRES: &'static [&'static str] = &$postgres;
                const SQLITE: &'static [&'static str] = &[$($sqlite,)* ST::AS_ARGUMENT];
                $(const COLLATION: Option<&'static str> = ST::$collation;)?
            }
        )*
    };
}

of_ranges! {
    Contains: ["(", " @> ", ")"], ["mizzle_range_contains(", ", "];
    IsContained: ["(", " <@ ", ")"], ["mizzle_range_contained(", ", "];
    Overlaps: ["(", " && ", ")"], ["mizzle_range_overlaps(", ", "];
    Adjacent: ["(", " -|- ", ")"], ["mizzle_range_adjacent(", ", "];
    Has: ["(", " @> ", ")"], ["mizzle_range_has(", ", "];
    Lower: ["lower(", ")"], ["mizzle_range_lower("], COLLATION;
    Upper: ["upper(", ")"], ["mizzle_range_upper("], COLLATION;
    IsEmpty: ["isempty(", ")"], ["mizzle_range_is_empty("];
}

/// The type of the values of the range `L`.
pub type ValueOf<L> = <<L as Expression>::SqlType as RangeType>::Value;

/// The condition `F` on the range `L` and `R`.
pub type Compared<F, L, R> = Call<F, (L, R), <<L as Expression>::SqlType as RangeType>::Condition>;

/// The bound `F` of the range `L`.
pub type BoundOf<F, L> = Call<F, (L,), Nullable<ValueOf<L>>>;

/// The operators of ranges, besides `contains` and `is_contained_by` of
/// [`ContainsDsl`](crate::dsl::ContainsDsl).
pub trait RangeDsl: Expression + Sized
where
    Self::SqlType: RangeType,
{
    /// Returns the condition that the value is in the range: `range @> value`.
    fn contains_value<T: AsExpression<ValueOf<Self>>>(
        self,
        value: T,
    ) -> Compared<Has<ValueOf<Self>>, Self, T::Expression> {
        Call::new((self, value.as_expression()))
    }

    /// Returns the condition that the ranges have a value in common: `&&`.
    fn overlaps<T: AsExpression<Self::SqlType>>(
        self,
        other: T,
    ) -> Compared<Overlaps<ValueOf<Self>>, Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }

    /// Returns the condition that the ranges have no value in common, and none is between them: `-|-`.
    #[allow(clippy::wrong_self_convention, reason = "as `is_contained_by`")]
    fn is_adjacent_to<T: AsExpression<Self::SqlType>>(
        self,
        other: T,
    ) -> Compared<Adjacent<ValueOf<Self>>, Self, T::Expression> {
        Call::new((self, other.as_expression()))
    }

    /// Returns the value of the lower bound. NULL if the range has none, or is empty.
    fn lower(self) -> BoundOf<Lower<ValueOf<Self>>, Self> {
        Call::new((self,))
    }

    /// Returns the value of the upper bound. NULL if the range has none, or is empty.
    fn upper(self) -> BoundOf<Upper<ValueOf<Self>>, Self> {
        Call::new((self,))
    }

    /// Returns the condition that the range has no value: `isempty`.
    #[allow(clippy::wrong_self_convention, reason = "as `is_contained_by`")]
    fn is_empty(
        self,
    ) -> Call<IsEmpty<ValueOf<Self>>, (Self,), <Self::SqlType as RangeType>::Condition> {
        Call::new((self,))
    }
}

impl<E: Expression> RangeDsl for E where E::SqlType: RangeType {}
