//! The values of which aggregates are computed, and the types of sums.

use diesel::expression::{AppearsOnTable, Expression, NonAggregate};
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{self, BigInt, Double, Nullable, SingleValue, SqlType};

use crate::backend::Any;
use crate::table::Table;
use crate::types::sql_types::ExactNumeric;

/// A value of a row of `T`: a column of its table or another diesel expression on its columns.
///
/// Every such expression implements it.
#[diagnostic::on_unimplemented(
    message = "this is not a value of rows of `{T}`: `{Self}`",
    label = "not a value of rows of `{T}`",
    note = "it may only name columns of `{T}`, the table that the relation leads to"
)]
pub trait Aggregated<T: Table>: Expression + QueryFragment<Any> + Send {}

#[diagnostic::do_not_recommend]
impl<T, E> Aggregated<T> for E
where
    T: Table,
    E: AppearsOnTable<T::Dsl> + NonAggregate + QueryFragment<Any> + Send,
{
}

/// A type of numbers, with the type of their sum on both databases.
#[diagnostic::on_unimplemented(
    message = "values of the type `{Self}` have no sum",
    note = "those of numbers have: i16, i32, i64, f32, f64 and Decimal"
)]
pub trait Numbers: SqlType {
    /// The type of a sum.
    type Sum: SqlType + SingleValue;

    #[doc(hidden)]
    const SUM: SumKind;
}

/// How numbers are added.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SumKind {
    /// The sum of integers that are smaller than it.
    Integer,
    /// An exact sum of any length.
    Exact,
    Float,
}

macro_rules! numbers {
    ($($number:ty => $sum:ty, $kind:ident;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl Numbers for $number {
                type Sum = Nullable<$sum>;
                const SUM: SumKind = SumKind::$kind;
            }

            #[diagnostic::do_not_recommend]
            impl Numbers for Nullable<$number> {
                type Sum = Nullable<$sum>;
                const SUM: SumKind = SumKind::$kind;
            }
        )*
    };
}

numbers! {
    sql_types::SmallInt => BigInt, Integer;
    sql_types::Integer => BigInt, Integer;
    BigInt => ExactNumeric, Exact;
    ExactNumeric => ExactNumeric, Exact;
    sql_types::Float => Double, Float;
    Double => Double, Float;
}
