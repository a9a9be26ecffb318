//! Rows of any shape, and attaching related rows to them.

use super::conditions::Filters;
use super::join::{Joins, Owner};
use super::loaded::Loaded;
use crate::backend::AnyConnection;
use crate::error::Result;
use crate::run::level::{Level, Rows};
use crate::table::{BindAt, ColumnSet, Table};

/// A row, alone or wrapped with related rows: `User`, `WithPosts<User>`, `WithPosts<WithTags<User>>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row of a table",
    note = "a row is a struct with `#[derive(Table)]`, or one that a relation was attached to"
)]
pub trait Shape {
    /// The struct of the table.
    type Base: Table;

    /// Returns the row itself.
    fn base(&self) -> &Self::Base;
}

impl<T: Table> Shape for T {
    type Base = T;

    fn base(&self) -> &T {
        self
    }
}

/// A row of the table `T`, alone or with related rows. A relation that starts from `T` accepts these.
#[diagnostic::on_unimplemented(
    message = "a relation of `{T}` doesn't fit rows of `{Self}`",
    label = "the relation starts from `{T}`, and the rows are of `{Self}`",
    note = "take a relation of the rows' own table, such as `User::posts()` for rows of `User`"
)]
pub trait RowOf<T: Table>: Shape<Base = T> + Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Table> RowOf<T> for T {}

/// A relation, or several: what [`Query::with`](crate::Query::with) takes.
#[diagnostic::on_unimplemented(
    message = "this is not a relation: `{Self}`",
    label = "not a relation",
    note = "a relation is what a function such as `User::posts()` returns, for a `User` with `#[table(has_many(posts = Post))]`"
)]
pub trait Relates {
    /// The struct of the table that it starts from.
    type From: Table;
}

/// A relation of the table `From` that can be attached to rows `R` of the table `T`, after the relations `L`. It is one bound
/// for all that this requires, and it is implemented only if the tables are equal: so a relation of another table is one
/// error, and the compiler reports nothing about its result.
#[diagnostic::on_unimplemented(
    message = "a relation of `{From}` doesn't fit rows of `{T}`",
    label = "the relation starts from `{From}`, and the rows are of `{T}`",
    note = "take a relation of the rows' own table, such as `User::posts()` for rows of `User`"
)]
pub trait AttachesTo<R, T, From, L>: Sized {
    /// The relations of the query: `L`, and then this one.
    type Loads;

    #[doc(hidden)]
    fn narrows(&self, filters: &mut Filters<'_>);

    #[doc(hidden)]
    fn after(self, first: L) -> Self::Loads;
}

#[diagnostic::do_not_recommend]
impl<R, T, L, M> AttachesTo<R, T, T, L> for M
where
    T: Table,
    R: RowOf<T>,
    M: Attach<R>,
{
    type Loads = Chain<L, M>;

    fn narrows(&self, filters: &mut Filters<'_>) {
        self.narrow(filters);
    }

    fn after(self, first: L) -> Chain<L, M> {
        Chain { first, second: self }
    }
}

/// The relations of a query of `T` with `L`, and then `M`.
pub type Loads<T, L, M> =
    <M as AttachesTo<<L as Attach<T>>::Out, T, <M as Relates>::From, L>>::Loads;

/// Something that attaches related rows to rows of the type `R`: nothing, a relation, or several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be attached to rows of `{R}`",
    note = "attach a relation of the table itself, such as `User::posts()` to rows of `User`"
)]
pub trait Attach<R: Send>: Clone + Send {
    /// The row with the related rows.
    type Out: Send;

    /// The related rows, as far as they were read.
    #[doc(hidden)]
    type Loaded: Loaded;

    /// Whether anything is loaded.
    #[doc(hidden)]
    const LOADS: bool = true;

    /// The columns of the rows that related rows are found by.
    #[doc(hidden)]
    const KEYS: ColumnSet;

    /// Returns the row, if nothing is loaded.
    #[doc(hidden)]
    fn unattached(_: R) -> Option<Self::Out> {
        None
    }

    /// Adds the conditions that rows meet which are not left out.
    #[doc(hidden)]
    fn narrow(&self, _: &mut Filters<'_>) {}

    /// Joins the related rows that can be joined to the rows.
    #[doc(hidden)]
    fn join<'a>(&'a self, joins: &mut Joins<'a>, owner: Owner) -> Self::Loaded;

    /// Adds the statements for related rows that were not read, if the rows that they belong to were. `rows` are the rows
    /// that the relation starts from.
    #[doc(hidden)]
    fn add_level<'a>(
        &'a self,
        rows: Rows<'_, 'a>,
        loaded: &'a mut Self::Loaded,
        level: &mut Level<'a>,
    );

    /// Attaches the related rows, all of which were read. Returns `None` for a row that is left out because it lacks a
    /// required related row.
    #[doc(hidden)]
    fn attach(&self, rows: Vec<R>, loaded: Self::Loaded) -> Result<Vec<Option<Self::Out>>>;

    /// Works like `attach`, but returns only the rows that stay.
    #[doc(hidden)]
    fn attach_all(&self, rows: Vec<R>, loaded: Self::Loaded) -> Result<Vec<Self::Out>> {
        Ok(self.attach(rows, loaded)?.into_iter().flatten().collect())
    }
}

/// Attaches nothing.
impl<R: Send> Attach<R> for () {
    type Out = R;
    type Loaded = ();

    const LOADS: bool = false;
    const KEYS: ColumnSet = ColumnSet::EMPTY;

    fn unattached(row: R) -> Option<R> {
        Some(row)
    }

    fn join<'a>(&'a self, _: &mut Joins<'a>, _: Owner) {}

    fn add_level<'a>(&'a self, _: Rows<'_, 'a>, (): &'a mut (), _: &mut Level<'a>) {}

    fn attach(&self, rows: Vec<R>, (): ()) -> Result<Vec<Option<R>>> {
        Ok(rows.into_iter().map(Some).collect())
    }

    fn attach_all(&self, rows: Vec<R>, (): ()) -> Result<Vec<R>> {
        Ok(rows)
    }
}

/// One relation after another.
#[derive(Debug, Clone)]
pub struct Chain<A, B> {
    pub(crate) first: A,
    pub(crate) second: B,
}

impl<R, A, B> Attach<R> for Chain<A, B>
where
    R: Send,
    A: Attach<R>,
    B: Attach<A::Out>,
{
    type Out = B::Out;
    type Loaded = (A::Loaded, B::Loaded);

    const KEYS: ColumnSet = A::KEYS.union(B::KEYS);

    fn narrow(&self, filters: &mut Filters<'_>) {
        self.first.narrow(filters);
        self.second.narrow(filters);
    }

    fn join<'a>(&'a self, joins: &mut Joins<'a>, owner: Owner) -> Self::Loaded {
        (self.first.join(joins, owner), self.second.join(joins, owner))
    }

    fn add_level<'a>(
        &'a self,
        rows: Rows<'_, 'a>,
        (first, second): &'a mut Self::Loaded,
        level: &mut Level<'a>,
    ) {
        self.first.add_level(rows, first, level);
        self.second.add_level(rows, second, level);
    }

    fn attach(
        &self,
        rows: Vec<R>,
        (first, mut second): Self::Loaded,
    ) -> Result<Vec<Option<Self::Out>>> {
        let rows = self.first.attach(rows, first)?;
        if rows.iter().all(Option::is_some) {
            return self.second.attach(rows.into_iter().flatten().collect(), second);
        }
        let stayed: Vec<bool> = rows.iter().map(Option::is_some).collect();
        second.retain(&stayed);
        let rows = rows.into_iter().flatten().collect();
        let mut attached = self.second.attach(rows, second)?.into_iter();
        let next = |stayed| if stayed { attached.next().flatten() } else { None };
        Ok(stayed.into_iter().map(next).collect())
    }
}

/// Loads the related rows of the rows that `list` returns, apart from those that are already in `loaded`.
pub(crate) fn load_related<'r, R: Send, L: Attach<R>>(
    relations: &L,
    list: &dyn Fn() -> Vec<&'r dyn BindAt>,
    loaded: &mut L::Loaded,
    on: &mut AnyConnection,
) -> Result<()> {
    while !loaded.is_complete() {
        let mut level = Level::default();
        relations.add_level(Rows::new(&|| list()), loaded, &mut level);
        level.run(on)?;
    }
    Ok(())
}

/// Returns the values of rows.
pub(crate) fn list<R: Shape>(rows: &[R]) -> Vec<&dyn BindAt> {
    let mut list: Vec<&dyn BindAt> = Vec::with_capacity(rows.len());
    // A loop, because a program compiles each adapter of an iterator again for each table.
    for row in rows {
        list.push(row.base());
    }
    list
}
