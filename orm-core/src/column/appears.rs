//! The queries in which a column may appear, and those that may select it. The rules are those of diesel's `table!`.

use diesel::expression::{AppearsOnTable, SelectableExpression};
use diesel::internal::table_macro::{
    FromClause, Inner, Join, JoinOn, LeftOuter, Pick, SelectStatement, TablesampleMethod,
};
use diesel::query_builder::{Only, Tablesample};
use diesel::query_source::{AppearsInFromClause, Never, Once, QuerySource};

use super::{Column, ColumnInfo, ColumnOf, StructTable};

impl<C, QS> AppearsOnTable<QS> for Column<C>
where
    C: ColumnInfo,
    QS: AppearsInFromClause<C::Table, Count = Once>,
{
}

impl<C, T> SelectableExpression<T> for Column<C>
where
    C: ColumnOf<T>,
    // The compiler knows that no join is one.
    T: StructTable,
{
}

// Only columns of the table on the left can be NULL or not as they are: those on the right must be `nullable()`.
impl<C, Left, Right> SelectableExpression<Join<Left, Right, LeftOuter>> for Column<C>
where
    C: ColumnInfo,
    Left: QuerySource,
    Right: AppearsInFromClause<C::Table, Count = Never> + QuerySource,
    Self: AppearsOnTable<Join<Left, Right, LeftOuter>> + SelectableExpression<Left>,
{
}

impl<C, Left, Right> SelectableExpression<Join<Left, Right, Inner>> for Column<C>
where
    C: ColumnInfo,
    Left: AppearsInFromClause<C::Table> + QuerySource,
    Right: AppearsInFromClause<C::Table> + QuerySource,
    (Left::Count, Right::Count): Pick<Left, Right>,
    Self: AppearsOnTable<Join<Left, Right, Inner>>
        + SelectableExpression<<(Left::Count, Right::Count) as Pick<Left, Right>>::Selection>,
{
}

impl<C, Join, On> SelectableExpression<JoinOn<Join, On>> for Column<C>
where
    C: ColumnInfo,
    Self: SelectableExpression<Join> + AppearsOnTable<JoinOn<Join, On>>,
{
}

impl<C, From> SelectableExpression<SelectStatement<FromClause<From>>> for Column<C>
where
    C: ColumnInfo,
    From: QuerySource,
    Self: SelectableExpression<From> + AppearsOnTable<SelectStatement<FromClause<From>>>,
{
}

impl<C: ColumnInfo> SelectableExpression<Only<C::Table>> for Column<C> where
    Self: AppearsOnTable<Only<C::Table>>
{
}

impl<C, TSM> SelectableExpression<Tablesample<C::Table, TSM>> for Column<C>
where
    C: ColumnInfo,
    TSM: TablesampleMethod,
    Self: AppearsOnTable<Tablesample<C::Table, TSM>>,
{
}
