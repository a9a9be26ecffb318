//! The parts of a query that a program writes, as its clones share them.

use std::cell::OnceCell;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use crate::backend::{Any, RecordedPart};

/// A part of a query, of any type.
pub(crate) type Part<'q> = Kept<dyn Walk + Send + 'q>;

/// A part of a query, of the type `P`.
///
/// Most of diesel's expressions can be neither cloned nor shared by threads once their type is hidden. So the clones of a
/// part have what it wrote.
pub(crate) enum Kept<P: ?Sized> {
    Own {
        part: Box<P>,
        /// What clones have, since the first of them.
        recorded: OnceCell<Arc<RecordedPart>>,
    },
    Recorded(Arc<RecordedPart>),
}

/// Writes a part. As this is all of [`QueryFragment`] that a part needs, a program compiles none of its other functions for the
/// type of each part.
pub(crate) trait Walk {
    fn walk<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()>;
}

impl<F: QueryFragment<Any>> Walk for F {
    fn walk<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.walk_ast(out)
    }
}

impl<P: ?Sized> Kept<P> {
    pub(super) fn of(part: Box<P>) -> Self {
        Self::Own { part, recorded: OnceCell::new() }
    }
}

impl<'q> Part<'q> {
    pub(crate) fn new(part: impl QueryFragment<Any> + Send + 'q) -> Self {
        Self::of(Box::new(part))
    }
}

impl<P: Walk + ?Sized> Kept<P> {
    /// Returns the same part, without what it borrows.
    pub(super) fn recorded<R: ?Sized>(&self) -> Kept<R> {
        Kept::Recorded(Arc::clone(match self {
            Self::Own { recorded, .. } => recorded.get_or_init(|| Arc::new(RecordedPart::of(self))),
            Self::Recorded(recorded) => recorded,
        }))
    }
}

impl<P: Walk + ?Sized> Clone for Kept<P> {
    fn clone(&self) -> Self {
        self.recorded()
    }
}

impl<P: Walk + ?Sized> QueryFragment<Any> for Kept<P> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        match self {
            Self::Own { part, .. } => part.walk(out),
            Self::Recorded(recorded) => recorded.walk_ast(out),
        }
    }
}
