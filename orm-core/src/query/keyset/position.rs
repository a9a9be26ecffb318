//! The SQL of a position in an order: the rows after it, and the order.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::terms::Term;
use crate::backend::{Any, Bind, RecordedBind, push_recorded, push_separated};
use crate::table::Table;

/// An order of rows.
pub(super) struct Sorted<T> {
    pub(super) terms: Vec<Term>,
    /// Whether the order is turned around, to read the rows before a position.
    pub(super) is_reversed: bool,
    pub(super) table: PhantomData<fn() -> T>,
}

impl<T> Clone for Sorted<T> {
    fn clone(&self) -> Self {
        Self { terms: self.terms.clone(), is_reversed: self.is_reversed, table: PhantomData }
    }
}

impl<T: Table> Sorted<T> {
    fn push_column(term: &Term, out: &mut AstPass<'_, '_, Any>) -> QueryResult<()> {
        out.push_identifier(T::NAME)?;
        out.push_sql(".");
        out.push_identifier(T::COLUMNS[term.column])?;
        // A table that others made declares no collation of mizzle's, and no table declares that of documents.
        if out.backend().dialect().capabilities().rewrites
            && let Some(collation) = T::column_type(term.column).compared_by()
        {
            out.push_sql(&format!(" COLLATE {collation}"));
        }
        Ok(())
    }

    fn descends(&self, term: &Term) -> bool {
        term.descends != self.is_reversed
    }

    fn has_nulls_first(&self, term: &Term, out: &AstPass<'_, '_, Any>) -> bool {
        term.has_nulls_first(out.backend().dialect()) != self.is_reversed
    }
}

impl<T: Table> QueryFragment<Any> for Sorted<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        push_separated(&mut out, ", ", &self.terms, |term, out| {
            Self::push_column(term, out)?;
            out.push_sql(if self.descends(term) { " DESC" } else { " ASC" });
            // An index has the database's own order.
            let smallest = out.backend().dialect().capabilities().nulls_are_smallest;
            let nulls_first = self.has_nulls_first(term, out);
            if term.is_nullable && nulls_first != (smallest != self.descends(term)) {
                out.push_sql(if nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
            }
            Ok(())
        })
    }
}

/// The condition that a row comes after a position.
pub(super) struct After<T> {
    pub(super) sorted: Sorted<T>,
    /// Whether the row at the position belongs to these.
    pub(super) has_row: bool,
    /// A value for each column of the order.
    pub(super) values: Vec<RecordedBind>,
}

impl<T: Table> After<T> {
    fn pairs(&self) -> impl Iterator<Item = (&Term, &RecordedBind)> {
        self.sorted.terms.iter().zip(&self.values)
    }

    fn push_comparison<'b>(
        &'b self,
        (term, value): (&Term, &'b RecordedBind),
        operator: &str,
        out: &mut AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        Sorted::<T>::push_column(term, out)?;
        out.push_sql(operator);
        push_recorded(value, out.reborrow())
    }

    fn operator(&self, term: &Term, or_equal: bool) -> &'static str {
        match (self.sorted.descends(term), or_equal) {
            (true, false) => " < ",
            (true, true) => " <= ",
            (false, false) => " > ",
            (false, true) => " >= ",
        }
    }

    /// Returns whether a row can come after the position by this column: nothing comes after a NULL that is last.
    fn can_follow(
        &self,
        (term, value): (&Term, &RecordedBind),
        out: &AstPass<'_, '_, Any>,
    ) -> bool {
        !is_null(value) || self.sorted.has_nulls_first(term, out)
    }

    fn push_follows<'b>(
        &'b self,
        pair: (&Term, &'b RecordedBind),
        out: &mut AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        let (term, value) = pair;
        if is_null(value) {
            Sorted::<T>::push_column(term, out)?;
            out.push_sql(" IS NOT NULL");
        } else if term.is_nullable && !self.sorted.has_nulls_first(term, out) {
            out.push_sql("(");
            self.push_comparison(pair, self.operator(term, false), out)?;
            out.push_sql(" OR ");
            Sorted::<T>::push_column(term, out)?;
            out.push_sql(" IS NULL)");
        } else {
            self.push_comparison(pair, self.operator(term, false), out)?;
        }
        Ok(())
    }

    fn push_equals<'b>(
        &'b self,
        pair: (&Term, &'b RecordedBind),
        out: &mut AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        if is_null(pair.1) {
            Sorted::<T>::push_column(pair.0, out)?;
            out.push_sql(" IS NULL");
            return Ok(());
        }
        self.push_comparison(pair, " = ", out)
    }

    /// Whether the databases' comparison of rows says it all.
    fn is_plain(&self) -> bool {
        let terms = &self.sorted.terms;
        terms.iter().all(|term| !term.is_nullable && term.descends == terms[0].descends)
    }
}

impl<T: Table> QueryFragment<Any> for After<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let Some((first, value)) = self.pairs().next() else { return Ok(()) };
        if self.is_plain() {
            out.push_sql("(");
            push_separated(&mut out, ", ", self.pairs(), |(term, _), out| {
                Sorted::<T>::push_column(term, out)
            })?;
            out.push_sql(")");
            out.push_sql(self.operator(first, self.has_row));
            out.push_sql("(");
            push_separated(&mut out, ", ", self.pairs(), |(_, value), out| {
                push_recorded(value, out.reborrow())
            })?;
            out.push_sql(")");
            return Ok(());
        }
        out.push_sql("(");
        // So that an index finds the first row.
        let is_range =
            !is_null(value) && (!first.is_nullable || self.sorted.has_nulls_first(first, &out));
        if is_range {
            self.push_comparison((first, value), self.operator(first, true), &mut out)?;
            out.push_sql(" AND (");
        }
        let mut places: Vec<usize> = (0..self.values.len())
            .filter(|&place| {
                self.can_follow((&self.sorted.terms[place], &self.values[place]), &out)
            })
            .collect();
        // All columns are equal.
        places.extend(self.has_row.then_some(self.values.len()));
        push_separated(&mut out, " OR ", places, |place, out| {
            out.push_sql("(");
            push_separated(out, " AND ", self.pairs().take(place), |pair, out| {
                self.push_equals(pair, out)
            })?;
            if let (Some(term), Some(value)) =
                (self.sorted.terms.get(place), self.values.get(place))
            {
                out.push_sql(if place > 0 { " AND " } else { "" });
                self.push_follows((term, value), out)?;
            }
            out.push_sql(")");
            Ok(())
        })?;
        out.push_sql(if is_range { "))" } else { ")" });
        Ok(())
    }
}

fn is_null(value: &RecordedBind) -> bool {
    matches!(value.value(), Bind::Null)
}
