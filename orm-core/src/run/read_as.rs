//! What the rows of a diesel query become.

use diesel::deserialize::{FromSqlRow, Result};
use diesel::query_dsl::CompatibleType;
use diesel::row::Row as _;

use crate::backend::{Any, AnyRow};

/// diesel's types of a query's columns, if `U` can be read from them. One bound stands for diesel's two, so that rows of
/// another type are one error.
#[diagnostic::on_unimplemented(
    message = "the rows of this query can't be read as `{U}`",
    label = "the rows have the columns `{Self}`",
    note = "for a struct of a table, select that table's columns, `select(User::as_select())`, or only read from it; otherwise \
            read a tuple with a type for each column: `Nullable` is an `Option`, `Text` a `String`, `BigInt` an `i64`, \
            `Integer` an `i32`, and an enum or newtype itself"
)]
pub trait ReadAs<U> {
    #[doc(hidden)]
    fn read(row: &AnyRow<'_>) -> Result<U>;

    /// Reads the columns that begin at `at`.
    #[doc(hidden)]
    fn read_at(row: &AnyRow<'_>, at: usize) -> Result<U>;
}

#[diagnostic::do_not_recommend]
impl<ST, U> ReadAs<U> for ST
where
    ST: CompatibleType<U, Any>,
    U: FromSqlRow<<ST as CompatibleType<U, Any>>::SqlType, Any>,
{
    #[inline]
    fn read(row: &AnyRow<'_>) -> Result<U> {
        U::build_from_row(row)
    }

    fn read_at(row: &AnyRow<'_>, at: usize) -> Result<U> {
        if at == 0 {
            return Self::read(row);
        }
        U::build_from_row(&row.partial_row(at..row.field_count()))
    }
}
