//! Changes for diesel's `update(…).set(…)`.

use std::borrow::Borrow;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::{TableFacts, Values, Writable, push_next_version};
use crate::backend::hide_from_debug;
use crate::backend::{Any, push_separated};

/// The changes to a row of `T` for diesel's `update(…).set(…)` and `do_update().set(…)`. They include what every update
/// does: the `version` is counted up, and columns with `on_update` get their new value unless the changes set another.
pub struct Changeset<T: Writable, C> {
    changes: C,
    touched: T::Changes,
}

hide_from_debug!([T: Writable, C] Changeset[T, C]);

impl<T: Writable, C: Borrow<T::Changes>> Changeset<T, C> {
    /// Wraps `changes`, or a reference to them.
    pub fn new(changes: C) -> Self {
        Self { changes, touched: T::on_update() }
    }
}

impl<T: Writable, C: Borrow<T::Changes>> QueryFragment<Any> for Changeset<T, C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        // The type doesn't determine which columns change.
        out.unsafe_to_cache_prepared();
        let changes: &'b T::Changes = self.changes.borrow();
        let given = changes.columns();
        // diesel treats a changeset that writes nothing as no change.
        if given.is_empty() {
            return Ok(());
        }
        let columns = given.union(self.touched.columns());
        let columns = T::VERSION.map_or(columns, |version| columns.with(version));
        push_separated(&mut out, ", ", columns.iter(), |index, out| {
            out.push_identifier(T::COLUMNS[index])?;
            out.push_sql(" = ");
            if T::VERSION == Some(index) {
                push_next_version(TableFacts::of::<T>(), out)
            } else if given.contains(index) {
                changes.bind_column(index, out.reborrow())
            } else {
                self.touched.bind_column(index, out.reborrow())
            }
        })
    }
}
