//! WITH before a query.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::part::Part;
use crate::backend::{Any, marks};

/// The named queries before a query, which all of its statements begin with.
#[derive(Clone, Default)]
pub(super) struct Named<'q> {
    terms: Vec<Part<'q>>,
    is_recursive: bool,
}

impl<'q> Named<'q> {
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Puts terms before the others, which may read them.
    pub(super) fn prepend(&mut self, terms: Part<'q>, is_recursive: bool) {
        self.terms.insert(0, terms);
        self.is_recursive |= is_recursive;
    }

    /// Writes the WITH, if there is one.
    pub(super) fn walk<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.walk_with(out, |_| Ok(()))
    }

    /// Writes a WITH of these terms and another one.
    pub(super) fn walk_before<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Any>,
        term: impl FnOnce(&mut AstPass<'_, 'b, Any>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        if self.is_empty() {
            out.push_sql("WITH ");
            term(out)?;
            out.push_sql(" ");
            return Ok(());
        }
        self.walk_with(out, |out| {
            out.push_sql(", ");
            term(out)
        })
    }

    fn walk_with<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Any>,
        last: impl FnOnce(&mut AstPass<'_, 'b, Any>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        for (place, terms) in self.terms.iter().enumerate() {
            out.push_sql(match (place, self.is_recursive) {
                (0, true) => "WITH RECURSIVE ",
                (0, false) => "WITH ",
                _ => ", ",
            });
            terms.walk_ast(out.reborrow())?;
        }
        if self.is_empty() {
            return Ok(());
        }
        last(out)?;
        out.push_sql(" ");
        out.push_sql(marks::END_OF_WITH);
        Ok(())
    }
}

/// A statement that runs beside another one with the same WITH: none of its terms may write, or they would write twice.
pub(super) struct Twice<S>(pub(super) S);

impl<S: QueryFragment<Any>> QueryFragment<Any> for Twice<S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_identifier(marks::ONLY_READS)
    }
}
