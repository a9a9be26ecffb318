//! INSERT through diesel's own statements: left-out columns and batches.
//!
//! PostgreSQL writes `DEFAULT` for a column that a row leaves out. SQLite has no such word: there the
//! column is left out of the statement, which all rows of a batch must then agree on.

use diesel::QueryResult;
use diesel::backend::sql_dialect;
use diesel::expression::{AppearsOnTable, Expression};
use diesel::insertable::{
    CanInsertInSingleQuery, ColumnInsertValue, DefaultableColumnInsertValue, InsertValues,
};
use diesel::query_builder::{AstPass, BatchInsert, NoFromClause, QueryFragment, ValuesClause};
use diesel::query_source::{Column, Table};

use super::{Any, AnyQueryBuilder};
use crate::dialect::Dialect;

/// How a column that takes its default is written.
#[derive(Debug, Clone, Copy)]
pub struct DefaultByDialect;

impl sql_dialect::default_keyword_for_insert::SupportsDefaultKeyword for DefaultByDialect {}

/// How several rows are written.
#[derive(Debug, Clone, Copy)]
pub struct BatchByDialect;

impl sql_dialect::batch_insert_support::SupportsBatchInsert for BatchByDialect {}

impl<Col, Expr> InsertValues<Any, Col::Table>
    for DefaultableColumnInsertValue<ColumnInsertValue<Col, Expr>>
where
    Col: Column,
    Expr: Expression<SqlType = Col::SqlType> + AppearsOnTable<NoFromClause>,
    Self: QueryFragment<Any>,
{
    fn column_names(&self, mut out: AstPass<'_, '_, Any>) -> QueryResult<()> {
        if out.backend().dialect() == Dialect::Postgres || matches!(self, Self::Expression(_)) {
            out.push_identifier(Col::NAME)?;
        }
        Ok(())
    }
}

impl<Expr> QueryFragment<Any, DefaultByDialect> for DefaultableColumnInsertValue<Expr>
where
    Expr: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        match self {
            Self::Expression(value) => value.walk_ast(out),
            Self::Default => {
                if out.backend().dialect() == Dialect::Postgres {
                    out.push_sql("DEFAULT");
                }
                Ok(())
            }
        }
    }
}

impl<V, Tab, QId, const STATIC: bool> CanInsertInSingleQuery<Any>
    for BatchInsert<Vec<V>, Tab, QId, STATIC>
{
    fn rows_to_insert(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

impl<V, Tab, QId, const STATIC: bool> QueryFragment<Any, BatchByDialect>
    for BatchInsert<Vec<ValuesClause<V, Tab>>, Tab, QId, STATIC>
where
    Tab: Table,
    V: InsertValues<Any, Tab>,
    ValuesClause<V, Tab>: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let Some((first, rest)) = self.values.split_first() else {
            return Ok(());
        };
        if out.backend().dialect() == Dialect::Sqlite {
            check_same_columns(&self.values)?;
        }
        first.walk_ast(out.reborrow())?;
        for row in rest {
            out.push_sql(", (");
            row.values.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        Ok(())
    }
}

/// A batch that left out a column in some rows would shift the values of the others.
fn check_same_columns<V, Tab>(rows: &[ValuesClause<V, Tab>]) -> QueryResult<()>
where
    Tab: Table,
    V: InsertValues<Any, Tab>,
{
    let names = |row: &ValuesClause<V, Tab>| -> QueryResult<String> {
        struct Names<'a, V, Tab>(&'a V, std::marker::PhantomData<Tab>);
        impl<V: InsertValues<Any, Tab>, Tab: Table> QueryFragment<Any> for Names<'_, V, Tab> {
            fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
                self.0.column_names(out)
            }
        }
        let mut sql = AnyQueryBuilder::new(Dialect::Sqlite);
        Names(&row.values, std::marker::PhantomData).to_sql(&mut sql, Any::of(Dialect::Sqlite))?;
        Ok(diesel::query_builder::QueryBuilder::finish(sql))
    };
    let Some((first, rest)) = rows.split_first() else {
        return Ok(());
    };
    let expected = names(first)?;
    for row in rest {
        if names(row)? != expected {
            return Err(diesel::result::Error::QueryBuilderError(
                "the rows of this batch leave out different columns, which SQLite can't say in one \
                 statement: use `insert_all`, which splits them, or give each row the same columns"
                    .into(),
            ));
        }
    }
    Ok(())
}
