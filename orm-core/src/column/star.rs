//! `users::star`, all columns as `*`.

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::expression_types::NotSelectable;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::internal::table_macro::StaticQueryFragmentInstance;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::{StructTable, push_table};

/// `users.*`, for `count`. A query can't select it: use `users::all_columns` for that.
pub struct Star<T>(PhantomData<T>);

impl<T> Star<T> {
    /// The star.
    pub const IT: Self = Self(PhantomData);
}

impl<T> Clone for Star<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Star<T> {}

impl<T> fmt::Debug for Star<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("star")
    }
}

impl<T: 'static> QueryId for Star<T> {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<T: StructTable> Expression for Star<T> {
    type SqlType = NotSelectable;
}

impl<T, GroupBy> ValidGrouping<GroupBy> for Star<T>
where
    T: StructTable,
    T::AllColumns: ValidGrouping<GroupBy>,
{
    type IsAggregate = <T::AllColumns as ValidGrouping<GroupBy>>::IsAggregate;
}

impl<T: StructTable> SelectableExpression<T> for Star<T> {}

impl<T: StructTable> AppearsOnTable<T> for Star<T> {}

impl<T, DB> QueryFragment<DB> for Star<T>
where
    T: StructTable,
    DB: Backend,
    StaticQueryFragmentInstance<T>: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        push_table::<T, DB>(&mut out)?;
        out.push_sql("*");
        Ok(())
    }
}
