//! The tables of all structs, and their columns, as two generic types.
//!
//! diesel's `table!` writes some thirty implementations for each table and for each column, and one more for each pair
//! of columns of a table. Here these are written once, for [`TableOf`] and [`Column`], and `#[derive(Table)]` only says
//! what a table and a column are: see [`TableInfo`] and [`ColumnInfo`]. So a program compiles in a fraction of the time.

mod appears;
mod comparisons;
mod containers;
mod derived;
mod from;
mod grouping;
mod joins;
mod methods;
mod star;
mod table;
mod value;

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::is_contained_in_group_by::Yes;
use diesel::expression::{Expression, TypedExpressionType};
use diesel::internal::table_macro::StaticQueryFragmentInstance;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_source::{AppearsInFromClause, Once};
use diesel::sql_types::{SingleValue, SqlType};

use crate::table::number::Same;
use crate::table::{ColumnSet, Columns, Table};

pub use self::derived::Derived;
pub use self::grouping::{Covers, Itself, WholeRow};
pub use self::joins::Joins;
pub use self::star::Star;
pub use self::table::{Reads, TableInfo, TableOf, TableOfStruct, Writes};
pub use self::value::ValueOf;
pub use crate::dsl::checked::{Exact, Plain};

/// A column, such as `users::name`. `C` is the column's name in the compiler's messages.
pub struct Column<C>(PhantomData<C>);

/// What a column is. Implemented by `#[derive(Table)]` and `#[derive(Cte)]`.
pub trait ColumnInfo: 'static {
    /// The table.
    type Table: StructTable;
    /// diesel's type of the column.
    type SqlType: SqlType + SingleValue + TypedExpressionType;
    /// A number that no other column has: see [`number`](crate::table::number).
    type Number;
    /// What `GROUP BY` this column lets a query select: [`WholeRow`] if it is the primary key, or [`Itself`].
    type Groups;
    /// The operators `+ - * /`: [`Exact`], or diesel's for dates and times, [`Plain`].
    type Arithmetic;

    /// diesel's name for the column: the name in the database, and how SQLite compares the values.
    const NAME: &'static str;
    /// The position in [`StructTable::COLUMNS`].
    const PLACE: usize;
}

/// A column of the table `T`. The compiler reports this trait if a query selects a column of another table.
#[diagnostic::on_unimplemented(
    message = "cannot select `{Self}` from `{T}`",
    label = "no column of `{T}`",
    note = "to select columns of several tables join them: `db.load(a::table.inner_join(b::table).select(…))`"
)]
pub trait ColumnOf<T>: ColumnInfo<Table = T> {}

/// A column of the table of `T`.
#[diagnostic::on_unimplemented(
    message = "this is not a column of `{T}`: `{Self}`",
    label = "not a column of `{T}`",
    note = "this call is about a column of `{T}` itself; what it is set to may be of another table, if the statement uses that"
)]
pub trait ColumnIn<T: Table>: ColumnInfo {}

#[diagnostic::do_not_recommend]
impl<T: Table, C: ColumnInfo<Table = T::Dsl>> ColumnIn<T> for C {}

/// diesel's table of a struct: [`TableOf`].
pub trait StructTable: diesel::Table + AppearsInFromClause<Self, Count = Once> + 'static {
    /// The struct.
    type Row: 'static;
    /// A number that no other table has: see [`number`](crate::table::number).
    type Number: Same<Self::Number, Answer = Yes>;

    /// The columns' names in the database, in the order of the struct's fields.
    const COLUMNS: &'static [&'static str];
}

impl<T: TableInfo> StructTable for TableOf<T> {
    type Row = T::Row;
    type Number = T::Number;

    const COLUMNS: &'static [&'static str] = T::COLUMNS;
}

impl<C> Column<C> {
    /// The column.
    pub const IT: Self = Self(PhantomData);
}

impl<C> Clone for Column<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Column<C> {}

impl<C> Default for Column<C> {
    fn default() -> Self {
        Self::IT
    }
}

impl<C: ColumnInfo> fmt::Debug for Column<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(<C::Table as StructTable>::COLUMNS[C::PLACE])
    }
}

impl<C: 'static> QueryId for Column<C> {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<C: ColumnInfo> Expression for Column<C> {
    type SqlType = C::SqlType;
}

impl<C: ColumnInfo> diesel::query_source::Column for Column<C> {
    type Table = C::Table;

    const NAME: &'static str = C::NAME;
}

impl<C> Columns for Column<C>
where
    C: ColumnInfo,
    <C::Table as StructTable>::Row: Table,
{
    type Row = <C::Table as StructTable>::Row;

    const SET: ColumnSet = ColumnSet::of(&[C::PLACE]);
}

impl<C, DB> QueryFragment<DB> for Column<C>
where
    C: ColumnInfo,
    DB: Backend,
    StaticQueryFragmentInstance<C::Table>: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        push_table::<C::Table, DB>(&mut out)?;
        out.push_identifier(C::NAME)
    }
}

/// Writes the table and a dot, unless the statement names no table.
fn push_table<T, DB>(out: &mut AstPass<'_, '_, DB>) -> QueryResult<()>
where
    T: StructTable,
    DB: Backend,
    StaticQueryFragmentInstance<T>: QueryFragment<DB>,
{
    if !out.should_skip_from() {
        const { &StaticQueryFragmentInstance::<T>::new() }.walk_ast(out.reborrow())?;
        out.push_sql(".");
    }
    Ok(())
}
