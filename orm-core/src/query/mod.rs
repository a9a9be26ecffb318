//! `User::query()`: a typed SELECT on one table.

mod attach;
mod bounds;
mod conditions;
mod join;
mod select;

use std::fmt;
use std::marker::PhantomData;

use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sql_types::BigInt;

pub use self::attach::{Attach, RowOf, Shape, Then};
pub use self::bounds::{Condition, Order};
pub(crate) use self::conditions::Conditions;
use self::conditions::Operator;
pub use self::join::{Joined, JoinedRows, Joins, Owner};
pub(crate) use self::join::{JoinedTable, MOST_JOINED_ROWS};
use self::select::{ByKey, Columns, DeleteWhere, Select};
use crate::backend::{Any, AnyConnection, ByText, Flow, render};
use crate::dialect::Dialect;
use crate::dsl::Lock;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Executor, more_than_one};
use crate::table::Table;
use crate::table::key::is_doubled;

/// A part of a query, whatever its type.
pub(crate) type Part<'q> = Box<dyn QueryFragment<Any> + Send + 'q>;

/// A SELECT on the table of `T`, made by `T::query()`.
///
/// The filters and orders are diesel's expressions on the table's columns, checked by the compiler; they
/// may borrow for `'q`. Nothing runs before one of the calls that take a [`Db`](crate::Db) or a transaction.
#[must_use = "a query does nothing before `all`, `first` or another call that runs it"]
pub struct Query<'q, T: Table, L = ()> {
    load: L,
    filter: Conditions<'q>,
    /// The primary key leaves one row at most.
    is_by_key: bool,
    order: Vec<Part<'q>>,
    limit: Option<i64>,
    offset: Option<i64>,
    distinct: bool,
    lock: Option<Lock>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table, L> fmt::Debug for Query<'_, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sql = render(&self.select(Columns::All), Dialect::EITHER).unwrap_or_default();
        f.debug_tuple("Query").field(&sql).finish()
    }
}

impl<T: Table> Default for Query<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

/// One page of a query's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of the page.
    pub items: Vec<T>,
    /// Which page it is, counted from 1.
    pub number: u64,
    /// How many rows a page has.
    pub size: u64,
    /// How many rows all pages have together.
    pub total: u64,
}

impl<T> Page<T> {
    /// How many pages there are.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.size.max(1))
    }

    /// Whether there is a page after this one.
    pub fn has_next(&self) -> bool {
        self.number < self.pages()
    }
}

impl<'q, T: Table> Query<'q, T> {
    /// All rows of the table.
    pub fn new() -> Self {
        Self {
            load: (),
            filter: Conditions::default(),
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
    /// Loads related rows with each row: `User::query().with(User::posts())` gives rows of `WithPosts<User>`.
    /// One statement for each relation and level, however many rows there are; none where there are no rows,
    /// or where none of them has a key. Where at most 32 rows are asked for (`find`, `first`, `one`, a limit, a page),
    /// relations to one row come with them by a join and take no statement; so do those of the related rows of at most
    /// 32 rows.
    pub fn with<M>(self, relation: M) -> Query<'q, T, Then<L, M>>
    where
        L: Attach<T>,
        M: Attach<L::Out>,
    {
        Query {
            load: Then { first: self.load, second: relation },
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

    /// Only the row with this primary key: `User::query().find(id).with(User::posts()).first(&db)`.
    pub fn find(self, key: impl Into<T::Key>) -> Self
    where
        T::Key: Send,
    {
        Self { is_by_key: true, ..self.filter_by(ByKey::<T> { key: key.into() }) }
    }

    /// Only rows for which `condition` is true; with several filters, all of them.
    pub fn filter<P>(self, condition: P) -> Self
    where
        P: Condition<T> + 'q,
    {
        self.filter_by(condition)
    }

    fn filter_by(mut self, condition: impl QueryFragment<Any> + Send + 'q) -> Self {
        self.filter.push(Operator::And, Box::new(condition));
        self
    }

    /// Also rows for which `condition` is true, whatever the filters before it say. Without one before it,
    /// the same as [`filter`](Query::filter).
    pub fn or_filter<P>(mut self, condition: P) -> Self
    where
        P: Condition<T> + 'q,
    {
        self.filter.push(Operator::Or, Box::new(condition));
        self.is_by_key = false;
        self
    }

    /// Sorts by `order` instead of what was said before: a column, `column.desc()`, or a tuple of these.
    pub fn order_by<O>(mut self, order: O) -> Self
    where
        O: Order<T> + 'q,
    {
        self.order.clear();
        self.then_order_by(order)
    }

    /// Sorts rows that are equal so far by `order`.
    pub fn then_order_by<O>(mut self, order: O) -> Self
    where
        O: Order<T> + 'q,
    {
        self.order.push(Box::new(order));
        self
    }

    /// At most `rows` rows. A negative number is a `VALUE_ERROR`, here as in diesel's queries.
    pub fn limit(mut self, rows: i64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Skips the first `rows` rows. A negative number is a `VALUE_ERROR`.
    pub fn offset(mut self, rows: i64) -> Self {
        self.offset = Some(rows);
        self
    }

    /// Rows that are equal in all columns only once.
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

    /// Locks the rows against change by others: `lock(Lock::update())`.
    pub fn for_update(self) -> Self {
        self.lock(Lock::update())
    }

    /// All rows.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn all(&self, on: &impl Executor) -> Result<Vec<L::Out>>
    where
        L: Attach<T>,
    {
        self.load_rows(on, (self.limit, self.offset))
    }

    fn load_rows(
        &self,
        on: &impl Executor,
        (limit, offset): (Option<i64>, Option<i64>),
    ) -> Result<Vec<L::Out>>
    where
        L: Attach<T>,
    {
        self.check_range()?;
        let is_joined = (self.is_by_key || limit.is_some_and(|limit| limit <= MOST_JOINED_ROWS))
            // Neither goes with rows of other tables on PostgreSQL.
            && !self.distinct
            && self.lock.is_none();
        on.read_on(|connection| {
            let mut joins = Joins::after(T::COLUMNS.len());
            let mut joined = if is_joined {
                self.load.join(&mut joins, Owner::Table(T::NAME))
            } else {
                Joined::none()
            };
            let may_double = joins.may_double(connection.dialect());
            let mut rows = self.run(connection, (limit, offset), joins, &mut joined)?;
            if may_double && is_doubled(&rows, None)? {
                joined = Joined::none();
                let joins = Joins::after(T::COLUMNS.len());
                rows = self.run(connection, (limit, offset), joins, &mut joined)?;
            }
            self.load.attach_all(&mut rows, joined, connection)
        })
    }

    /// The rows, and what is joined to them.
    fn run<J: Joined>(
        &self,
        connection: &mut AnyConnection,
        (limit, offset): (Option<i64>, Option<i64>),
        joins: Joins<'_>,
        joined: &mut J,
    ) -> Result<Vec<T>> {
        let select = Select { query: self, columns: Columns::All, limit, offset, joins };
        let mut rows = Vec::new();
        connection.run(&ByText(&select), &mut |row| {
            rows.push(read(row)?);
            joined.read(row)?;
            Ok(Flow::Continue)
        })?;
        Ok(rows)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn first(&self, on: &impl Executor) -> Result<Option<L::Out>>
    where
        L: Attach<T>,
    {
        Ok(self.load_rows(on, (self.at_most(1), self.offset))?.pop())
    }

    /// The limit that says so. None by the primary key, which leaves one row anyway.
    fn at_most(&self, rows: i64) -> Option<i64> {
        if self.is_by_key {
            self.limit
        } else {
            Some(self.limit.map_or(rows, |limit| limit.min(rows)))
        }
    }

    /// The only row.
    ///
    /// # Errors
    /// `NOT_FOUND` where there is none, `QUERY_ERROR` where there are several.
    pub fn one(&self, on: &impl Executor) -> Result<L::Out>
    where
        L: Attach<T>,
    {
        let mut rows = self.load_rows(on, (self.at_most(2), self.offset))?;
        match (rows.pop(), rows.is_empty()) {
            (Some(row), true) => Ok(row),
            (Some(_), false) => Err(more_than_one()),
            (None, _) => {
                Err(Error::new(ErrorKind::NotFound, format!("{} has no such row", T::NAME)))
            }
        }
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn count(&self, on: &impl Executor) -> Result<u64> {
        self.count_of(on, self.select(Columns::Count))
    }

    fn count_of(&self, on: &impl Executor, select: Select<'_, 'q, T, L>) -> Result<u64> {
        self.check_range()?;
        let count = on.read_on(|connection| {
            let mut count = 0_i64;
            connection.run(&ByText(&select), &mut |row| {
                count = diesel::row::Row::get_value::<BigInt, i64, _>(row, 0)
                    .map_err(diesel::result::Error::DeserializationError)?;
                Ok(Flow::Continue)
            })?;
            Ok(count)
        })?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Whether there is a row.
    ///
    /// # Errors
    /// See [`Executor`].
    pub fn exists(&self, on: &impl Executor) -> Result<bool> {
        self.check_range()?;
        let mut select = self.select(Columns::One);
        select.limit = Some(select.limit.map_or(1, |limit| limit.min(1)));
        on.read_on(|connection| {
            let mut found = false;
            connection.run(&ByText(&select), &mut |_| {
                found = true;
                Ok(Flow::Continue)
            })?;
            Ok(found)
        })
    }

    /// Page `number`, counted from 1, with `size` rows, and how many rows there are in all: two statements.
    /// The order should be one of unique columns, so that no row is on two pages.
    ///
    /// # Errors
    /// `QUERY_ERROR` where the number or the size is 0, or the query has a limit or offset of its own.
    pub fn page(&self, on: &impl Executor, number: u64, size: u64) -> Result<Page<L::Out>>
    where
        L: Attach<T>,
    {
        let invalid = |message: &str| Err(Error::new(ErrorKind::Query, message));
        if number == 0 || size == 0 {
            return invalid("pages are counted from 1 and have at least one row");
        }
        if self.limit.is_some() || self.offset.is_some() {
            return invalid(
                "a query that is read by pages can't have a limit or offset of its own",
            );
        }
        let (Ok(limit), Some(Ok(offset))) =
            (i64::try_from(size), (number - 1).checked_mul(size).map(i64::try_from))
        else {
            return invalid("the page lies beyond what a database can count");
        };
        let total = self.count(on)?;
        let items = self.load_rows(on, (Some(limit), Some(offset)))?;
        Ok(Page { items, number, size, total })
    }

    /// Deletes the rows, and tells how many.
    ///
    /// # Errors
    /// `QUERY_ERROR` where the query has a limit or an offset, which a DELETE can't have.
    pub fn delete(&self, on: &impl Executor) -> Result<usize> {
        self.check_no_range()?;
        let delete = DeleteWhere { query: self };
        on.run_on(|connection| connection.run(&ByText(&delete), &mut |_| Ok(Flow::Continue)))
    }

    /// The SQL of the query in a dialect, with placeholders for the values.
    ///
    /// # Errors
    /// Where a part of the query can't be said in the dialect.
    pub fn to_sql(&self, dialect: Dialect) -> Result<String> {
        Ok(render(&self.select(Columns::All), dialect)?)
    }

    /// The filters, as one condition.
    pub(crate) fn filter_part(&self) -> Option<&Conditions<'q>> {
        (!self.filter.is_empty()).then_some(&self.filter)
    }

    pub(crate) fn order_parts(&self) -> &[Part<'q>] {
        &self.order
    }

    /// The limit and the offset.
    pub(crate) fn range(&self) -> (Option<i64>, Option<i64>) {
        (self.limit, self.offset)
    }

    /// For a DELETE, which has neither.
    pub(crate) fn check_no_range(&self) -> Result<()> {
        if self.limit.is_some() || self.offset.is_some() {
            return Err(Error::new(ErrorKind::Query, "a DELETE can't have a limit or an offset"));
        }
        Ok(())
    }

    /// SQLite takes a negative limit for none, and a negative offset for 0; PostgreSQL refuses both.
    pub(crate) fn check_range(&self) -> Result<()> {
        let negative = |name: &str, rows: Option<i64>| {
            rows.filter(|rows| *rows < 0)
                .map(|_| Error::new(ErrorKind::Value, format!("the {name} is negative")))
        };
        match negative("LIMIT", self.limit).or_else(|| negative("OFFSET", self.offset)) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Whether it may leave out rows of the table.
    pub(crate) fn is_narrowed(&self) -> bool {
        !self.filter.is_empty() || self.limit.is_some() || self.offset.is_some()
    }

    fn select(&self, columns: Columns) -> Select<'_, 'q, T, L> {
        let joins = Joins::default();
        Select { query: self, columns, limit: self.limit, offset: self.offset, joins }
    }
}

fn read<T: Table>(row: &crate::backend::AnyRow<'_>) -> Result<T> {
    T::from_row(row, 0).map_err(|error| diesel::result::Error::DeserializationError(error).into())
}

impl<T: Table, L> QueryId for Query<'_, T, L> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
