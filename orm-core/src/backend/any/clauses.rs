//! Parts of a SELECT that diesel leaves to the backend, and casts.

use diesel::QueryResult;
use diesel::expression::KnownCastSqlTypeName;
use diesel::query_builder::{
    All, AstPass, BoxedLimitOffsetClause, Distinct, Except, Intersect, IntoBoxedClause,
    LimitClause, LimitOffsetClause, NoLimitClause, NoOffsetClause, OffsetClause,
    ParenthesisWrapper, QueryFragment, SupportsCombinationClause, Union,
};
use diesel::result::Error::QueryBuilderError;
use diesel::sql_types;

use super::{Any, marks};
use crate::dialect::Dialect;

impl QueryFragment<Any> for LimitOffsetClause<NoLimitClause, NoOffsetClause> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(marks::NO_LIMIT);
        Ok(())
    }
}

impl<L> QueryFragment<Any> for LimitOffsetClause<LimitClause<L>, NoOffsetClause>
where
    LimitClause<L>: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(marks::LIMIT);
        self.limit_clause.walk_ast(out)
    }
}

impl<O> QueryFragment<Any> for LimitOffsetClause<NoLimitClause, OffsetClause<O>>
where
    OffsetClause<O>: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(marks::NO_LIMIT_BUT_OFFSET);
        self.offset_clause.walk_ast(out)
    }
}

impl<L, O> QueryFragment<Any> for LimitOffsetClause<LimitClause<L>, OffsetClause<O>>
where
    LimitClause<L>: QueryFragment<Any>,
    OffsetClause<O>: QueryFragment<Any>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql(marks::LIMIT);
        self.limit_clause.walk_ast(out.reborrow())?;
        self.offset_clause.walk_ast(out)
    }
}

impl QueryFragment<Any> for BoxedLimitOffsetClause<'_, Any> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        match (&self.limit, &self.offset) {
            (Some(limit), _) => {
                out.push_sql(marks::LIMIT);
                limit.walk_ast(out.reborrow())?;
            }
            (None, Some(_)) => out.push_sql(marks::NO_LIMIT_BUT_OFFSET),
            (None, None) => out.push_sql(marks::NO_LIMIT),
        }
        match &self.offset {
            Some(offset) => offset.walk_ast(out),
            None => Ok(()),
        }
    }
}

impl<'a> IntoBoxedClause<'a, Any> for LimitOffsetClause<NoLimitClause, NoOffsetClause> {
    type BoxedClause = BoxedLimitOffsetClause<'a, Any>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause { limit: None, offset: None }
    }
}

impl<'a, L> IntoBoxedClause<'a, Any> for LimitOffsetClause<LimitClause<L>, NoOffsetClause>
where
    LimitClause<L>: QueryFragment<Any> + Send + 'a,
{
    type BoxedClause = BoxedLimitOffsetClause<'a, Any>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause { limit: Some(Box::new(self.limit_clause)), offset: None }
    }
}

impl<'a, O> IntoBoxedClause<'a, Any> for LimitOffsetClause<NoLimitClause, OffsetClause<O>>
where
    OffsetClause<O>: QueryFragment<Any> + Send + 'a,
{
    type BoxedClause = BoxedLimitOffsetClause<'a, Any>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause { limit: None, offset: Some(Box::new(self.offset_clause)) }
    }
}

impl<'a, L, O> IntoBoxedClause<'a, Any> for LimitOffsetClause<LimitClause<L>, OffsetClause<O>>
where
    LimitClause<L>: QueryFragment<Any> + Send + 'a,
    OffsetClause<O>: QueryFragment<Any> + Send + 'a,
{
    type BoxedClause = BoxedLimitOffsetClause<'a, Any>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause {
            limit: Some(Box::new(self.limit_clause)),
            offset: Some(Box::new(self.offset_clause)),
        }
    }
}

/// The right side of a UNION, INTERSECT or EXCEPT.
///
/// SQLite doesn't accept parentheses there, so the query becomes the source of another one.
impl<T: QueryFragment<Any>> QueryFragment<Any> for ParenthesisWrapper<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if !out.backend().dialect().capabilities().counts_duplicates {
            out.push_identifier(marks::COMBINED)?;
        }
        out.push_sql(out.backend().dialect().capabilities().open_combined);
        self.inner.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// Fails if the database doesn't have the combination at the end of `sql`. `diesel::debug_query`, which knows no
/// database, shows all.
pub(super) fn check_combination(sql: &str, dialect: Option<Dialect>) -> QueryResult<()> {
    let refused = [" INTERSECT ALL ", " EXCEPT ALL "];
    match (dialect, refused.iter().find(|words| sql.ends_with(**words))) {
        (Some(dialect), Some(words)) => Err(QueryBuilderError(
            format!("{dialect} has no {}: its combinations have no duplicates", words.trim())
                .into(),
        )),
        _ => Ok(()),
    }
}

// SQLite has no INTERSECT ALL and no EXCEPT ALL: see `marks::COMBINED`.
impl SupportsCombinationClause<Union, Distinct> for Any {}
impl SupportsCombinationClause<Union, All> for Any {}
impl SupportsCombinationClause<Intersect, Distinct> for Any {}
impl SupportsCombinationClause<Intersect, All> for Any {}
impl SupportsCombinationClause<Except, Distinct> for Any {}
impl SupportsCombinationClause<Except, All> for Any {}

macro_rules! cast_names {
    ($($sql_type:ident => $name:ident),* $(,)?) => {
        $(impl KnownCastSqlTypeName<Any> for sql_types::$sql_type {
            const SQL_TYPE_NAME: &'static str = marks::$name;
        })*
    };
}

// PostgreSQL's names. On SQLite, functions of mizzle replace casts. Dates and UUIDs have none: SQLite stores them as
// text or bytes.
cast_names! {
    SmallInt => SMALLINT,
    Integer => INTEGER,
    BigInt => BIGINT,
    Float => REAL,
    Double => DOUBLE,
    Text => TEXT,
    Bool => BOOLEAN,
    Json => JSON,
    Jsonb => JSONB,
}
