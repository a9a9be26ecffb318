//! A query in FROM, with the columns of a struct.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::dsl::{On, sql};
use diesel::expression::{AppearsOnTable, SqlLiteral};
use diesel::internal::table_macro::{FromClause, SelectStatement};
use diesel::query_builder::{AsQuery, AstPass, Query, QueryFragment, QueryId};
use diesel::query_source::{AppearsInFromClause, QuerySource, TableNotEqual};
use diesel::result::Error::QueryBuilderError;
use diesel::sql_types::Bool;
use diesel::{JoinOnDsl, QueryResult, SelectableExpression, Table};

use super::from::{Appears, IsSame};
use super::{Column, ColumnOf, StructTable, TableInfo, TableOf};
use crate::backend::{Any, RecordedPart, marks, push_separated};
use crate::table::number::Same;

/// A query that another one reads like a table: a subselect in FROM. `T` has its columns.
///
/// [`Cte::subquery`](crate::Cte::subquery) and [`Cte::lateral`](crate::Cte::lateral) return it. It has diesel's
/// methods of tables, and joins others.
pub struct Derived<T> {
    name: &'static str,
    query: Arc<RecordedPart>,
    is_lateral: bool,
    table: PhantomData<fn() -> T>,
}

impl<T> Derived<T> {
    pub(crate) fn new(
        name: &'static str,
        query: &dyn QueryFragment<Any>,
        is_lateral: bool,
    ) -> Self {
        Self { name, query: Arc::new(RecordedPart::of(query)), is_lateral, table: PhantomData }
    }
}

impl<T: StructTable> Derived<T>
where
    Self: Table,
{
    /// Joins each row of the left side with each row of this one: `ON true`. A [`lateral`](crate::Cte::lateral) query has
    /// chosen them already.
    pub fn on_true(self) -> On<Self, SqlLiteral<Bool>> {
        self.on(sql("true"))
    }
}

impl<T> Clone for Derived<T> {
    fn clone(&self) -> Self {
        Self { query: Arc::clone(&self.query), ..*self }
    }
}

impl<T> fmt::Debug for Derived<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Derived").field(&self.name).finish()
    }
}

/// The type doesn't determine the query.
impl<T> QueryId for Derived<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> QuerySource for Derived<T>
where
    T: StructTable,
    T::AllColumns: SelectableExpression<Self>,
{
    type FromClause = Self;
    type DefaultSelection = T::AllColumns;

    fn from_clause(&self) -> Self {
        self.clone()
    }

    fn default_selection(&self) -> T::AllColumns {
        <T as Table>::all_columns()
    }
}

impl<T> AsQuery for Derived<T>
where
    T: StructTable,
    T::AllColumns: SelectableExpression<Self>,
    SelectStatement<FromClause<Self>>: Query,
{
    type SqlType = <SelectStatement<FromClause<Self>> as Query>::SqlType;
    type Query = SelectStatement<FromClause<Self>>;

    fn as_query(self) -> Self::Query {
        SelectStatement::simple(self)
    }
}

impl<T> Table for Derived<T>
where
    T: StructTable,
    T::AllColumns: SelectableExpression<Self>,
    Self: AsQuery,
{
    type PrimaryKey = T::AllColumns;
    type AllColumns = T::AllColumns;

    fn primary_key(&self) -> T::AllColumns {
        T::all_columns()
    }

    fn all_columns() -> T::AllColumns {
        T::all_columns()
    }
}

impl<T, U> AppearsInFromClause<TableOf<U>> for Derived<TableOf<T>>
where
    T: TableInfo<Number: Same<U::Number, Answer: Appears>>,
    U: TableInfo,
{
    type Count = <IsSame<T, U> as Appears>::Count;
}

/// It may be in a query with a table of diesel's `table!` if `T` may.
impl<T, Other> TableNotEqual<Other> for Derived<T>
where
    T: TableNotEqual<Other>,
    Other: Table,
    Self: Table,
{
}

impl<C, T> SelectableExpression<Derived<T>> for Column<C>
where
    C: ColumnOf<T>,
    T: StructTable,
    Self: AppearsOnTable<Derived<T>>,
{
}

impl<T: StructTable> QueryFragment<Any> for Derived<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let dialect = out.backend().dialect();
        if self.is_lateral {
            if !dialect.capabilities().lateral {
                return Err(QueryBuilderError(
                    format!(
                        "{dialect} has no LATERAL: number the rows with `row_number().over(…)` in a `#[derive(Cte)]`, \
                         and join those with low numbers"
                    )
                    .into(),
                ));
            }
            out.push_sql("LATERAL ");
        }
        // SQLite takes no names of columns after a subselect.
        out.push_sql("(WITH ");
        out.push_identifier(self.name)?;
        out.push_sql("(");
        push_separated(&mut out, ", ", T::COLUMNS, |name, out| out.push_identifier(name))?;
        out.push_sql(") AS (");
        out.push_sql(marks::WITH_TERM);
        self.query.walk_ast(out.reborrow())?;
        out.push_identifier(marks::END_OF_WITH_TERM)?;
        out.push_sql(") SELECT * FROM ");
        out.push_identifier(self.name)?;
        out.push_sql(") AS ");
        out.push_identifier(self.name)
    }
}
