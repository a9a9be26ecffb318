//! Queries that a WITH can stand before.

use diesel::query_builder::QueryFragment;

use crate::backend::Any;

/// A query that keeps the terms of a WITH and writes them before each of its statements.
pub trait TakesTerms<'q> {
    #[doc(hidden)]
    fn take_terms(self, terms: impl QueryFragment<Any> + Send + 'q, is_recursive: bool) -> Self;
}
