//! What a query selects, as its clones share it.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::part::Kept;
use crate::backend::{Any, hide_from_debug};

/// Columns and other expressions that a query selects, of the type `E`.
pub struct SelectedColumns<E>(Kept<E>);

hide_from_debug!([E] SelectedColumns[E]);

impl<E> SelectedColumns<E> {
    pub(crate) fn new(columns: E) -> Self {
        Self(Kept::of(Box::new(columns)))
    }
}

impl<E: QueryFragment<Any>> Clone for SelectedColumns<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: QueryFragment<Any>> QueryFragment<Any> for SelectedColumns<E> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

/// The columns, or a reference to them.
pub trait Chosen {
    #[doc(hidden)]
    type Of;

    #[doc(hidden)]
    fn chosen(&self) -> &SelectedColumns<Self::Of>;
}

impl<E> Chosen for SelectedColumns<E> {
    type Of = E;

    fn chosen(&self) -> &Self {
        self
    }
}

impl<E> Chosen for &SelectedColumns<E> {
    type Of = E;

    fn chosen(&self) -> &SelectedColumns<E> {
        self
    }
}
