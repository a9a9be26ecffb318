//! "Has a related row" as a condition.

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_source::{AppearsInFromClause, Once};
use diesel::sql_types::Bool;

use super::definition::Relation;
use super::load::{column, key_columns, write_from};
use crate::backend::{Any, push_separated};
use crate::query::Query;
use crate::table::Table;

/// The condition that [`Related::exists`](super::Related::exists) returns.
#[must_use = "a condition does nothing before a query filters by it"]
pub struct RelatedExists<'q, M: Relation> {
    query: Query<'q, M::To>,
    negated: bool,
    relation: PhantomData<fn() -> M>,
}

impl<'q, M: Relation> RelatedExists<'q, M> {
    pub(super) fn new(query: Query<'q, M::To>, negated: bool) -> Self {
        Self { query, negated, relation: PhantomData }
    }
}

impl<M: Relation> Clone for RelatedExists<'_, M> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), negated: self.negated, relation: PhantomData }
    }
}

impl<M: Relation> fmt::Debug for RelatedExists<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelatedExists").field("relation", &M::NAME).finish_non_exhaustive()
    }
}

impl<M: Relation> Expression for RelatedExists<'_, M> {
    type SqlType = Bool;
}

impl<M: Relation, GroupBy> ValidGrouping<GroupBy> for RelatedExists<'_, M> {
    type IsAggregate = is_aggregate::No;
}

impl<M: Relation, QS> AppearsOnTable<QS> for RelatedExists<'_, M> where
    QS: AppearsInFromClause<<M::From as Table>::Dsl, Count = Once>
{
}

impl<M: Relation, QS> SelectableExpression<QS> for RelatedExists<'_, M> where
    QS: AppearsInFromClause<<M::From as Table>::Dsl, Count = Once>
{
}

/// The type doesn't determine the SQL: the negation and the filter are values.
impl<M: Relation> QueryId for RelatedExists<'_, M> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// Writes the related rows as a separate query. So in a table that refers to itself, the columns of the outer and the
/// inner row have different names.
impl<M: Relation> QueryFragment<Any> for RelatedExists<'_, M> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let dialect = out.backend().dialect();
        out.push_sql(if self.negated {
            "(NOT EXISTS (SELECT 1 FROM (SELECT "
        } else {
            "EXISTS (SELECT 1 FROM (SELECT "
        });
        let names = key_columns::<M>(dialect);
        push_separated(&mut out, ", ", names.iter().enumerate(), |(place, name), out| {
            out.push_sql(&format!("{name} AS \"key{place}\""));
            Ok(())
        })?;
        write_from::<M>(dialect, &mut |part| out.push_sql(part));
        if let Some(filter) = self.query.filter_part() {
            out.push_sql(" WHERE ");
            filter.walk_ast(out.reborrow())?;
        }
        // The name must not hide the outer table.
        let related = if M::From::NAME == "related" { "\"related rows\"" } else { "\"related\"" };
        out.push_sql(&format!(") AS {related} WHERE "));
        push_separated(&mut out, " AND ", M::FROM.iter().enumerate(), |(place, &from), out| {
            out.push_sql(&format!("{related}.\"key{place}\" = "));
            out.push_sql(&column(dialect, M::From::NAME, M::From::COLUMNS[from]));
            Ok(())
        })?;
        out.push_sql(if self.negated { "))" } else { ")" });
        Ok(())
    }
}
