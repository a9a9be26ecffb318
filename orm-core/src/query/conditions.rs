//! The conditions of a query, joined by AND and OR.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::part::Part;
use crate::backend::{Any, marks, push_separated};
use crate::table::{BindAt, Table};

/// How a condition is joined to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
}

impl Operator {
    const fn sql(self) -> &'static str {
        match self {
            Self::And => " AND ",
            Self::Or => " OR ",
        }
    }
}

/// The number of conditions side by side. Each of them is one level, and SQLite allows 1,000 levels.
const SIDE_BY_SIDE: usize = 64;

/// Conditions, each joined to all of those before it.
#[derive(Clone, Default)]
pub(crate) struct Conditions<'q> {
    /// The operator of the first one has no meaning.
    parts: Vec<(Operator, Part<'q>)>,
}

impl<'q> Conditions<'q> {
    fn recorded(&self) -> Conditions<'static> {
        let parts = self.parts.iter();
        Conditions { parts: parts.map(|(operator, part)| (*operator, part.recorded())).collect() }
    }

    pub(super) fn push(&mut self, operator: Operator, condition: Part<'q>) {
        self.parts.push((operator, condition));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// The filters of a query, and the conditions of the relations that leave out rows.
#[derive(Clone, Default)]
pub struct Filters<'q> {
    own: Conditions<'q>,
    relations: Conditions<'q>,
}

impl<'q> Filters<'q> {
    pub(super) fn push(&mut self, operator: Operator, condition: Part<'q>) {
        self.own.push(operator, condition);
    }

    /// Adds a condition that no `or_filter` widens.
    pub(crate) fn push_relation(&mut self, condition: impl QueryFragment<Any> + Send + 'q) {
        self.relations.push(Operator::And, Part::new(condition));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.relations.is_empty()
    }

    /// Returns the same conditions, without what they borrow.
    pub(crate) fn recorded(&self) -> Filters<'static> {
        Filters { own: self.own.recorded(), relations: self.relations.recorded() }
    }
}

impl QueryFragment<Any> for Filters<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.own.walk_ast(out.reborrow())?;
        if !self.own.is_empty() && !self.relations.is_empty() {
            out.push_sql(" AND ");
        }
        self.relations.walk_ast(out)
    }
}

/// Writes one condition, whatever text it is.
fn walk_one<'b>(part: &'b Part<'_>, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
    out.push_sql(marks::BEGIN);
    part.walk_ast(out.reborrow())?;
    out.push_sql(marks::END_OF_CONDITION);
    Ok(())
}

/// Writes conditions joined by one operator, as a tree with few levels.
fn walk_many<'b>(
    parts: &'b [(Operator, Part<'_>)],
    operator: Operator,
    out: &mut AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    if let [(_, part)] = parts {
        return walk_one(part, out);
    }
    out.push_sql("(");
    let size = if parts.len() <= SIDE_BY_SIDE { 1 } else { parts.len().div_ceil(SIDE_BY_SIDE) };
    push_separated(out, operator.sql(), parts.chunks(size), |parts, out| {
        walk_many(parts, operator, out)
    })?;
    out.push_sql(")");
    Ok(())
}

impl QueryFragment<Any> for Conditions<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let Some((first, rest)) = self.parts.split_first() else { return Ok(()) };
        let runs = || rest.chunk_by(|(a, _), (b, _)| a == b);
        for _ in runs() {
            out.push_sql("(");
        }
        walk_one(&first.1, &mut out)?;
        for run in runs() {
            let operator = run[0].0;
            if run.len() < SIDE_BY_SIDE {
                for (_, part) in run {
                    out.push_sql(operator.sql());
                    walk_one(part, &mut out)?;
                }
            } else {
                out.push_sql(operator.sql());
                walk_many(run, operator, &mut out)?;
            }
            out.push_sql(")");
        }
        Ok(())
    }
}

/// A value of the primary key, whose columns are bound by their positions in the table.
pub(super) struct ByKey<T: Table>(pub(super) T::Key);

impl<T: Table> BindAt for ByKey<T> {
    fn bind_at<'b>(&'b self, column: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        match T::KEY.iter().position(|&key| key == column) {
            Some(part) => T::bind_key(&self.0, part, out),
            None => Err(diesel::result::Error::QueryBuilderError(
                format!("{} is not in the primary key", T::COLUMNS[column]).into(),
            )),
        }
    }
}

/// The condition that a row has this primary key.
pub(super) struct HasKey<T: Table>(pub(super) Arc<ByKey<T>>);

impl<T: Table> QueryFragment<Any> for HasKey<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for (part, &index) in T::KEY.iter().enumerate() {
            out.push_sql(if part == 0 { "(" } else { " AND " });
            out.push_identifier(T::NAME)?;
            out.push_sql(".");
            out.push_identifier(T::COLUMNS[index])?;
            out.push_sql(" = ");
            T::bind_key(&self.0.0, part, out.reborrow())?;
        }
        out.push_sql(")");
        Ok(())
    }
}
