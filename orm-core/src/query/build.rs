//! Building a query.

use std::marker::PhantomData;
use std::sync::Arc;

use diesel::query_builder::{QueryFragment, QueryId};

use super::attach::{Attach, AttachesTo, Loads, Relates};
use super::bounds::{Condition, Order};
use super::clauses::Clauses;
use super::conditions::{ByKey, HasKey};
use super::part::Part;
use crate::backend::Any;
use crate::dsl::Lock;
use crate::run::TakesTerms;
use crate::table::Table;

/// A SELECT on the table of `T`, created by `T::query()`.
///
/// Filters and orders are diesel's expressions on the table's columns, checked by the compiler. They may borrow for
/// `'q`. A clone starts with the same filters and orders, and can then be changed on its own. Nothing runs before a
/// call that takes a [`Db`](crate::Db) or a transaction.
#[must_use = "a query does nothing before `all`, `first` or another call that runs it"]
pub struct Query<'q, T: Table, L = ()> {
    pub(super) load: L,
    pub(crate) clauses: Clauses<'q>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table, L: Clone> Clone for Query<'_, T, L> {
    fn clone(&self) -> Self {
        Self { load: self.load.clone(), clauses: self.clauses.clone(), table: PhantomData }
    }
}

impl<T: Table> Default for Query<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'q, T: Table> Query<'q, T> {
    /// Selects all rows of the table.
    pub fn new() -> Self {
        Self { load: (), clauses: Clauses::default(), table: PhantomData }
    }
}

impl<'q, T: Table, L> Query<'q, T, L> {
    /// Loads related rows with each row: `User::query().with(User::posts())` returns rows of type `WithPosts<User>`.
    /// This takes one statement for each relation and level, however many rows there are. It takes none if there are no
    /// rows, or if none of them has a key. If at most 32 rows are asked for (`find`, `first`, `one`, a limit, a page),
    /// relations to one row are joined and don't take a statement. So are relations of the related rows of
    /// at most 32 rows.
    ///
    /// All statements of a level go to PostgreSQL in one round trip, and with [`find`](Self::find) the first level in that of
    /// the row itself.
    ///
    /// A relation that a row must have (one that is `required`, or the filtered relation of a NOT NULL column) is also a
    /// filter of this query.
    pub fn with<M: Relates + AttachesTo<L::Out, T, M::From, L>>(
        mut self,
        relation: M,
    ) -> Query<'q, T, Loads<T, L, M>>
    where
        L: Attach<T>,
    {
        relation.narrows(&mut self.clauses.filter);
        Query { load: relation.after(self.load), clauses: self.clauses, table: PhantomData }
    }

    /// Keeps only the row with this primary key: `User::query().find(id).with(User::posts()).first(&db)`.
    pub fn find(mut self, key: impl Into<T::Key>) -> Self
    where
        T::Key: Send,
    {
        let key = Arc::new(ByKey::<T>(key.into()));
        self.clauses.and_filter(Part::new(HasKey(Arc::clone(&key))));
        self.clauses.by_key = Some(key);
        self
    }

    /// Keeps only rows for which `condition` is true. With several filters, all must be true.
    pub fn filter<P>(mut self, condition: P) -> Self
    where
        P: Condition<T> + 'q,
    {
        self.clauses.and_filter(Part::new(condition));
        self
    }

    /// Also selects rows for which `condition` is true, whatever the filters before it say. If there is no filter
    /// before it, this is the same as [`filter`](Query::filter).
    pub fn or_filter<P>(mut self, condition: P) -> Self
    where
        P: Condition<T> + 'q,
    {
        self.clauses.or_filter(Part::new(condition));
        self
    }

    /// Sorts by `order`, in place of any order set before: a column, `column.desc()`, or a tuple of these.
    pub fn order_by<O>(mut self, order: O) -> Self
    where
        O: Order<T> + 'q,
    {
        self.clauses.order.clear();
        self.then_order_by(order)
    }

    /// Sorts rows that are equal by the orders before by `order`.
    pub fn then_order_by<O>(mut self, order: O) -> Self
    where
        O: Order<T> + 'q,
    {
        self.clauses.order.push(Part::new(order));
        self
    }

    /// Limits the query to `rows` rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.clauses.limit = Some(i64::try_from(rows).unwrap_or(i64::MAX));
        self
    }

    /// Skips the first `rows` rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.clauses.offset = Some(i64::try_from(rows).unwrap_or(i64::MAX));
        self
    }

    /// Returns rows that are equal in all columns only once.
    pub fn distinct(mut self) -> Self {
        self.clauses.distinct = true;
        self
    }

    /// Locks the rows until the transaction ends: `Lock::update()`, `Lock::update().skip_locked()`. Has no
    /// effect on SQLite, where a transaction that writes locks the whole database.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.clauses.lock = Some(lock);
        self
    }

    /// Locks the rows so that others can't change them: `lock(Lock::update())`.
    pub fn for_update(self) -> Self {
        self.lock(Lock::update())
    }
}

#[diagnostic::do_not_recommend]
impl<'q, T: Table, L> TakesTerms<'q> for Query<'q, T, L> {
    fn take_terms(
        mut self,
        terms: impl QueryFragment<Any> + Send + 'q,
        is_recursive: bool,
    ) -> Self {
        self.clauses.with.prepend(Part::new(terms), is_recursive);
        self
    }
}

impl<T: Table, L> QueryId for Query<'_, T, L> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
