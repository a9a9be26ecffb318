//! What a query can select instead of whole rows.

use std::marker::PhantomData;

use diesel::deserialize;
use diesel::expression::{Expression, NonAggregate, QueryMetadata};
use diesel::query_builder::QueryFragment;

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
pub trait SelectsAs<T: Table, U> {
    /// Returns the expressions.
    #[doc(hidden)]
    fn fragment(&self) -> &dyn QueryFragment<Any>;

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
    fn fragment(&self) -> &dyn QueryFragment<Any> {
        self
    }

    fn width() -> usize {
        let mut columns = Vec::new();
        <Any as QueryMetadata<E::SqlType>>::row_metadata(&mut (), &mut columns);
        columns.len()
    }

    fn read(row: &AnyRow<'_>, at: usize) -> deserialize::Result<U> {
        E::SqlType::read_at(row, at)
    }
}

/// A struct that some columns and computed values of a table's rows become: `#[derive(Row)]` with `#[row(table = users)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't say what is selected for it",
    label = "not a struct of some columns",
    note = "add `#[derive(Row)]` and `#[row(table = users)]` to it, or select a tuple"
)]
pub trait PartialRow: Sized {
    /// The struct of the table.
    type Table: Table;

    /// The values of the fields.
    #[doc(hidden)]
    type Values;

    /// Returns what is selected.
    #[doc(hidden)]
    fn columns() -> impl SelectsAs<Self::Table, Self::Values>;

    /// Returns the struct with these values.
    #[doc(hidden)]
    fn from_values(values: Self::Values) -> Self;
}

/// A struct of some columns of the table `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not selected from rows of `{T}`",
    label = "not a struct of some columns of `{T}`",
    note = "add `#[derive(Row)]` to it, and `#[row(table = …)]` with the module of the table of `{T}`, or select a tuple"
)]
pub trait PartialOf<T: Table>: PartialRow {}

#[diagnostic::do_not_recommend]
impl<R: PartialRow> PartialOf<R::Table> for R {}

/// Returns an expression that is selected from rows of `T`.
#[doc(hidden)]
pub fn selected<T: Table, E: Selects<T>>(columns: E) -> E::Columns {
    columns.columns()
}

/// What is selected for a struct of some columns.
pub struct AsRow<E, R> {
    columns: E,
    row: PhantomData<fn() -> R>,
}

impl<E, R> AsRow<E, R> {
    pub(crate) fn new(columns: E) -> Self {
        Self { columns, row: PhantomData }
    }
}

impl<E: Clone, R> Clone for AsRow<E, R> {
    fn clone(&self) -> Self {
        Self::new(self.columns.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<T, E, R> SelectsAs<T, R> for AsRow<E, R>
where
    T: Table,
    R: PartialRow,
    E: SelectsAs<R::Table, R::Values>,
{
    fn fragment(&self) -> &dyn QueryFragment<Any> {
        self.columns.fragment()
    }

    fn width() -> usize {
        E::width()
    }

    fn read(row: &AnyRow<'_>, at: usize) -> deserialize::Result<R> {
        E::read(row, at).map(R::from_values)
    }
}
