//! Joins along foreign keys: `posts::table.inner_join(users::table)`.

use diesel::internal::table_macro::{
    BoxedSelectStatement, FromClause, Join, JoinOn, SelectStatement, TablesampleMethod,
};
use diesel::query_builder::{Only, Tablesample};
use diesel::query_source::{Alias, JoinTo, QuerySource};

use super::{TableInfo, TableOf};

/// A struct whose table joins that of `Other`, by the only foreign key between the two. Implemented by
/// `#[derive(Table)]`, for both.
#[diagnostic::on_unimplemented(
    message = "cannot join the tables of `{Self}` and `{Other}` without a condition",
    label = "no foreign key between the two, or several",
    note = "say how they join: `a::table.inner_join(b::table.on(b::a_id.eq(a::id)))`"
)]
pub trait Joins<Other> {
    /// The condition.
    type On;

    /// Returns the condition.
    fn on() -> Self::On;
}

impl<T, U> JoinTo<TableOf<U>> for TableOf<T>
where
    T: TableInfo<Row: Joins<U::Row>>,
    U: TableInfo,
{
    type FromClause = TableOf<U>;
    type OnClause = <T::Row as Joins<U::Row>>::On;

    fn join_target(to: TableOf<U>) -> (TableOf<U>, Self::OnClause) {
        (to, T::Row::on())
    }
}

/// The table joins what joins it.
macro_rules! joins_what_joins_it {
    ([$($generics:tt)*] $to:ty, [$($bounds:tt)*]) => {
        impl<$($generics)*, T: TableInfo> JoinTo<$to> for TableOf<T>
        where
            $to: JoinTo<TableOf<T>>,
            $($bounds)*
        {
            type FromClause = $to;
            type OnClause = <$to as JoinTo<TableOf<T>>>::OnClause;

            fn join_target(to: $to) -> (Self::FromClause, Self::OnClause) {
                (to, <$to as JoinTo<TableOf<T>>>::join_target(Self::IT).1)
            }
        }
    };
}

joins_what_joins_it!([Left, Right, Kind] Join<Left, Right, Kind>, [Left: QuerySource, Right: QuerySource]);
joins_what_joins_it!([Join, On] JoinOn<Join, On>, []);
joins_what_joins_it!(
    [F, S, D, W, O, L, Of, G] SelectStatement<FromClause<F>, S, D, W, O, L, Of, G>, [F: QuerySource]
);
joins_what_joins_it!(['a, F, S, DB] BoxedSelectStatement<'a, FromClause<F>, S, DB>, [F: QuerySource]);
joins_what_joins_it!([S] Alias<S>, []);
joins_what_joins_it!([S] Only<S>, []);
joins_what_joins_it!([S, M] Tablesample<S, M>, [M: TablesampleMethod]);
