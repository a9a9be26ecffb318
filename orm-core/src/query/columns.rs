//! What a query selects, as its clones share it.

use std::cell::OnceCell;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use crate::backend::{Any, RecordedPart, hide_from_debug};

/// Columns and other expressions that a query selects, of the type `E`.
///
/// As with a query's other parts, clones have what they wrote.
pub struct SelectedColumns<E>(Inner<E>);

enum Inner<E> {
    Own {
        columns: Box<E>,
        /// What clones have, since the first of them.
        recorded: OnceCell<Arc<RecordedPart>>,
    },
    Recorded(Arc<RecordedPart>),
}

hide_from_debug!([E] SelectedColumns[E]);

impl<E> SelectedColumns<E> {
    pub(crate) fn new(columns: E) -> Self {
        Self(Inner::Own { columns: Box::new(columns), recorded: OnceCell::new() })
    }
}

impl<E: QueryFragment<Any>> Clone for SelectedColumns<E> {
    fn clone(&self) -> Self {
        Self(Inner::Recorded(Arc::clone(match &self.0 {
            Inner::Own { columns, recorded } => {
                recorded.get_or_init(|| Arc::new(RecordedPart::of(&**columns)))
            }
            Inner::Recorded(recorded) => recorded,
        })))
    }
}

impl<E: QueryFragment<Any>> QueryFragment<Any> for SelectedColumns<E> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        match &self.0 {
            Inner::Own { columns, .. } => columns.walk_ast(out),
            Inner::Recorded(recorded) => recorded.walk_ast(out),
        }
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
