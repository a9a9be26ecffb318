//! UPDATE and DELETE of the rows that match rows of another table.

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::QuerySource;
use diesel::expression::{AppearsOnTable, AsExpression, Expression, NonAggregate};
use diesel::internal::table_macro::{Inner, Join};
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::BoolOrNullableBool;

use super::build::Query;
use super::conditions::{Filters, Operator};
use super::part::Part;
use super::select::{Columns, Select, push_key};
use super::write::{push_is_chosen, push_with};
use crate::backend::{Any, AnyRow, ByText, Flow, marks, push_separated, render};
use crate::column::{Column, ColumnIn, ValueOf};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode, from_row};
use crate::table::{Table, TableFacts, Values as _, Writable, of_version, push_next_version};

/// An expression on the columns of two tables: that of `T`, and `S`, which an UPDATE or DELETE
/// [uses](Query::using).
///
/// Every diesel expression on their columns implements it if other threads can take it.
#[diagnostic::on_unimplemented(
    message = "this is not an expression on `{T}` and the table that the statement uses: `{Self}`",
    label = "not an expression on these two tables",
    note = "it may only name columns of the table of `{T}` and of the table in `using(…)`"
)]
pub trait OfBoth<T: Table, S>: QueryFragment<Any> + Send {}

#[diagnostic::do_not_recommend]
impl<T, S, E> OfBoth<T, S> for E
where
    T: Table,
    S: QuerySource,
    E: Expression
        + AppearsOnTable<Join<T::Dsl, S, Inner>>
        + NonAggregate
        + QueryFragment<Any>
        + Send,
{
}

/// What an UPDATE or DELETE can [use](Query::using): a table, an alias of one, or a query with the columns of a CTE.
#[diagnostic::on_unimplemented(
    message = "an UPDATE or DELETE can't use this: `{Self}`",
    label = "not a table",
    note = "give a table, `posts::table`, an alias of one, or a query with `Cte::subquery`"
)]
pub trait Source<'q> {
    /// The table.
    type Table;

    #[doc(hidden)]
    fn into_clause(self) -> Box<dyn QueryFragment<Any> + Send + 'q>;
}

#[diagnostic::do_not_recommend]
impl<'q, S> Source<'q> for S
where
    S: QuerySource<FromClause: QueryFragment<Any> + Send + 'q>,
{
    type Table = S;

    fn into_clause(self) -> Box<dyn QueryFragment<Any> + Send + 'q> {
        Box::new(QuerySource::from_clause(&self))
    }
}

impl<'q, T: Writable, L> Query<'q, T, L> {
    /// Keeps only the rows that have a row of `source`, a table or an alias, that makes `on` true. They can be
    /// deleted, or be given values from that row.
    ///
    /// ```ignore
    /// let delivered = || Stock::query().using(deliveries::table, stocks::article.eq(deliveries::article));
    /// delivered().set(stocks::pieces, stocks::pieces + deliveries::pieces).update(&db)?;
    /// delivered().delete(&db)?;
    /// ```
    ///
    /// With a limit, an offset or a lock, these are the rows that the query would read if the match were one of its
    /// filters.
    pub fn using<S, P>(mut self, source: S, on: P) -> Using<'q, T, S::Table, L>
    where
        S: Source<'q>,
        P: OfBoth<T, S::Table> + Expression<SqlType: BoolOrNullableBool> + 'q,
    {
        let source = Part::new(source.into_clause());
        let mut condition = Filters::default();
        condition.push(Operator::And, Part::new(on));
        let filter = self.clauses.filter.clone();
        let matches = Match { source: source.clone(), on: condition.clone() };
        self.clauses.and_filter(Part::new(matches));
        Using { rows: self, filter, source, on: condition, set: Vec::new(), uses: PhantomData }
    }
}

/// The rows of a query that match rows of another table, from [`Query::using`].
#[must_use = "this does nothing before `update`, `delete` or another call that runs it"]
pub struct Using<'q, T: Writable, S, L = ()> {
    /// The query, with the match as one of its filters.
    rows: Query<'q, T, L>,
    /// The other filters.
    filter: Filters<'q>,
    source: Part<'q>,
    on: Filters<'q>,
    /// The columns to write, by their positions, and their values.
    set: Vec<(usize, Part<'q>)>,
    uses: PhantomData<fn() -> S>,
}

impl<T: Writable, S, L: Clone> Clone for Using<'_, T, S, L> {
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            filter: self.filter.clone(),
            source: self.source.clone(),
            on: self.on.clone(),
            set: self.set.clone(),
            uses: PhantomData,
        }
    }
}

impl<T: Writable, S, L> fmt::Debug for Using<'_, T, S, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sql = render(&self.rows.to_select(Columns::All), Dialect::EITHER).unwrap_or_default();
        f.debug_tuple("Using").field(&sql).finish()
    }
}

impl<'q, T: Writable, S, L> Using<'q, T, S, L> {
    /// Sets a column to a value, or to an expression on the columns of both tables. [`update`](Using::update) writes it.
    pub fn set<C, E, How>(mut self, column: Column<C>, value: E) -> Self
    where
        C: ColumnIn<T>,
        E: ValueOf<C, C::SqlType, How>,
        <E::As as AsExpression<C::SqlType>>::Expression: OfBoth<T, S> + 'q,
    {
        let _ = column;
        self.set.retain(|(place, _)| *place != C::PLACE);
        self.set.push((C::PLACE, Part::new(value.into_value().as_expression())));
        self
    }

    /// Deletes the rows that have a match, and returns their number. A row with several matches is one row.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn delete<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, u64>
    where
        Self: 'a,
        L: Clone + Send,
    {
        self.rows.delete(on)
    }

    /// Works like [`delete`](Using::delete), and returns the deleted rows, in no particular order.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn delete_returning<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Vec<T>>
    where
        Self: 'a,
        L: Clone + Send,
    {
        self.rows.delete_returning(on)
    }

    /// Writes the columns of [`set`](Using::set) to the rows that have a match, and returns the number of rows. Counts up
    /// their `version` and sets their `on_update` columns, unless `set` names them. Without `set` it only counts the
    /// rows.
    ///
    /// # Errors
    /// `UPDATE_ERROR` if a row has several matches, since they may have different values; then no row is written. See also
    /// [`Executor`].
    pub fn update<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, u64>
    where
        Self: 'a,
        L: Clone + Send,
    {
        on.call_of(self, |using, on| {
            if using.set.is_empty() {
                return using.rows.count_of(on);
            }
            using.write(on, false, &mut |_| Ok(()))
        })
    }

    /// Works like [`update`](Using::update), and returns the changed rows, in no particular order. Without `set` it only
    /// reads the rows.
    ///
    /// # Errors
    /// See [`update`](Using::update).
    pub fn update_returning<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Vec<T>>
    where
        Self: 'a,
        L: Clone + Send,
    {
        on.call_of(self, |using, on| {
            if using.set.is_empty() {
                return using.rows.rows(on);
            }
            let mut rows = Vec::new();
            using.write(on, true, &mut |row| {
                rows.push(from_row(row)?);
                Ok(())
            })?;
            Ok(rows)
        })
    }

    fn sets(&self, place: usize) -> bool {
        self.set.iter().any(|(given, _)| *given == place)
    }

    fn write(
        &self,
        on: &impl Sealed,
        returning: bool,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<()>,
    ) -> Result<u64> {
        let touched = T::on_update();
        let update = Update {
            of: self,
            keys: self.rows.to_select(Columns::Key),
            touched: &touched,
            returning,
        };
        on.run_on(|connection| {
            let refused = connection.dialect().capabilities().refusal.code;
            let written = connection.run(&ByText(&update), &mut |row| {
                on_row(row)?;
                Ok(Flow::Continue)
            });
            written.map_err(|error| match error.database_code() {
                Some(code) if code == refused => several_matches(error, T::NAME),
                _ => of_version(error, TableFacts::of::<T>()),
            })
        })
    }
}

/// Says what the error of the database means.
#[cold]
fn several_matches(mut error: Error, table: &str) -> Error {
    error.replace_words(&format!("a row of {table} matches several rows of the other table"));
    error.with_hint("narrow the condition of `using`: which of the rows has the values?")
}

/// The condition that there is a match.
struct Match<'q> {
    source: Part<'q>,
    on: Filters<'q>,
}

impl QueryFragment<Any> for Match<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("EXISTS (SELECT 1 FROM ");
        self.source.walk_ast(out.reborrow())?;
        out.push_sql(" WHERE ");
        self.on.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// The UPDATE. Its values read the row to write as it is then, so that two of them at a time don't lose a change.
struct Update<'s, 'q, T: Writable, S, L> {
    of: &'s Using<'q, T, S, L>,
    keys: Select<'s>,
    touched: &'s T::Changes,
    returning: bool,
}

impl<T: Writable, S, L> Update<'_, '_, T, S, L> {
    /// Writes the condition that a row is one of those to write, and matches a row of the source.
    fn walk_condition<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if self.of.rows.clauses.is_chosen() {
            push_is_chosen(self.keys.table, out)?;
            out.push_sql(" AND ");
        } else if !self.of.filter.is_empty() {
            self.of.filter.walk_ast(out.reborrow())?;
            out.push_sql(" AND ");
        }
        self.of.on.walk_ast(out.reborrow())
    }

    fn walk_values<'b>(&'b self, out: &mut AstPass<'_, 'b, Any>) -> QueryResult<()> {
        push_separated(out, ", ", &self.of.set, |(place, value), out| {
            out.push_identifier(T::COLUMNS[*place])?;
            out.push_sql(" = ");
            out.push_sql(marks::BEGIN);
            value.walk_ast(out.reborrow())?;
            out.push_sql(marks::END_OF_CONDITION);
            Ok(())
        })?;
        for place in self.touched.columns().iter() {
            if !self.of.sets(place) {
                out.push_sql(", ");
                out.push_identifier(T::COLUMNS[place])?;
                out.push_sql(" = ");
                self.touched.bind_column(place, out.reborrow())?;
            }
        }
        if let Some(version) = T::VERSION.filter(|version| !self.of.sets(*version)) {
            out.push_sql(", ");
            out.push_identifier(T::COLUMNS[version])?;
            out.push_sql(" = ");
            push_next_version(self.keys.table, out)?;
        }
        Ok(())
    }
}

fn push_column<T: Table>(place: usize, out: &mut AstPass<'_, '_, Any>) -> QueryResult<()> {
    out.push_identifier(T::NAME)?;
    out.push_sql(".");
    out.push_identifier(T::COLUMNS[place])
}

impl<T: Writable, S, L> QueryFragment<Any> for Update<'_, '_, T, S, L> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        push_with(&self.keys, &mut out)?;
        out.push_sql("UPDATE ");
        out.push_identifier(T::NAME)?;
        out.push_sql(" SET ");
        self.walk_values(&mut out)?;
        out.push_sql(" FROM ");
        self.of.source.walk_ast(out.reborrow())?;
        out.push_sql(" WHERE ");
        self.walk_condition(&mut out)?;
        // Both databases would take any of several matches.
        let refusal = &out.backend().dialect().capabilities().refusal;
        out.push_sql(" AND ");
        out.push_sql(refusal.open);
        out.push_sql("SELECT true FROM ");
        out.push_identifier(T::NAME)?;
        out.push_sql(", ");
        self.of.source.walk_ast(out.reborrow())?;
        out.push_sql(" WHERE ");
        self.walk_condition(&mut out)?;
        out.push_sql(" GROUP BY ");
        push_key(self.keys.table, &mut out, T::NAME)?;
        out.push_sql(" HAVING count(*) > 1 LIMIT 1");
        out.push_sql(refusal.close);
        if self.returning {
            out.push_sql(" RETURNING ");
            push_separated(&mut out, ", ", 0..T::COLUMNS.len(), |place, out| {
                push_column::<T>(place, out)
            })?;
        }
        Ok(())
    }
}
