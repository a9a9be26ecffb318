//! What an INSERT does with rows that exist.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::Error::QueryBuilderError;

use super::push_columns;
use crate::backend::{Any, collect};
use crate::table::{ColumnSet, TableFacts, Writable};

/// What to do if there is already a row with the same key.
#[derive(Clone, Copy)]
pub(crate) enum Conflict<'r> {
    /// Report an error.
    Fail,
    /// Leave the existing row alone, and the new one out.
    Ignore,
    /// Update the existing row with the new values.
    Update(&'r Upsert),
}

impl Conflict<'_> {
    /// Returns the new values for the columns with `on_update` of an existing row.
    pub(crate) fn touched<T: Writable>(self) -> Option<T::Changes> {
        match self {
            Self::Update(_) => Some(T::on_update()),
            Self::Fail | Self::Ignore => None,
        }
    }
}

/// How an upsert finds the existing row, and what it leaves alone in it.
pub(crate) struct Upsert {
    pub(super) first: Target,
    /// The targets after the first one.
    pub(super) others: Vec<Target>,
    /// The columns of an existing row that keep their values.
    pub(super) except: ColumnSet,
}

/// Columns that are unique together.
pub(super) struct Target {
    pub(super) columns: ColumnSet,
    /// The condition of a partial index.
    condition: Option<Box<dyn QueryFragment<Any> + Send>>,
}

impl Upsert {
    pub(crate) const fn on(columns: ColumnSet) -> Self {
        let first = Target { columns, condition: None };
        Self { first, others: Vec::new(), except: ColumnSet::EMPTY }
    }

    pub(crate) fn or_on(&mut self, columns: ColumnSet) {
        self.others.push(Target { columns, condition: None });
    }

    /// Sets the condition of the last target.
    pub(crate) fn set_condition(&mut self, condition: impl QueryFragment<Any> + Send + 'static) {
        self.others.last_mut().unwrap_or(&mut self.first).condition = Some(Box::new(condition));
    }

    pub(crate) fn except(&mut self, columns: ColumnSet) {
        self.except = self.except.union(columns);
    }

    /// Returns the columns of the target, if the SQL depends on nothing else.
    pub(super) fn only_columns(&self) -> Option<ColumnSet> {
        let is_plain =
            self.others.is_empty() && self.except.is_empty() && self.first.condition.is_none();
        is_plain.then_some(self.first.columns)
    }

    pub(super) fn targets(&self) -> impl Iterator<Item = &Target> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Checks that the database has such a clause.
    pub(super) fn check(&self, out: &AstPass<'_, '_, Any>) -> QueryResult<()> {
        if self.others.is_empty() || out.backend().dialect().capabilities().several_conflicts {
            return Ok(());
        }
        Err(QueryBuilderError(
            "PostgreSQL finds the existing row of an upsert by one unique constraint or index: leave out `or_on`".into(),
        ))
    }
}

impl Target {
    /// Writes ` ON CONFLICT (…)`.
    pub(super) fn push<'b>(
        &'b self,
        table: &TableFacts,
        out: &mut AstPass<'_, 'b, Any>,
    ) -> QueryResult<()> {
        out.push_sql(" ON CONFLICT (");
        push_columns(table, out, self.columns.iter())?;
        out.push_sql(")");
        let Some(condition) = &self.condition else {
            return Ok(());
        };
        // Neither database finds an index by a condition whose values it doesn't know.
        let any = Any::of(out.backend().dialect());
        let (values, collected) = collect(|binds| condition.collect_binds(binds, &mut (), any));
        collected?;
        if !values.is_empty() {
            return Err(QueryBuilderError(
                "the condition of `filter_target` has a value, which the database compares with that of the index only if \
                 it is a part of the SQL: write it as in `sql::<Bool>(\"kind = 'open'\")`"
                    .into(),
            ));
        }
        out.push_sql(" WHERE ");
        condition.walk_ast(out.reborrow())
    }
}
