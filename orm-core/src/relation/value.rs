//! What related rows say about a row, as an expression: whether there are any, and what they are together.

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping,
    is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_source::{AppearsInFromClause, Once};
use diesel::sql_types::BigInt;

use super::numbers::SumKind;
use super::path::{Path, Term};
use super::sides::Sides;
use crate::backend::{Any, Kind, SQLITE_SUM, marks};
use crate::dialect::Dialect;
use crate::query::Filters;
use crate::table::Table;

/// An expression on rows of `F`, computed from their related rows: [`Related::exists`](super::Related::exists). `ST` is
/// diesel's type of its value.
#[must_use = "an expression does nothing before a query uses it"]
pub struct RelatedValue<'q, F, ST> {
    value: Correlated<'q>,
    of: PhantomData<fn() -> (F, ST)>,
}

impl<'q, F, ST> RelatedValue<'q, F, ST> {
    pub(super) fn new(path: Path<'q>, what: What<'q>) -> Self {
        Self { value: Correlated { path, what }, of: PhantomData }
    }
}

impl<F, ST> Clone for RelatedValue<'_, F, ST> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), of: PhantomData }
    }
}

impl<F: Table, ST> fmt::Debug for RelatedValue<'_, F, ST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelatedValue").field("from", &F::NAME).finish_non_exhaustive()
    }
}

impl<F, ST: TypedExpressionType> Expression for RelatedValue<'_, F, ST> {
    type SqlType = ST;
}

impl<F, ST, GroupBy> ValidGrouping<GroupBy> for RelatedValue<'_, F, ST> {
    type IsAggregate = is_aggregate::No;
}

impl<F: Table, ST: TypedExpressionType, QS> AppearsOnTable<QS> for RelatedValue<'_, F, ST> where
    QS: AppearsInFromClause<F::Dsl, Count = Once>
{
}

impl<F: Table, ST: TypedExpressionType, QS> SelectableExpression<QS> for RelatedValue<'_, F, ST> where
    QS: AppearsInFromClause<F::Dsl, Count = Once>
{
}

/// The type doesn't determine the SQL: the relations and their filters are values.
impl<F, ST> QueryId for RelatedValue<'_, F, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<F, ST> QueryFragment<Any> for RelatedValue<'_, F, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.value.walk_ast(out)
    }
}

/// The expression itself, compiled once for all relations.
#[derive(Clone)]
pub(super) struct Correlated<'q> {
    path: Path<'q>,
    what: What<'q>,
}

/// What a query wants to know of the related rows.
#[derive(Clone)]
pub(super) enum What<'q> {
    /// Whether there is one.
    Exists,
    /// Whether there is none.
    NotExists,
    /// Whether there are more than this.
    MoreThan(i64),
    /// Nothing: the condition is false.
    Never,
    /// Their number.
    Count,
    Aggregate(Function, Term<'q>),
}

/// An aggregate function of a value.
#[derive(Clone, Copy)]
pub(super) enum Function {
    Sum(SumKind),
    Avg(SumKind),
    Min(Kind),
    Max(Kind),
}

/// The column of the values.
const VALUE: &str = "(\"value\")";

impl Function {
    /// Returns the SQL of the call.
    fn call(self, dialect: Dialect) -> String {
        let is_exact = dialect.capabilities().exact_decimals;
        match self {
            Self::Sum(SumKind::Integer) => format!("sum{VALUE}"),
            Self::Sum(SumKind::Exact) if is_exact => format!("sum{VALUE}"),
            Self::Sum(SumKind::Exact) => format!("{SQLITE_SUM}{VALUE}"),
            Self::Sum(SumKind::Float) => "sum(CAST(\"value\" AS double precision))".to_owned(),
            Self::Avg(SumKind::Float) => "avg(CAST(\"value\" AS double precision))".to_owned(),
            Self::Avg(_) if is_exact => {
                format!("CAST(sum{VALUE} AS double precision) / count{VALUE}")
            }
            Self::Avg(_) => format!("mizzle_cast(-64, {SQLITE_SUM}{VALUE}) / count{VALUE}"),
            Self::Min(_) => format!("min{VALUE}"),
            Self::Max(_) => format!("max{VALUE}"),
        }
    }

    /// Returns the collation that SQLite compares the result with.
    fn collation(self) -> Option<&'static str> {
        match self {
            Self::Sum(SumKind::Exact) => Kind::Decimal.facts().sqlite.collation,
            Self::Min(kind) | Self::Max(kind) => kind.facts().sqlite.collation,
            Self::Sum(_) | Self::Avg(_) => None,
        }
    }
}

impl Correlated<'static> {
    /// Returns the condition that a row keeps a related row after filters, a limit and an offset.
    pub(super) fn required(
        sides: &'static Sides,
        filters: Filters<'static>,
        (limit, offset): (Option<i64>, Option<i64>),
    ) -> Self {
        let what = match (limit, offset) {
            (Some(0), _) => What::Never,
            (_, None | Some(0)) => What::Exists,
            (_, Some(offset)) => What::MoreThan(offset),
        };
        Self { path: Path::new(sides, filters), what }
    }
}

impl QueryFragment<Any> for Correlated<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let (begin, end) = match self.what {
            What::Exists => ("EXISTS (SELECT 1", ")"),
            What::NotExists => ("(NOT EXISTS (SELECT 1", "))"),
            What::MoreThan(_) => ("((SELECT count(*)", ") > "),
            What::Count | What::Aggregate(..) => ("(SELECT ", ")"),
            What::Never => {
                out.push_sql("(1 = 0)");
                return Ok(());
            }
        };
        out.push_sql(begin);
        let dialect = out.backend().dialect();
        let mut value = None;
        match &self.what {
            What::Count => out.push_sql("count(*)"),
            What::Aggregate(function, term) => {
                out.push_sql(&function.call(dialect));
                value = Some(term);
            }
            _ => {}
        }
        self.path.walk(value, &mut out)?;
        out.push_sql(end);
        match &self.what {
            What::MoreThan(rows) => {
                out.push_bind_param::<BigInt, i64>(rows)?;
                out.push_sql(")");
            }
            What::Aggregate(function, _) if !dialect.capabilities().exact_decimals => {
                if let Some(collation) = function.collation() {
                    out.push_sql(&format!("{}{collation}", marks::COLLATE));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
