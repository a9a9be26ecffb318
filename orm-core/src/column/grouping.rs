//! `GROUP BY`: which columns a query may then select.

use diesel::expression::is_contained_in_group_by::Yes;
use diesel::expression::{IsContainedInGroupBy, ValidGrouping, is_aggregate};

use super::{Column, ColumnInfo, StructTable};
use crate::table::number::Same;

/// Grouping by the column lets a query select all columns of its table: the column is the primary key.
#[derive(Debug)]
pub struct WholeRow;

/// Grouping by the column lets a query select the column.
#[derive(Debug)]
pub struct Itself;

/// Whether grouping by the column `By` lets a query select the column `C`.
pub trait Covers<By, C> {
    /// diesel's `Yes` or `No`.
    type Answer;
}

impl<By, C> Covers<By, C> for WholeRow
where
    By: ColumnInfo,
    C: ColumnInfo,
    <By::Table as StructTable>::Number: Same<<C::Table as StructTable>::Number>,
{
    type Answer =
        <<By::Table as StructTable>::Number as Same<<C::Table as StructTable>::Number>>::Answer;
}

impl<By, C> Covers<By, C> for Itself
where
    By: ColumnInfo,
    C: ColumnInfo,
    By::Number: Same<C::Number>,
{
    type Answer = <By::Number as Same<C::Number>>::Answer;
}

impl<By, C> IsContainedInGroupBy<Column<C>> for Column<By>
where
    By: ColumnInfo,
    C: ColumnInfo,
    By::Groups: Covers<By, C>,
{
    type Output = <By::Groups as Covers<By, C>>::Answer;
}

impl<C: ColumnInfo> ValidGrouping<()> for Column<C> {
    type IsAggregate = is_aggregate::No;
}

impl<C, GroupBy> ValidGrouping<GroupBy> for Column<C>
where
    C: ColumnInfo,
    GroupBy: IsContainedInGroupBy<Self, Output = Yes>,
{
    type IsAggregate = is_aggregate::Yes;
}
