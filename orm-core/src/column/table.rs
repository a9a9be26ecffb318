//! The tables of all structs, as one generic type with diesel's traits. The implementations are those of diesel's
//! `table!`.

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::associations::HasTable;
use diesel::backend::Backend;
use diesel::expression::is_contained_in_group_by::Yes;
use diesel::expression::{Expression, SelectableExpression, ValidGrouping};
use diesel::insertable::Insertable;
use diesel::internal::table_macro::{
    FromClause, Identifier, SelectStatement, StaticQueryFragment, StaticQueryFragmentInstance,
};
use diesel::query_builder::{
    AsQuery, AstPass, IntoUpdateTarget, QueryFragment, QueryId, UpdateTarget,
};
use diesel::query_source::QuerySource;

use super::Star;
use crate::table::Table;
use crate::table::number::Same;

/// The table of a struct, such as `users::table`. `T` is the table's name in the compiler's messages.
pub struct TableOf<T>(PhantomData<T>);

/// What a table is. Implemented by `#[derive(Table)]`, `#[derive(View)]` and `#[derive(Cte)]`.
pub trait TableInfo: Sized + 'static {
    /// The struct.
    type Row: 'static;
    /// A number that no other table has: see [`number`](crate::table::number).
    type Number: Same<Self::Number, Answer = Yes>;
    /// The primary key: a column or a tuple of columns.
    type Key: SelectableExpression<TableOf<Self>> + ValidGrouping<()>;
    /// A tuple of all columns.
    type Columns: SelectableExpression<TableOf<Self>> + ValidGrouping<()>;
    /// What statements do with it: [`Reads`] or [`Writes`].
    type Access;

    /// The name in the database.
    const NAME: &'static str;
    /// The columns' names in the database, in the order of the struct's fields.
    const COLUMNS: &'static [&'static str];
    /// The primary key.
    const KEY: Self::Key;
    /// All columns.
    const ALL: Self::Columns;
}

/// The module of a table or a view, whose struct is known by it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the table of a struct",
    label = "not the table of a struct with `#[derive(Table)]` or `#[derive(View)]`"
)]
pub trait TableOfStruct {
    /// The struct.
    type Struct: Table;
}

#[diagnostic::do_not_recommend]
impl<T: TableInfo<Row: Table>> TableOfStruct for TableOf<T> {
    type Struct = T::Row;
}

/// Statements only read the table.
#[derive(Debug)]
pub struct Reads;

/// Statements read and write the table.
#[derive(Debug)]
pub struct Writes;

impl<T> TableOf<T> {
    /// The table.
    pub const IT: Self = Self(PhantomData);

    /// Returns `*`, all columns, for `count`.
    pub fn star(&self) -> Star<Self> {
        Star::IT
    }
}

impl<T> Clone for TableOf<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TableOf<T> {}

impl<T> Default for TableOf<T> {
    fn default() -> Self {
        Self::IT
    }
}

impl<T: TableInfo> fmt::Debug for TableOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::NAME)
    }
}

impl<T: 'static> QueryId for TableOf<T> {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<T: TableInfo> StaticQueryFragment for TableOf<T> {
    type Component = Identifier<'static>;

    const STATIC_COMPONENT: &'static Self::Component = &Identifier(T::NAME);
}

impl<T, DB> QueryFragment<DB> for TableOf<T>
where
    T: TableInfo,
    DB: Backend,
    Identifier<'static>: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        <Self as StaticQueryFragment>::STATIC_COMPONENT.walk_ast(out)
    }
}

impl<T: TableInfo> QuerySource for TableOf<T> {
    type FromClause = StaticQueryFragmentInstance<Self>;
    type DefaultSelection = T::Columns;

    fn from_clause(&self) -> Self::FromClause {
        StaticQueryFragmentInstance::new()
    }

    fn default_selection(&self) -> T::Columns {
        T::ALL
    }
}

impl<T: TableInfo> AsQuery for TableOf<T> {
    type SqlType = <T::Columns as Expression>::SqlType;
    type Query = SelectStatement<FromClause<Self>>;

    fn as_query(self) -> Self::Query {
        SelectStatement::simple(self)
    }
}

impl<T: TableInfo> diesel::Table for TableOf<T> {
    type PrimaryKey = T::Key;
    type AllColumns = T::Columns;

    fn primary_key(&self) -> T::Key {
        T::KEY
    }

    fn all_columns() -> T::Columns {
        T::ALL
    }
}

impl<T: TableInfo> HasTable for TableOf<T> {
    type Table = Self;

    fn table() -> Self {
        Self::IT
    }
}

impl<T: TableInfo<Access = Writes>> IntoUpdateTarget for TableOf<T> {
    type WhereClause = <SelectStatement<FromClause<Self>> as IntoUpdateTarget>::WhereClause;

    fn into_update_target(self) -> UpdateTarget<Self, Self::WhereClause> {
        self.as_query().into_update_target()
    }
}

impl<T, Into> Insertable<Into> for TableOf<T>
where
    T: TableInfo<Access = Writes>,
    SelectStatement<FromClause<Self>>: Insertable<Into>,
{
    type Values = <SelectStatement<FromClause<Self>> as Insertable<Into>>::Values;

    fn values(self) -> Self::Values {
        self.as_query().values()
    }
}

impl<T, Into> Insertable<Into> for &TableOf<T>
where
    T: TableInfo,
    TableOf<T>: Insertable<Into>,
{
    type Values = <TableOf<T> as Insertable<Into>>::Values;

    fn values(self) -> Self::Values {
        (*self).values()
    }
}
