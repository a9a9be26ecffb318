//! Rows of any shape, and what attaches related rows to them.

use crate::backend::AnyConnection;
use crate::error::Result;
use crate::table::Table;

/// A row, alone or with related rows around it: `User`, `WithPosts<User>`, `WithPosts<WithTags<User>>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row of a table",
    note = "a row is a struct with `#[derive(Table)]`, or one that a relation was attached to"
)]
pub trait Shape {
    /// The struct of the table.
    type Base: Table;

    /// The row itself.
    fn base(&self) -> &Self::Base;
}

impl<T: Table> Shape for T {
    type Base = T;

    fn base(&self) -> &T {
        self
    }
}

/// A row of the table `T`, alone or with related rows: what a relation that starts from `T` takes.
#[diagnostic::on_unimplemented(
    message = "a relation of `{T}` doesn't fit rows of `{Self}`",
    label = "the relation starts from `{T}`, and the rows are of `{Self}`",
    note = "take a relation of the rows' own table, such as `User::posts()` for rows of `User`"
)]
pub trait RowOf<T: Table>: Shape<Base = T> {}

impl<T: Table> RowOf<T> for T {}

/// Something that attaches related rows to rows of the shape `R`: nothing, a relation, or several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be attached to rows of `{R}`",
    note = "attach a relation of the table itself, such as `User::posts()` to rows of `User`"
)]
pub trait Attach<R: Shape> {
    /// The shape with the related rows.
    type Out: Shape<Base = R::Base>;

    /// Loads the related rows and attaches them. `None` for a row that goes, because it lacks a related row
    /// that was required.
    #[doc(hidden)]
    fn attach(&self, rows: Vec<R>, on: &mut AnyConnection) -> Result<Vec<Option<Self::Out>>>;

    /// The same without the rows that go.
    #[doc(hidden)]
    fn attach_all(&self, rows: Vec<R>, on: &mut AnyConnection) -> Result<Vec<Self::Out>> {
        Ok(self.attach(rows, on)?.into_iter().flatten().collect())
    }
}

/// Attaches nothing.
impl<R: Shape> Attach<R> for () {
    type Out = R;

    fn attach(&self, rows: Vec<R>, _: &mut AnyConnection) -> Result<Vec<Option<R>>> {
        Ok(rows.into_iter().map(Some).collect())
    }

    fn attach_all(&self, rows: Vec<R>, _: &mut AnyConnection) -> Result<Vec<R>> {
        Ok(rows)
    }
}

/// One relation after another.
#[derive(Debug, Clone)]
pub struct Then<A, B> {
    pub(crate) first: A,
    pub(crate) second: B,
}

impl<R, A, B> Attach<R> for Then<A, B>
where
    R: Shape,
    A: Attach<R>,
    B: Attach<A::Out>,
{
    type Out = B::Out;

    fn attach(&self, rows: Vec<R>, on: &mut AnyConnection) -> Result<Vec<Option<Self::Out>>> {
        let rows = self.first.attach(rows, on)?;
        let stayed: Vec<bool> = rows.iter().map(Option::is_some).collect();
        let mut attached =
            self.second.attach(rows.into_iter().flatten().collect(), on)?.into_iter();
        let next = |stayed| if stayed { attached.next().flatten() } else { None };
        Ok(stayed.into_iter().map(next).collect())
    }
}
