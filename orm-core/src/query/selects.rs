//! What a query can select instead of whole rows.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::deserialize;
use diesel::expression::{Expression, NonAggregate, QueryMetadata};
use diesel::query_builder::{AstPass, QueryFragment};

use super::bounds::Selects;
use crate::backend::{Any, AnyRow};
use crate::run::ReadAs;
use crate::table::Table;

/// Expressions on rows of `T` whose values for each row become a `U`: a column, another expression on the table's columns,
/// such as an aggregate of related rows, or a tuple of these.
#[diagnostic::on_unimplemented(
    message = "what is selected of each row of `{T}` can't be read as `{U}`",
    label = "this can't be read as `{U}`: `{Self}`",
    note = "read a tuple with a type for each column: `Nullable` is an `Option`, `Text` a `String`, `BigInt` an `i64`, `Integer` \
            an `i32`, and an enum or newtype itself; or read a struct that says what is selected, `select_as::<Author>()`",
    note = "an aggregate of all rows, such as `count(users::id)`, has no value for each row: load it as a diesel query, \
            `db.one(query)`"
)]
pub trait SelectsAs<T: Table, U>: QueryFragment<Any> {
    /// Returns the number of columns.
    #[doc(hidden)]
    fn width() -> usize;

    /// Reads the columns that begin at `at`.
    #[doc(hidden)]
    fn read(row: &AnyRow<'_>, at: usize) -> deserialize::Result<U>;
}

#[diagnostic::do_not_recommend]
impl<T, U, E> SelectsAs<T, U> for E
where
    T: Table,
    // `select` checks that these are expressions on the table, so a wrong one is a single error.
    E: Expression + NonAggregate + QueryFragment<Any>,
    E::SqlType: ReadAs<U>,
    Any: QueryMetadata<E::SqlType>,
{
    fn width() -> usize {
        let mut columns = Vec::new();
        <Any as QueryMetadata<E::SqlType>>::row_metadata(&mut (), &mut columns);
        columns.len()
    }

    fn read(row: &AnyRow<'_>, at: usize) -> deserialize::Result<U> {
        E::SqlType::read_at(row, at)
    }
}

/// A struct of some columns and computed values of the rows of `T`: `#[derive(Row)]` with `#[row(table = users)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not selected from rows of `{T}`",
    label = "not a struct of some columns of `{T}`",
    note = "add `#[derive(Row)]` to it, and `#[row(table = …)]` with the module of the table of `{T}`, or select a tuple"
)]
pub trait PartialOf<T: Table>: Sized + Send + 'static {
    /// The values of the fields.
    #[doc(hidden)]
    type Values;

    /// What is selected: always an [`AsRow`]. Because the trait names it, the compiler reports a struct of another table
    /// once, and nothing about what is selected for it.
    #[doc(hidden)]
    type Selected: SelectsAs<T, Self>;

    /// Returns what is selected.
    #[doc(hidden)]
    fn columns() -> impl SelectsAs<T, Self::Values> + Send + 'static;

    /// Returns the struct with these values.
    #[doc(hidden)]
    fn from_values(values: Self::Values) -> Self;

    /// Returns what is selected, as a type that has a name.
    #[doc(hidden)]
    fn selected() -> Self::Selected;
}

/// Returns an expression that is selected from rows of `T`.
#[doc(hidden)]
pub fn selected<T: Table, E: Selects<T>>(columns: E) -> E::Columns {
    columns.columns()
}

/// What is selected for a struct of some columns.
pub struct AsRow<R> {
    columns: Box<dyn QueryFragment<Any> + Send>,
    row: PhantomData<fn() -> R>,
}

impl<R> AsRow<R> {
    /// Returns what is selected for an `R` of rows of `T`.
    #[doc(hidden)]
    pub fn of<T: Table>() -> Self
    where
        R: PartialOf<T>,
    {
        Self { columns: Box::new(R::columns()), row: PhantomData }
    }
}

impl<R> QueryFragment<Any> for AsRow<R> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.columns.walk_ast(out)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Table, R: PartialOf<T>> SelectsAs<T, R> for AsRow<R> {
    fn width() -> usize {
        width_of(R::columns)
    }

    fn read(row: &AnyRow<'_>, at: usize) -> deserialize::Result<R> {
        read_as(R::columns, row, at).map(R::from_values)
    }
}

/// Returns the number of columns that a function selects. The function isn't called, it names the type.
fn width_of<T: Table, U, E: SelectsAs<T, U>>(_: fn() -> E) -> usize {
    E::width()
}

/// Reads the columns that a function selects.
fn read_as<T: Table, U, E: SelectsAs<T, U>>(
    _: fn() -> E,
    row: &AnyRow<'_>,
    at: usize,
) -> deserialize::Result<U> {
    E::read(row, at)
}
