//! The clauses of a query. They are the same for all tables, so their code is compiled once.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::BigInt;

use super::conditions::{Filters, Operator};
use super::part::Part;
use super::with::Named;
use crate::backend::{Any, marks};
use crate::dsl::Lock;
use crate::error::{Error, ErrorKind, Result};
use crate::table::BindAt;

/// What a query has apart from its table and its relations.
#[derive(Clone, Default)]
pub(crate) struct Clauses<'q> {
    pub(super) with: Named<'q>,
    pub(crate) filter: Filters<'q>,
    /// The primary key that limits the query to one row.
    pub(super) by_key: Option<Arc<dyn BindAt + Send + Sync>>,
    pub(crate) order: Vec<Part<'q>>,
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<i64>,
    pub(super) distinct: bool,
    pub(super) lock: Option<Lock>,
}

impl<'q> Clauses<'q> {
    pub(super) fn and_filter(&mut self, condition: Part<'q>) {
        self.filter.push(Operator::And, condition);
    }

    pub(super) fn or_filter(&mut self, condition: Part<'q>) {
        self.filter.push(Operator::Or, condition);
        self.by_key = None;
    }

    /// Returns the filters as one condition.
    pub(crate) fn filter_part(&self) -> Option<&Filters<'q>> {
        (!self.filter.is_empty()).then_some(&self.filter)
    }

    /// Returns the limit and the offset, both at least 0.
    pub(crate) fn range(&self) -> (Option<i64>, Option<i64>) {
        (self.limit, self.offset)
    }

    /// Returns whether a limit or an offset leaves out rows.
    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// Checks that there is no limit and no offset: a DELETE has neither.
    pub(crate) fn check_no_range(&self) -> Result<()> {
        if self.is_limited() {
            return Err(Error::new(ErrorKind::Query, "a DELETE can't have a limit or an offset"));
        }
        Ok(())
    }

    /// Returns whether a limit or a lock chooses the rows.
    pub(super) fn is_chosen(&self) -> bool {
        self.is_limited() || self.lock.is_some()
    }

    /// Returns whether the query may leave out rows of the table.
    pub(crate) fn is_narrowed(&self) -> bool {
        !self.filter.is_empty() || self.is_limited()
    }

    /// Returns the limit for at most this many rows. A search by the primary key needs none, because it finds at most
    /// one row.
    pub(super) fn at_most(&self, rows: i64) -> Option<i64> {
        if self.by_key.is_some() {
            self.limit
        } else {
            Some(self.limit.map_or(rows, |limit| limit.min(rows)))
        }
    }

    pub(super) fn walk_filter<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if !self.filter.is_empty() {
            out.push_sql(" WHERE ");
            self.filter.walk_ast(out.reborrow())?;
        }
        Ok(())
    }

    pub(super) fn walk_order<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for (place, part) in self.order.iter().enumerate() {
            out.push_sql(if place == 0 { " ORDER BY " } else { ", " });
            out.push_sql(marks::BEGIN);
            part.walk_ast(out.reborrow())?;
            out.push_sql(marks::END_OF_TERM);
        }
        Ok(())
    }
}

/// Writes a limit and an offset.
pub(super) fn walk_range<'b>(
    limit: &'b Option<i64>,
    offset: &'b Option<i64>,
    out: &mut AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    let capabilities = out.backend().dialect().capabilities();
    match (limit, offset) {
        (Some(limit), _) if *limit <= capabilities.most_written_limit => {
            out.push_sql(&format!(" LIMIT {limit}"));
        }
        (Some(limit), _) => {
            out.push_sql(marks::CHECKED_LIMIT);
            out.push_bind_param::<BigInt, i64>(limit)?;
        }
        (None, Some(_)) => out.push_sql(marks::NO_LIMIT_BUT_OFFSET),
        (None, None) => {}
    }
    if let Some(offset) = offset {
        // diesel writes this in one piece, after which the query builder checks for a negative number. This offset
        // can't be negative.
        out.push_sql(" OFFSET");
        out.push_sql(" ");
        out.push_bind_param::<BigInt, i64>(offset)?;
    }
    Ok(())
}
