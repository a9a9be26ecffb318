//! Building a query.

use std::marker::PhantomData;

use diesel::query_builder::{QueryFragment, QueryId};

use super::attach::{Attach, AttachesTo, Loads, Relates};
use super::bounds::{Condition, Order};
use super::conditions::{ByKey, Filters, Operator, Part};
use crate::backend::Any;
use crate::dsl::Lock;
use crate::error::{Error, ErrorKind, Result};
use crate::table::Table;

/// A SELECT on the table of `T`, created by `T::query()`.
///
/// Filters and orders are diesel's expressions on the table's columns, checked by the compiler. They may borrow for
/// `'q`. A clone starts with the same filters and orders, and can then be changed on its own. Nothing runs before a
/// call that takes a [`Db`](crate::Db) or a transaction.
#[must_use = "a query does nothing before `all`, `first` or another call that runs it"]
pub struct Query<'q, T: Table, L = ()> {
    pub(super) load: L,
    pub(super) filter: Filters<'q>,
    /// Whether the primary key limits the query to one row.
    pub(super) is_by_key: bool,
    pub(super) order: Vec<Part<'q>>,
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<i64>,
    pub(super) distinct: bool,
    pub(super) lock: Option<Lock>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table, L: Clone> Clone for Query<'_, T, L> {
    fn clone(&self) -> Self {
        Self {
            load: self.load.clone(),
            filter: self.filter.clone(),
            is_by_key: self.is_by_key,
            order: self.order.clone(),
            limit: self.limit,
            offset: self.offset,
            distinct: self.distinct,
            lock: self.lock,
            table: PhantomData,
        }
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
        Self {
            load: (),
            filter: Filters::default(),
            is_by_key: false,
            order: Vec::new(),
            limit: None,
            offset: None,
            distinct: false,
            lock: None,
            table: PhantomData,
        }
    }
}

impl<'q, T: Table, L> Query<'q, T, L> {
    /// Loads related rows with each row: `User::query().with(User::posts())` returns rows of type `WithPosts<User>`.
    /// This takes one statement for each relation and level, however many rows there are. It takes none if there are no
    /// rows, or if none of them has a key. If at most 32 rows are asked for (`find`, `first`, `one`, a limit, a page),
    /// relations to one row are joined and don't take a statement. The same goes for relations of the related rows of
    /// at most 32 rows.
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
        relation.narrows(&mut self.filter);
        Query {
            load: relation.after(self.load),
            filter: self.filter,
            is_by_key: self.is_by_key,
            order: self.order,
            limit: self.limit,
            offset: self.offset,
            distinct: self.distinct,
            lock: self.lock,
            table: PhantomData,
        }
    }

    /// Keeps only the row with this primary key: `User::query().find(id).with(User::posts()).first(&db)`.
    pub fn find(self, key: impl Into<T::Key>) -> Self
    where
        T::Key: Send,
    {
        Self { is_by_key: true, ..self.filter_by(ByKey::<T> { key: key.into() }) }
    }

    /// Keeps only rows for which `condition` is true. With several filters, all must be true.
    pub fn filter<P>(self, condition: P) -> Self
    where
        P: Condition<T> + 'q,
    {
        self.filter_by(condition)
    }

    pub(super) fn filter_by(mut self, condition: impl QueryFragment<Any> + Send + 'q) -> Self {
        self.filter.push(Operator::And, Part::new(condition));
        self
    }

    /// Also selects rows for which `condition` is true, whatever the filters before it say. If there is no filter
    /// before it, this is the same as [`filter`](Query::filter).
    pub fn or_filter<P>(mut self, condition: P) -> Self
    where
        P: Condition<T> + 'q,
    {
        self.filter.push(Operator::Or, Part::new(condition));
        self.is_by_key = false;
        self
    }

    /// Sorts by `order`, in place of any order set before: a column, `column.desc()`, or a tuple of these.
    pub fn order_by<O>(mut self, order: O) -> Self
    where
        O: Order<T> + 'q,
    {
        self.order.clear();
        self.then_order_by(order)
    }

    /// Sorts rows that are equal by the orders before by `order`.
    pub fn then_order_by<O>(mut self, order: O) -> Self
    where
        O: Order<T> + 'q,
    {
        self.order.push(Part::new(order));
        self
    }

    /// Limits the query to `rows` rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(i64::try_from(rows).unwrap_or(i64::MAX));
        self
    }

    /// Skips the first `rows` rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(i64::try_from(rows).unwrap_or(i64::MAX));
        self
    }

    /// Returns rows that are equal in all columns only once.
    pub fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    /// Locks the rows until the transaction ends: `Lock::update()`, `Lock::update().skip_locked()`. Has no
    /// effect on SQLite, where a transaction that writes locks the whole database.
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Locks the rows so that others can't change them: `lock(Lock::update())`.
    pub fn for_update(self) -> Self {
        self.lock(Lock::update())
    }

    /// Returns the filters as one condition.
    pub(crate) fn filter_part(&self) -> Option<&Filters<'q>> {
        (!self.filter.is_empty()).then_some(&self.filter)
    }

    pub(crate) fn filters(&self) -> &Filters<'q> {
        &self.filter
    }

    pub(crate) fn filters_mut(&mut self) -> &mut Filters<'q> {
        &mut self.filter
    }

    pub(crate) fn into_filters(self) -> Filters<'q> {
        self.filter
    }

    pub(crate) fn order_parts(&self) -> &[Part<'q>] {
        &self.order
    }

    /// Returns the limit and the offset, both at least 0.
    pub(crate) fn range(&self) -> (Option<i64>, Option<i64>) {
        (self.limit, self.offset)
    }

    /// Checks that there is no limit and no offset: a DELETE has neither.
    pub(crate) fn check_no_range(&self) -> Result<()> {
        if self.limit.is_some() || self.offset.is_some() {
            return Err(Error::new(ErrorKind::Query, "a DELETE can't have a limit or an offset"));
        }
        Ok(())
    }

    /// Returns whether a limit or a lock chooses the rows.
    pub(super) fn is_chosen(&self) -> bool {
        self.limit.is_some() || self.offset.is_some() || self.lock.is_some()
    }

    /// Returns whether the query may leave out rows of the table.
    pub(crate) fn is_narrowed(&self) -> bool {
        !self.filter.is_empty() || self.limit.is_some() || self.offset.is_some()
    }
}

impl<T: Table, L> QueryId for Query<'_, T, L> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
