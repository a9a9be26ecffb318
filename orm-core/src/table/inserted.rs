//! New rows for diesel's `insert_into(…).values(…)`.

use std::borrow::Borrow;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::insertable::{CanInsertInSingleQuery, InsertValues};
use diesel::query_builder::{
    AstPass, QueryFragment, QueryId, UndecoratedInsertRecord, ValuesClause,
};

use super::{ColumnSet, Table, Values};
use crate::backend::hide_from_debug;
use crate::backend::{Any, push_separated};

/// diesel's clause for the row `V`, which is an `N` or a reference to one.
pub type InsertClause<N, V> = ValuesClause<Inserted<N, V>, <<N as Values>::Row as Table>::Dsl>;

/// The values of a new row. PostgreSQL gets `DEFAULT` for a column without a value, and SQLite, which has no such word,
/// gets the columns with values.
pub struct Inserted<N, V> {
    /// `None` only inside `clause`.
    values: Option<V>,
    of: PhantomData<N>,
}

hide_from_debug!([N, V] Inserted[N, V]);

impl<N, V> Default for Inserted<N, V> {
    fn default() -> Self {
        Self { values: None, of: PhantomData }
    }
}

impl<N: Values, V: Borrow<N>> Inserted<N, V> {
    /// Wraps a row.
    pub fn clause(values: V) -> InsertClause<N, V> {
        // diesel doesn't let other crates construct a clause with its values.
        let mut clause = InsertClause::<N, V>::default();
        clause.values.values = Some(values);
        clause
    }

    fn row(&self) -> Option<&N> {
        self.values.as_ref().map(Borrow::borrow)
    }

    /// Returns the columns that the statement names.
    fn named(&self, backend: Any) -> ColumnSet {
        if backend.dialect().capabilities().defaults_in_rows {
            ColumnSet::first(N::Row::COLUMNS.len()).without(N::Row::GENERATED)
        } else {
            self.row().map_or(ColumnSet::EMPTY, Values::columns)
        }
    }
}

impl<N: Values, V: Borrow<N>> QueryFragment<Any> for Inserted<N, V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        // The type doesn't determine which columns have values.
        out.unsafe_to_cache_prepared();
        let named = self.named(*out.backend());
        push_separated(&mut out, ", ", named.iter(), |index, out| match self.row() {
            Some(row) if row.columns().contains(index) => row.bind_column(index, out.reborrow()),
            _ => {
                out.push_sql("DEFAULT");
                Ok(())
            }
        })
    }
}

impl<N: Values, V: Borrow<N>> InsertValues<Any, <N::Row as Table>::Dsl> for Inserted<N, V> {
    fn column_names(&self, mut out: AstPass<'_, '_, Any>) -> QueryResult<()> {
        let named = self.named(*out.backend());
        push_separated(&mut out, ", ", named.iter(), |index, out| {
            out.push_identifier(N::Row::COLUMNS[index])
        })
    }
}

impl<N: Values, V> UndecoratedInsertRecord<<N::Row as Table>::Dsl> for Inserted<N, V> {}

impl<N, V> CanInsertInSingleQuery<Any> for Inserted<N, V> {
    fn rows_to_insert(&self) -> Option<usize> {
        Some(1)
    }
}

/// The type doesn't determine the SQL.
impl<N, V> QueryId for Inserted<N, V> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}
