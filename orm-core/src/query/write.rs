//! UPDATE and DELETE of the rows that a query finds.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::build::Query;
use super::select::{Columns, Select, push_key};
use crate::backend::{Any, ByText, Flow};
use crate::error::Result;
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode, from_row, push_returning};
use crate::table::{Changeset, Table, TableFacts, Values as _, Writable, of_version};

/// The name of the rows that a limit or a lock chooses. No table of an application has it.
const CHOSEN: &str = "__mizzle_rows";

/// Writes the WITH of a statement that writes these rows: its named queries, and the keys of the rows if a limit or a lock
/// chooses them.
pub(super) fn push_with<'b>(
    rows: &'b Select<'_>,
    out: &mut AstPass<'_, 'b, Any>,
) -> QueryResult<()> {
    let with = &rows.clauses.with;
    if !rows.clauses.is_chosen() {
        return with.walk(out);
    }
    // PostgreSQL could run a subselect in the condition again for each row, and lock and choose other rows then.
    with.walk_before(out, |out| {
        out.push_identifier(CHOSEN)?;
        out.push_sql(" AS MATERIALIZED (");
        rows.walk_after_with(out)?;
        out.push_sql(")");
        Ok(())
    })
}

/// Writes the condition that a row is one of these.
pub(super) fn push_is_chosen(
    table: &TableFacts,
    out: &mut AstPass<'_, '_, Any>,
) -> QueryResult<()> {
    out.push_sql("(");
    push_key(table, out, table.name)?;
    out.push_sql(") IN (SELECT ");
    push_key(table, out, CHOSEN)?;
    out.push_sql(" FROM ");
    out.push_identifier(CHOSEN)?;
    out.push_sql(")");
    Ok(())
}

// The bound on each method, not on all: so the compiler says what a view can't.
impl<T: Table, L> Query<'_, T, L> {
    /// Deletes the rows, and returns their number. Relations of [`with`](Query::with) have no effect
    /// other than as filters, and `distinct` has none.
    ///
    /// With a limit, an offset or a lock, these are the rows that [`all`](Query::all) would return:
    ///
    /// ```ignore
    /// let oldest = Job::query().filter(jobs::done.eq(true)).order_by(jobs::id).limit(1000).delete(&db)?;
    /// ```
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn delete<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, u64>
    where
        Self: 'a,
        T: Writable,
        L: Clone + Send,
    {
        on.call_of(self, |query, on| query.write(on, &Verb::Delete))
    }

    /// Works like [`delete`](Query::delete), and returns the deleted rows, in no particular order.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn delete_returning<'a, M: Mode>(&self, on: &'a impl Executor<M>) -> M::Output<'a, Vec<T>>
    where
        Self: 'a,
        T: Writable,
        L: Clone + Send,
    {
        on.call_of(self, |query, on| query.write_returning(on, &Verb::Delete))
    }

    /// Writes the same changes to all of the rows, and returns the number of rows:
    /// `Book::query().filter(books::stock.eq(0)).update(&db, BookChanges::default().hidden(true))`. Counts up their
    /// `version` and sets their `on_update` columns, as [`update_by_key`](Executor::update_by_key) does. Without changes
    /// it only counts the rows.
    ///
    /// With a limit, an offset or a lock, these are the rows that [`all`](Query::all) would return. So workers share a
    /// queue of jobs:
    ///
    /// ```ignore
    /// let mine = Job::query()
    ///     .filter(jobs::worker.is_null())
    ///     .order_by(jobs::id)
    ///     .limit(10)
    ///     .lock(Lock::update().skip_locked())
    ///     .update_returning(&db, JobChanges::default().worker(my_name))?;
    /// ```
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn update<'a, M: Mode>(
        &self,
        on: &'a impl Executor<M>,
        changes: T::Changes,
    ) -> M::Output<'a, u64>
    where
        Self: 'a,
        T: Writable,
        L: Clone + Send,
    {
        on.call_of(self, move |query, on| {
            if changes.columns().is_empty() {
                return query.count_of(on);
            }
            query.write(on, &Verb::Update(&Changeset::<T, _>::new(changes)))
        })
    }

    /// Works like [`update`](Query::update), and returns the changed rows, in no particular order. Without changes it
    /// only reads the rows.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn update_returning<'a, M: Mode>(
        &self,
        on: &'a impl Executor<M>,
        changes: T::Changes,
    ) -> M::Output<'a, Vec<T>>
    where
        Self: 'a,
        T: Writable,
        L: Clone + Send,
    {
        on.call_of(self, move |query, on| {
            if changes.columns().is_empty() {
                return query.rows(on);
            }
            query.write_returning(on, &Verb::Update(&Changeset::<T, _>::new(changes)))
        })
    }
}

impl<T: Writable, L> Query<'_, T, L> {
    pub(super) fn write(&self, on: &impl Sealed, verb: &Verb<'_>) -> Result<u64> {
        let write = self.statement(verb, false);
        on.run_on(|connection| connection.run(&ByText(&write), &mut |_| Ok(Flow::Continue)))
            .map_err(|error| of_version(error, write.rows.table))
    }

    pub(super) fn write_returning(&self, on: &impl Sealed, verb: &Verb<'_>) -> Result<Vec<T>> {
        let write = self.statement(verb, true);
        on.run_on(|connection| {
            let mut rows = Vec::new();
            connection.run(&ByText(&write), &mut |row| {
                rows.push(from_row(row)?);
                Ok(Flow::Continue)
            })?;
            Ok(rows)
        })
        .map_err(|error| of_version(error, write.rows.table))
    }

    pub(super) fn statement<'s>(&'s self, verb: &'s Verb<'s>, returning: bool) -> Write<'s> {
        Write { verb, rows: self.to_select(Columns::Key), returning }
    }
}

/// What happens to the rows.
pub(super) enum Verb<'s> {
    Delete,
    /// The changes.
    Update(&'s dyn QueryFragment<Any>),
}

pub(super) struct Write<'s> {
    verb: &'s Verb<'s>,
    /// The keys of the rows.
    rows: Select<'s>,
    returning: bool,
}

impl QueryFragment<Any> for Write<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let (table, clauses) = (self.rows.table, self.rows.clauses);
        let is_chosen = clauses.is_chosen();
        push_with(&self.rows, &mut out)?;
        match self.verb {
            Verb::Delete => {
                out.push_sql("DELETE FROM ");
                out.push_identifier(table.name)?;
            }
            Verb::Update(changes) => {
                out.push_sql("UPDATE ");
                out.push_identifier(table.name)?;
                out.push_sql(" SET ");
                changes.walk_ast(out.reborrow())?;
            }
        }
        if is_chosen {
            out.push_sql(" WHERE ");
            push_is_chosen(table, &mut out)?;
        } else {
            clauses.walk_filter(&mut out)?;
        }
        if self.returning {
            push_returning(table, &mut out)?;
        }
        Ok(())
    }
}
