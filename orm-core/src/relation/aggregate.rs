//! Aggregates of related rows, such as their number, as expressions on the row that they belong to.

use std::fmt;
use std::marker::PhantomData;

use diesel::expression::Expression;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{BigInt, Bool, Double, HasSqlType, IntoNullable, Nullable, SqlOrd};

use super::definition::Relation;
use super::numbers::{Aggregated, Numbers};
use super::path::{Path, Term};
use super::related::Related;
use super::value::{Function, RelatedValue, What};
use crate::backend::{Any, Kind};
use crate::table::Table;

/// Relations one after another, from rows of `F` to rows of `T`: [`Related::then`].
#[must_use = "relations do nothing before a query uses them"]
pub struct RelatedPath<'q, F, T> {
    path: Path<'q>,
    ends: PhantomData<fn() -> (F, T)>,
}

impl<F, T> Clone for RelatedPath<'_, F, T> {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), ends: PhantomData }
    }
}

impl<F: Table, T: Table> fmt::Debug for RelatedPath<'_, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = format!("from {} to {}", F::NAME, T::NAME);
        f.debug_tuple("RelatedPath").field(&ends).finish()
    }
}

impl<'q, F: Table, T: Table> RelatedPath<'q, F, T> {
    /// Goes on to the related rows of these rows.
    pub fn then<K, O>(mut self, next: Related<'q, K, O>) -> RelatedPath<'q, F, K::To>
    where
        K: Relation<From = T>,
    {
        self.path.join(next.into_path());
        RelatedPath { path: self.path, ends: PhantomData }
    }

    /// Returns the condition that there is such a row.
    pub fn exists(self) -> RelatedValue<'q, F, Bool> {
        RelatedValue::new(self.path, What::Exists)
    }

    /// Returns the condition that there is no such row.
    pub fn not_exists(self) -> RelatedValue<'q, F, Bool> {
        RelatedValue::new(self.path, What::NotExists)
    }

    /// Returns the number of rows. A row that is reached in several ways counts as often.
    pub fn count(self) -> RelatedValue<'q, F, BigInt> {
        RelatedValue::new(self.path, What::Count)
    }

    /// Returns the sum of a value of the rows: see [`Related::sum`].
    pub fn sum<E>(self, value: E) -> RelatedValue<'q, F, <E::SqlType as Numbers>::Sum>
    where
        E: Aggregated<T> + 'q,
        E::SqlType: Numbers,
    {
        self.aggregate(Function::Sum(E::SqlType::SUM), value)
    }

    /// Returns the average of a value of the rows: see [`Related::avg`].
    pub fn avg<E>(self, value: E) -> RelatedValue<'q, F, Nullable<Double>>
    where
        E: Aggregated<T> + 'q,
        E::SqlType: Numbers,
    {
        self.aggregate(Function::Avg(E::SqlType::SUM), value)
    }

    /// Returns the smallest value of the rows: see [`Related::min`].
    pub fn min<E>(self, value: E) -> RelatedValue<'q, F, <E::SqlType as IntoNullable>::Nullable>
    where
        E: Aggregated<T> + 'q,
        E::SqlType: SqlOrd + IntoNullable,
        Any: HasSqlType<E::SqlType>,
    {
        self.aggregate(Function::Min(kind::<E>()), value)
    }

    /// Returns the largest value of the rows: see [`Related::min`].
    pub fn max<E>(self, value: E) -> RelatedValue<'q, F, <E::SqlType as IntoNullable>::Nullable>
    where
        E: Aggregated<T> + 'q,
        E::SqlType: SqlOrd + IntoNullable,
        Any: HasSqlType<E::SqlType>,
    {
        self.aggregate(Function::Max(kind::<E>()), value)
    }

    fn aggregate<ST>(
        self,
        function: Function,
        value: impl QueryFragment<Any> + Send + 'q,
    ) -> RelatedValue<'q, F, ST> {
        RelatedValue::new(self.path, What::Aggregate(function, Term::new(value)))
    }
}

fn kind<E: Expression>() -> Kind
where
    Any: HasSqlType<E::SqlType>,
{
    <Any as HasSqlType<E::SqlType>>::metadata(&mut ()).kind
}

impl<'q, M: Relation, N> Related<'q, M, N> {
    /// Goes on to the related rows of the related rows, for a condition or an aggregate of all of them:
    ///
    /// ```ignore
    /// let discussed = User::query().filter(User::posts().then(Post::comments()).count().gt(100)).all(&db)?;
    /// ```
    ///
    /// The filters of both apply; a limit and an order have no effect.
    pub fn then<K, O>(self, next: Related<'q, K, O>) -> RelatedPath<'q, M::From, K::To>
    where
        K: Relation<From = M::To>,
    {
        self.aggregated().then(next)
    }

    /// Returns the number of related rows, as an expression on the row: a condition, an order, or a column beside others.
    /// It is 0 if there is none. The filters apply; a limit and an order have no effect. [`counts`](Related::counts)
    /// returns the numbers for loaded rows.
    ///
    /// ```ignore
    /// let posts = || User::posts().filter(posts::published.eq(true)).count();
    /// let writers: Vec<(User, i64)> = db.load(
    ///     User::query()
    ///         .filter(posts().gt(3))
    ///         .order_by(posts().desc())
    ///         .select((User::as_select(), posts())),
    /// )?;
    /// ```
    pub fn count(self) -> RelatedValue<'q, M::From, BigInt> {
        self.aggregated().count()
    }

    /// Returns the sum of a value of the related rows, a column or another expression on them; NULL if no related row
    /// has a value. Like [`count`](Related::count), it is an expression on the row.
    ///
    /// The sum of `i16` and `i32` is an `i64`. That of `i64` and `Decimal` is an exact `Decimal`, which can't overflow.
    /// That of `f32` and `f64` is an `f64`.
    pub fn sum<E>(self, value: E) -> RelatedValue<'q, M::From, <E::SqlType as Numbers>::Sum>
    where
        E: Aggregated<M::To> + 'q,
        E::SqlType: Numbers,
    {
        self.aggregated().sum(value)
    }

    /// Returns the average of a value of the related rows, an `f64`; NULL if no related row has a value. The sum of
    /// integers and decimals is exact, and is rounded once before it is divided, on both databases. Like
    /// [`count`](Related::count), it is an expression on the row.
    pub fn avg<E>(self, value: E) -> RelatedValue<'q, M::From, Nullable<Double>>
    where
        E: Aggregated<M::To> + 'q,
        E::SqlType: Numbers,
    {
        self.aggregated().avg(value)
    }

    /// Returns the smallest value of the related rows; NULL if no related row has a value. Like
    /// [`count`](Related::count), it is an expression on the row.
    pub fn min<E>(
        self,
        value: E,
    ) -> RelatedValue<'q, M::From, <E::SqlType as IntoNullable>::Nullable>
    where
        E: Aggregated<M::To> + 'q,
        E::SqlType: SqlOrd + IntoNullable,
        Any: HasSqlType<E::SqlType>,
    {
        self.aggregated().min(value)
    }

    /// Returns the largest value of the related rows: see [`min`](Related::min).
    pub fn max<E>(
        self,
        value: E,
    ) -> RelatedValue<'q, M::From, <E::SqlType as IntoNullable>::Nullable>
    where
        E: Aggregated<M::To> + 'q,
        E::SqlType: SqlOrd + IntoNullable,
        Any: HasSqlType<E::SqlType>,
    {
        self.aggregated().max(value)
    }

    fn aggregated(self) -> RelatedPath<'q, M::From, M::To> {
        RelatedPath { path: self.into_path(), ends: PhantomData }
    }
}
