//! A relation with its filters, its order and its nested relations.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use diesel::query_builder::QueryFragment;
use diesel::sql_types::Bool;

use super::definition::{Cardinality, Relation};
use super::load::Loading;
use super::path::Path;
use super::sides::Sides;
use super::value::{Correlated, RelatedValue, What};
use crate::backend::Any;
use crate::error::{Error, ErrorKind, Result};
use crate::query::{
    Attach, AttachesTo, Condition, Filters, JoinedTable, Joins, Loaded, LoadedRows, Loads, Order,
    Owner, PartialOf, Picked, PickedRow, Picks, Query, Relates, RowOf, Selected, SelectedColumns,
    Selects, SelectsAs, State, Whole, list, load_related,
};
use crate::run::level::{Level, Rows};
use crate::run::sealed::Sealed;
use crate::run::{Executor, Mode};
use crate::table::key::{KeyColumns, is_collated};
use crate::table::{ColumnSet, Table, TableFacts};

/// A relation, created by a call such as `User::posts()`. The calls here narrow it.
///
/// Attach it to a query (`User::query().with(User::posts())`) or to loaded rows ([`load_for`](Related::load_for)), or
/// use it as a condition ([`exists`](Related::exists)).
#[must_use = "a relation does nothing before it is attached to a query or to rows"]
pub struct Related<'q, M: Relation, N = (), S = Whole> {
    pub(super) query: Query<'q, M::To>,
    nested: N,
    /// What is read of each related row.
    picks: S,
    required: bool,
    relation: PhantomData<fn() -> M>,
}

impl<M: Relation, N, S> fmt::Debug for Related<'_, M, N, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(M::NAME).field("query", &self.query).finish_non_exhaustive()
    }
}

impl<M: Relation, N: Clone, S: Clone> Clone for Related<'_, M, N, S> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            nested: self.nested.clone(),
            picks: self.picks.clone(),
            required: self.required,
            relation: PhantomData,
        }
    }
}

impl<M: Relation> Related<'_, M> {
    /// Selects all related rows.
    pub fn new() -> Self {
        Self {
            query: Query::new(),
            nested: (),
            picks: Whole,
            required: false,
            relation: PhantomData,
        }
    }
}

impl<M: Relation> Default for Related<'_, M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'q, M: Relation, N> Related<'q, M, N> {
    /// Selects a column, another expression on the related table's columns, such as an aggregate of rows related to the
    /// related row, or a tuple of these, instead of whole rows. The values of each related row become a `U`:
    ///
    /// ```ignore
    /// let users: Vec<WithPosts<User, (String, i64)>> = User::query()
    ///     .with(User::posts().select((posts::title, Post::comments().count())))
    ///     .all(&db)?;
    /// ```
    pub fn select<E, U>(
        self,
        columns: E,
    ) -> Related<'q, M, N, Picked<SelectedColumns<E::Columns>, U>>
    where
        E: Selects<M::To, Columns: SelectsAs<M::To, U>>,
    {
        self.picking(Picked::new(SelectedColumns::new(columns.columns())))
    }

    /// Selects what a struct has fields for, instead of whole related rows: see
    /// [`Query::select_as`](crate::Query::select_as).
    pub fn select_as<R: PartialOf<M::To>>(self) -> Related<'q, M, N, PickedRow<M::To, R>> {
        self.picking(Picked::new(SelectedColumns::new(R::selected())))
    }

    fn picking<S>(self, picks: S) -> Related<'q, M, N, S> {
        Related {
            query: self.query,
            nested: self.nested,
            picks,
            required: self.required,
            relation: PhantomData,
        }
    }
}

impl<'q, M: Relation, N, S> Related<'q, M, N, S> {
    /// Keeps only related rows for which `condition` is true.
    ///
    /// If a row must have a related row (`Post::author()` of a NOT NULL column), this narrows the query that the relation
    /// is attached to: rows without such a related row are not selected, as by [`required`](Related::required).
    pub fn filter<P>(mut self, condition: P) -> Self
    where
        P: Condition<M::To> + 'q,
    {
        self.query = self.query.filter(condition);
        self
    }

    /// Sorts the related rows of each row, in place of any order set before.
    pub fn order_by<O>(mut self, order: O) -> Self
    where
        O: Order<M::To> + 'q,
    {
        self.query = self.query.order_by(order);
        self
    }

    /// Sorts related rows that are equal by the orders before.
    pub fn then_order_by<O>(mut self, order: O) -> Self
    where
        O: Order<M::To> + 'q,
    {
        self.query = self.query.then_order_by(order);
        self
    }

    /// Limits each row to `rows` related rows. Set an order with it.
    pub fn limit(mut self, rows: u64) -> Self {
        self.query = self.query.limit(rows);
        self
    }

    /// Skips the first `rows` related rows of each row.
    pub fn offset(mut self, rows: u64) -> Self {
        self.query = self.query.offset(rows);
        self
    }

    /// Leaves out rows without a related row. The query that the relation is attached to selects only the others, so its
    /// limit, its pages, its count and the rows that it deletes or updates are of those. With an offset, a row needs more
    /// related rows than that.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Attaches a relation of the related rows: `User::posts().with(Post::comments())`.
    pub fn with<L: Relates + AttachesTo<N::Out, M::To, L::From, N>>(
        mut self,
        relation: L,
    ) -> Related<'q, M, Loads<M::To, N, L>, S>
    where
        N: Attach<M::To>,
    {
        relation.narrows(&mut self.query.clauses.filter);
        Related {
            query: self.query,
            nested: relation.after(self.nested),
            picks: self.picks,
            required: self.required,
            relation: PhantomData,
        }
    }

    /// Returns the condition that a row has such a related row: `User::query().filter(User::posts().exists())`. A
    /// limit and an order have no effect here. Of the relations of [`with`](Related::with), those count that a related
    /// row must have.
    ///
    /// Conditions can be nested as deep as the relations go:
    ///
    /// ```ignore
    /// let from_france = User::country().filter(countries::name.eq("France")).exists();
    /// let posts = Post::query().filter(Post::author().filter(from_france).exists()).all(&db)?;
    /// ```
    pub fn exists(self) -> RelatedValue<'q, M::From, Bool> {
        RelatedValue::new(self.into_path(), What::Exists)
    }

    /// Returns the condition that a row has no such related row.
    pub fn not_exists(self) -> RelatedValue<'q, M::From, Bool> {
        RelatedValue::new(self.into_path(), What::NotExists)
    }

    pub(super) fn into_path(self) -> Path<'q> {
        Path::new(Sides::of::<M>(), self.query.clauses.filter)
    }

    /// Loads the related rows of loaded rows, and attaches them: one statement for each level.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn load_for<'a, R, X: Mode>(
        &self,
        on: &'a impl Executor<X>,
        rows: Vec<R>,
    ) -> X::Output<'a, Vec<<Self as Attach<R>>::Out>>
    where
        Self: 'a,
        R: RowOf<M::From> + 'a,
        Self: Attach<R>,
    {
        on.call_of(self, move |relation, on| {
            let loaded = on.read_on(|connection| {
                let mut loaded = Loaded::none();
                if !rows.is_empty() {
                    load_related::<R, _>(relation, &|| list(&rows), &mut loaded, connection)?;
                }
                Ok(loaded)
            })?;
            relation.attach_all(rows, loaded)
        })
    }
}

impl<M: Relation, N, S> Relates for Related<'_, M, N, S> {
    type From = M::From;
}

impl<R, M, N, S> Attach<R> for Related<'_, M, N, S>
where
    R: Send,
    M: Relation,
    S: Picks<M::To> + Clone + Send,
    N: Attach<S::Row>,
{
    type Out = M::With<R, N::Out>;
    type Loaded = LoadedRows<M::To, S, N::Loaded>;

    const KEYS: ColumnSet = ColumnSet::of(M::FROM);

    fn narrow(&self, filters: &mut Filters<'_>) {
        if self.required || (M::Cardinality::IS_REQUIRED && self.query.clauses.is_narrowed()) {
            let own = self.query.clauses.filter.recorded();
            filters.push_relation(Correlated::required(
                Sides::of::<M>(),
                own,
                self.query.clauses.range(),
            ));
        }
    }

    fn join<'a>(&'a self, joins: &mut Joins<'a>, owner: Owner) -> Self::Loaded {
        // A search by the primary key of a table finds at most one row, so no row becomes two.
        let is_one = M::LINK.is_none() && M::TO == M::To::KEY && !M::To::IS_VIEW;
        if !is_one || self.query.clauses.is_limited() || joins.is_full() {
            return Loaded::none();
        }
        // The keys of `is_one` are those of the related rows.
        let kept = N::KEYS.union(ColumnSet::of(M::TO));
        let Ok(selected) = Selected::of::<M::To, S>(&self.picks, kept) else {
            return Loaded::none();
        };
        if selected.is_some_and(Selected::has_native) {
            return Loaded::none();
        }
        let layout = S::layout(kept);
        let (place, at) = joins.add(JoinedTable {
            select: M::To::JOINED,
            selected,
            width: layout.width(),
            to: M::TO,
            owner,
            owner_columns: M::From::COLUMNS,
            from: M::FROM,
            filter: self
                .query
                .clauses
                .filter_part()
                .map(|filter| filter as &dyn QueryFragment<Any>),
        });
        if M::TO.iter().any(|&to| is_collated(M::To::column_type(to).kind)) {
            joins.note_collation();
        }
        let nested = self.nested.join(joins, Owner::Joined(place));
        LoadedRows::joined(at, layout, nested)
    }

    fn add_level<'a>(
        &'a self,
        rows: Rows<'_, 'a>,
        loaded: &'a mut Self::Loaded,
        level: &mut Level<'a>,
    ) {
        match loaded.state {
            State::Missing { may_join } => {
                let table = TableFacts::of::<M::From>();
                let columns = KeyColumns { table, rows: rows.list(), columns: M::FROM };
                let parts = (&self.query, &self.nested, &self.picks);
                level.add(columns, Loading::<M, N, S>::new(parts, loaded, may_join));
            }
            State::Joined { .. } | State::Loaded if !loaded.is_complete() => {
                let LoadedRows { rows, nested, .. } = loaded;
                let rows: &'a [S::Read] = rows;
                self.nested.add_level(Rows::new(&|| S::list(rows).0), nested, level);
            }
            State::Joined { .. } | State::Loaded => {}
        }
    }

    fn attach(&self, rows: Vec<R>, loaded: Self::Loaded) -> Result<Vec<Option<Self::Out>>> {
        let LoadedRows { rows: related, owners, nested, .. } = loaded;
        let related = self.nested.attach(S::rows(related), nested)?;
        let mut counts = vec![0; rows.len()];
        owners.iter().for_each(|&owner| counts[owner] += 1);
        let mut held: Vec<<M::Cardinality as Cardinality>::Held<N::Out>> =
            counts.into_iter().map(M::Cardinality::nothing).collect();
        // The rows that lost a related row because it lacks a required one itself.
        let mut lost: HashSet<usize> = HashSet::new();
        for (row, owner) in related.into_iter().zip(owners) {
            match row {
                Some(row) => M::Cardinality::put(&mut held[owner], row),
                None => {
                    lost.insert(owner);
                }
            }
        }
        rows.into_iter()
            .zip(held)
            .enumerate()
            .map(|(place, (row, related))| {
                if self.required && M::Cardinality::is_nothing(&related) {
                    return Ok(None);
                }
                match M::Cardinality::hold(related) {
                    Some(related) => Ok(Some(M::with(row, related))),
                    // The query left the related row out. Without a filter, the key refers to no row.
                    None if self.query.clauses.is_narrowed() || lost.contains(&place) => Ok(None),
                    None => Err(dangling::<M>()),
                }
            })
            .collect()
    }
}

#[cold]
fn dangling<M: Relation>() -> Error {
    let column = M::FROM.first().map_or("", |&place| M::From::COLUMNS[place]);
    Error::new(
        ErrorKind::NotFound,
        format!(
            "{}: {}.{column} refers to a row of {} that does not exist",
            M::NAME,
            M::From::NAME,
            M::To::NAME
        ),
    )
    .with_hint("use `.required()` to leave such rows out")
}
