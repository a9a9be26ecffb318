//! How often a table appears in FROM. The rules are those of diesel's `table!` and
//! `allow_tables_to_appear_in_same_query!`, but any two tables may: their numbers say whether they are one.

use diesel::expression::is_contained_in_group_by::{No, Yes};
use diesel::internal::table_macro::{
    AliasAliasAppearsInFromClause, AliasAliasAppearsInFromClauseSameTable,
    AliasAppearsInFromClause, FieldAliasMapperAssociatedTypesDisjointnessTrick, NoFromClause,
    TablesampleMethod,
};
use diesel::query_builder::{Only, Tablesample};
use diesel::query_source::{Alias, AliasSource, AliasedField, AppearsInFromClause, Never, Once};

use super::{Column, ColumnInfo, TableInfo, TableOf};
use crate::table::number::Same;

/// Whether two tables are one.
pub(super) type IsSame<T, U> = <<T as TableInfo>::Number as Same<<U as TableInfo>::Number>>::Answer;

/// What follows from whether two tables are one: diesel's `Yes` or `No`.
pub trait Appears {
    /// How often the one appears in the other.
    type Count;
}

impl Appears for Yes {
    type Count = Once;
}

impl Appears for No {
    type Count = Never;
}

impl<T, U> AppearsInFromClause<TableOf<U>> for TableOf<T>
where
    T: TableInfo<Number: Same<U::Number, Answer: Appears>>,
    U: TableInfo,
{
    type Count = <IsSame<T, U> as Appears>::Count;
}

impl<T: TableInfo> AppearsInFromClause<TableOf<T>> for NoFromClause {
    type Count = Never;
}

impl<T, U> AppearsInFromClause<Only<TableOf<U>>> for TableOf<T>
where
    T: TableInfo<Number: Same<U::Number, Answer: Appears>>,
    U: TableInfo,
{
    type Count = <IsSame<T, U> as Appears>::Count;
}

impl<T, U> AppearsInFromClause<TableOf<U>> for Only<TableOf<T>>
where
    T: TableInfo<Number: Same<U::Number, Answer: Appears>>,
    U: TableInfo,
{
    type Count = <IsSame<T, U> as Appears>::Count;
}

impl<T, U, M> AppearsInFromClause<Tablesample<TableOf<U>, M>> for TableOf<T>
where
    T: TableInfo<Number: Same<U::Number, Answer: Appears>>,
    U: TableInfo,
    M: TablesampleMethod,
{
    type Count = <IsSame<T, U> as Appears>::Count;
}

impl<T, U, M> AppearsInFromClause<TableOf<U>> for Tablesample<TableOf<T>, M>
where
    T: TableInfo<Number: Same<U::Number, Answer: Appears>>,
    U: TableInfo,
    M: TablesampleMethod,
{
    type Count = <IsSame<T, U> as Appears>::Count;
}

// An alias is another table.

impl<T: TableInfo, S: AliasSource> AppearsInFromClause<Alias<S>> for TableOf<T> {
    type Count = Never;
}

impl<T, U, S> AliasAppearsInFromClause<S, TableOf<U>> for TableOf<T>
where
    T: TableInfo,
    U: TableInfo,
    S: AliasSource<Target = Self>,
{
    type Count = Never;
}

impl<T, U, S, Other> AliasAliasAppearsInFromClause<TableOf<T>, Other, S> for TableOf<U>
where
    T: TableInfo<Number: Same<U::Number, Answer: AliasesAppear<S, Other, TableOf<T>>>>,
    U: TableInfo,
    S: AliasSource<Target = TableOf<T>>,
    Other: AliasSource<Target = Self>,
{
    type Count = <IsSame<T, U> as AliasesAppear<S, Other, TableOf<T>>>::Count;
}

/// What follows for the aliases `S` and `Other` of two tables.
pub trait AliasesAppear<S, Other, T> {
    /// How often the one appears in the other.
    type Count;
}

impl<S, Other, T> AliasesAppear<S, Other, T> for Yes
where
    S: AliasAliasAppearsInFromClauseSameTable<Other, T>,
{
    type Count = S::Count;
}

impl<S, Other, T> AliasesAppear<S, Other, T> for No {
    type Count = Never;
}

impl<T, U, S, C> FieldAliasMapperAssociatedTypesDisjointnessTrick<TableOf<U>, S, Column<C>>
    for TableOf<T>
where
    T: TableInfo<Number: Same<U::Number, Answer: MapsField<S, Column<C>>>>,
    U: TableInfo,
    S: AliasSource<Target = Self>,
    C: ColumnInfo<Table = TableOf<U>>,
{
    type Out = <IsSame<T, U> as MapsField<S, Column<C>>>::Out;

    fn map(column: Column<C>, alias: &Alias<S>) -> Self::Out {
        <IsSame<T, U>>::map(column, alias)
    }
}

/// What follows for a column of the one in a query of an alias of the other.
pub trait MapsField<S: AliasSource, C> {
    /// The column, or the alias's.
    type Out;

    /// Returns it.
    fn map(column: C, alias: &Alias<S>) -> Self::Out;
}

impl<S, C> MapsField<S, C> for Yes
where
    S: AliasSource + Clone,
    C: diesel::query_source::Column<Table = S::Target>,
{
    type Out = AliasedField<S, C>;

    fn map(column: C, alias: &Alias<S>) -> Self::Out {
        alias.field(column)
    }
}

impl<S: AliasSource, C> MapsField<S, C> for No {
    type Out = C;

    fn map(column: C, _alias: &Alias<S>) -> C {
        column
    }
}
