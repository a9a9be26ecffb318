//! The requirements for a condition and for an order, each as one trait. So an invalid one is a single error, instead
//! of one for each bound.

use diesel::expression::{
    AppearsOnTable, Expression, NonAggregate, SelectableExpression, ValidGrouping,
};
use diesel::query_builder::QueryFragment;
use diesel::sql_types::BoolOrNullableBool;

use crate::backend::Any;
use crate::table::Table;

/// A condition on rows of `T`: a diesel expression on the columns of its table, whose value is a `Bool` or NULL.
///
/// Every such expression implements it if other threads can take it, boxed ones too:
/// `Box<dyn BoxableExpression<users::table, Any, SqlType = Bool>>`.
#[diagnostic::on_unimplemented(
    message = "this is not a condition on rows of `{T}`: `{Self}`",
    label = "not a condition on rows of `{T}`",
    note = "it may only name columns of `{T}`: for those of another table, use `exists()` of a relation, or join the \
            tables, `db.load(a::table.inner_join(b::table).filter(…))`",
    note = "compare by methods (`eq`, `gt`, `is_null`), and join conditions by `and` and `or`; if a part of it has another \
            error, correct that first"
)]
pub trait Condition<T: Table>: QueryFragment<Any> + Send {}

#[diagnostic::do_not_recommend]
impl<T, P> Condition<T> for P
where
    T: Table,
    P: Expression + AppearsOnTable<T::Dsl> + NonAggregate + QueryFragment<Any> + Send,
    P::SqlType: BoolOrNullableBool,
{
}

/// An order of rows of `T`: a column of its table, `column.desc()`, another expression on its columns, or a tuple of
/// these.
///
/// Every such expression implements it.
#[diagnostic::on_unimplemented(
    message = "rows of `{T}` can't be sorted by this: `{Self}`",
    label = "not an order of rows of `{T}`",
    note = "it may only name columns of `{T}`: to sort by those of another table, join the tables, \
            `db.load(a::table.inner_join(b::table).order_by(…))`"
)]
pub trait Order<T: Table>: QueryFragment<Any> + Send {}

#[diagnostic::do_not_recommend]
impl<T, O> Order<T> for O
where
    T: Table,
    O: Expression + AppearsOnTable<T::Dsl> + QueryFragment<Any> + Send,
{
}

/// What a query of `T` can [`select`](crate::Query::select): a column of its table, another expression on its columns, or a
/// tuple of these.
///
/// Every such expression implements it.
#[diagnostic::on_unimplemented(
    message = "this can't be selected from rows of `{T}`: `{Self}`",
    label = "not an expression on columns of `{T}`",
    note = "it may only name columns of `{T}`: for those of another table, attach a relation, `User::query().with(User::posts())`, \
            or join the tables, `db.load(a::table.inner_join(b::table).select(…))`"
)]
pub trait Selects<T: Table>: Sized {
    /// The same, if it can be selected.
    type Columns: Expression + QueryFragment<Any>;

    #[doc(hidden)]
    fn columns(self) -> Self::Columns;
}

#[diagnostic::do_not_recommend]
impl<T, E> Selects<T> for E
where
    T: Table,
    E: Expression + SelectableExpression<T::Dsl> + ValidGrouping<()> + QueryFragment<Any>,
{
    type Columns = E;

    fn columns(self) -> E {
        self
    }
}
