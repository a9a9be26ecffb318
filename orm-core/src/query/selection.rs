//! Some columns or expressions of a query's rows, to load or as a part of another statement.

use std::fmt;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::array_comparison::{AsInExpression, InExpression};
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_dsl::methods::LimitDsl;
use diesel::sql_types::{IntoNullable, SingleValue, SqlType};

use super::bounds::Selects;
use super::build::Query;
use super::clauses::walk_range;
use super::columns::SelectedColumns;
use super::selects::PartialOf;
use crate::backend::{Any, hide_from_debug, marks, render};
use crate::dialect::Dialect;
use crate::table::Table;

impl<'q, T: Table, L> Query<'q, T, L> {
    /// Selects a column, another expression on the table's columns, or a tuple of these, instead of whole rows. An
    /// expression may also be computed from [related rows](crate::relation::Related::count).
    ///
    /// The result is read like the query, by [`all`](crate::ReadSelection::all), `first`, `one`, `page`, `keyset` and `stream`, with the
    /// relations of [`with`](Query::with). It is a diesel query too: load it, or compare a column with its values.
    ///
    /// ```ignore
    /// let names: Vec<String> = User::query().order_by(users::id).select(users::name).all(&db)?;
    ///
    /// let authors: Vec<WithPosts<(String, i64)>> = User::query()
    ///     .with(User::posts().limit(3))
    ///     .select((users::name, User::posts().count()))
    ///     .all(&db)?;
    /// println!("{} has {} posts, among them {}", authors[0].0, authors[0].1, authors[0].posts[0].title);
    ///
    /// let of_admins = Post::query()
    ///     .filter(posts::author_id.eq_any(User::query().filter(users::admin.eq(true)).select(users::id)))
    ///     .all(&db)?;
    /// ```
    ///
    /// With [`distinct`](Query::distinct), equal values are returned only once. In a diesel query, relations have no effect
    /// other than as filters.
    pub fn select<E: Selects<T>>(self, columns: E) -> Selection<'q, T, L, E::Columns> {
        Selection { query: self, columns: SelectedColumns::new(columns.columns()) }
    }

    /// Selects what a struct has fields for, instead of whole rows: see `#[derive(Row)]` with `#[row(table = …)]`.
    ///
    /// ```ignore
    /// #[derive(Row)]
    /// #[row(table = users)]
    /// struct Author {
    ///     name: String,                            // the column `users::name`
    ///     #[row(select = User::posts().count())]
    ///     posts: i64,
    /// }
    ///
    /// let authors = User::query().select_as::<Author>().all(&db)?;
    /// ```
    ///
    /// If the struct has serde's `Serialize`, rows of it with [relations](Query::with) serialize as one object. Tuples with
    /// relations don't serialize: they have no names for their values, beside those of the relations.
    pub fn select_as<R: PartialOf<T>>(self) -> Selection<'q, T, L, R::Selected> {
        Selection { query: self, columns: SelectedColumns::new(R::selected()) }
    }
}

/// Some columns of a query's rows, from [`Query::select`].
#[must_use = "a query does nothing before it is loaded"]
pub struct Selection<'q, T: Table, L, E> {
    pub(super) query: Query<'q, T, L>,
    pub(super) columns: SelectedColumns<E>,
}

impl<T: Table, L: Clone, E: QueryFragment<Any>> Clone for Selection<'_, T, L, E> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), columns: self.columns.clone() }
    }
}

impl<T: Table, L, E: QueryFragment<Any>> fmt::Debug for Selection<'_, T, L, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sql = render(self, Dialect::EITHER).unwrap_or_default();
        f.debug_tuple("Selection").field(&sql).finish()
    }
}

impl<T: Table, L, E: QueryFragment<Any>> QueryFragment<Any> for Selection<'_, T, L, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let clauses = &self.query.clauses;
        // The type doesn't determine the filters.
        out.unsafe_to_cache_prepared();
        clauses.with.walk(&mut out)?;
        out.push_sql(if clauses.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(" FROM ");
        out.push_identifier(T::NAME)?;
        clauses.walk_filter(&mut out)?;
        clauses.walk_order(&mut out)?;
        // The limit that `first` adds is that of this query, not of one in its filters.
        match clauses.range() {
            (None, None) => out.push_sql(marks::NO_LIMIT),
            (Some(_), _) => out.push_sql(marks::LIMIT),
            (None, Some(_)) => {}
        }
        walk_range(&clauses.limit, &clauses.offset, &mut out)?;
        if let Some(lock) = clauses.lock {
            lock.push(&mut out)?;
        }
        Ok(())
    }
}

impl<T: Table, L, E> QueryId for Selection<'_, T, L, E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: Table, L, E: Expression> diesel::query_builder::Query for Selection<'_, T, L, E> {
    type SqlType = E::SqlType;
}

impl<T: Table, L, E> LimitDsl for Selection<'_, T, L, E> {
    type Output = Self;

    fn limit(mut self, limit: i64) -> Self {
        self.query.clauses.limit = Some(limit);
        self
    }
}

impl<'q, T, L, E, ST> AsInExpression<ST> for Selection<'q, T, L, E>
where
    T: Table,
    E: Expression,
    E::SqlType: SingleValue + IntoNullable,
    ST: SqlType + IntoNullable<Nullable = <E::SqlType as IntoNullable>::Nullable>,
{
    type InExpression = Subselection<Self, ST>;

    fn as_in_expression(self) -> Self::InExpression {
        Subselection { selection: self, ty: PhantomData }
    }
}

/// The values of a query, compared with a column of type `ST`.
#[derive(Clone)]
pub struct Subselection<S, ST> {
    selection: S,
    ty: PhantomData<fn() -> ST>,
}

hide_from_debug!([S, ST] Subselection[S, ST]);

impl<S, ST: SqlType> InExpression for Subselection<S, ST> {
    type SqlType = ST;

    fn is_empty(&self) -> bool {
        false
    }

    fn is_array(&self) -> bool {
        false
    }
}

impl<S: QueryFragment<Any>, ST> QueryFragment<Any> for Subselection<S, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.selection.walk_ast(out)
    }
}

impl<S, ST> QueryId for Subselection<S, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S, ST: SqlType + SingleValue> Expression for Subselection<S, ST> {
    type SqlType = ST;
}

impl<S, ST: SqlType + SingleValue, QS> AppearsOnTable<QS> for Subselection<S, ST> {}

impl<S, ST: SqlType + SingleValue, QS> SelectableExpression<QS> for Subselection<S, ST> {}

impl<S, ST, GB> ValidGrouping<GB> for Subselection<S, ST> {
    type IsAggregate = is_aggregate::Never;
}
