//! One statement of a batch.

use std::cell::{RefCell, RefMut};

use crate::backend::{AnyConnection, AnyRow, Effect, Part, Source, Step, hide_from_debug};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::run::level::Level;

/// A statement of a batch, and what becomes of its result: made by the functions of [`batch`](crate::batch), and by the
/// calls of a [`Batched`] query. It does nothing before [`Executor::batch`](crate::Executor::batch) runs it.
#[must_use = "an item does nothing before `batch` runs it"]
pub struct Item<'a, T> {
    effect: Effect,
    decides: bool,
    statement: Box<MakeStatement<'a>>,
    rows: RefCell<Box<dyn Rows<'a, T> + Send + 'a>>,
    result: RefCell<Option<T>>,
}

/// A query to put into a batch, from `batched()`. Its calls have the names of those that run the query alone.
#[must_use = "it does nothing before a call such as `all` makes an item of it"]
pub struct Batched<Q>(pub(crate) Q);

hide_from_debug!(['a, T] Item['a, T]);
hide_from_debug!([Q] Batched[Q]);

/// Makes a statement, and calls a function with it, unless there is nothing to run.
type MakeStatement<'a> =
    dyn Fn(Dialect, &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> + Send + 'a;

/// What becomes of a statement's rows.
pub(crate) trait Rows<'a, T> {
    fn clear(&mut self);
    fn push(&mut self, row: &AnyRow<'_>) -> Result<()>;
    fn finish(&mut self, changed: u64, connection: &mut AnyConnection) -> Result<T>;

    /// Returns what is below the rows, if they have related rows.
    fn below(&mut self) -> Option<&mut (dyn BelowRows + 'a)> {
        None
    }
}

/// The related rows of an item's rows.
pub(crate) trait BelowRows {
    /// Whether the item's statement reads all of them, whatever rows it returns.
    fn is_joined(&self, dialect: Dialect) -> bool;

    /// Called after the statement. Returns whether it has to run again, without the related rows.
    fn must_run_again(&mut self, dialect: Dialect) -> Result<bool>;

    /// Whether all of them were read.
    fn is_complete(&self) -> bool;

    /// Adds the statements that come next.
    fn add_level<'l>(&'l mut self, level: &mut Level<'l>);
}

/// An item of any type.
pub(super) trait AnyItem: Part {
    /// Returns what is below its rows, if they have related rows.
    fn below(&self) -> Option<RefMut<'_, dyn BelowRows + '_>>;
}

/// Reads a row of a result.
pub(crate) trait ReadRow<R> {
    /// Prepares for another result.
    fn restart(&mut self) {}

    fn read(&mut self, row: &AnyRow<'_>) -> Result<R>;
}

impl<R, F: FnMut(&AnyRow<'_>) -> Result<R>> ReadRow<R> for F {
    fn read(&mut self, row: &AnyRow<'_>) -> Result<R> {
        self(row)
    }
}

/// Reads rows, and makes a result of them.
pub(crate) struct Read<R, F, E> {
    rows: Vec<R>,
    /// How many of the rows are kept.
    most: usize,
    read: F,
    end: E,
}

impl<R, F, E> Read<R, F, E> {
    /// Keeps so many rows, each as `read` makes it, and makes a result of them with `end`, which also gets the number of
    /// changed rows.
    pub(crate) fn new<T>(most: usize, read: F, end: E) -> Self
    where
        F: ReadRow<R>,
        E: FnMut(Vec<R>, u64, &mut AnyConnection) -> Result<T>,
    {
        Self { rows: Vec::new(), most, read, end }
    }
}

impl<R, T, F, E> Rows<'_, T> for Read<R, F, E>
where
    F: ReadRow<R>,
    E: FnMut(Vec<R>, u64, &mut AnyConnection) -> Result<T>,
{
    fn clear(&mut self) {
        self.rows.clear();
        self.read.restart();
    }

    fn push(&mut self, row: &AnyRow<'_>) -> Result<()> {
        if self.rows.len() < self.most {
            self.rows.push(self.read.read(row)?);
        }
        Ok(())
    }

    fn finish(&mut self, changed: u64, connection: &mut AnyConnection) -> Result<T> {
        (self.end)(std::mem::take(&mut self.rows), changed, connection)
    }
}

impl<'a, T> Item<'a, T> {
    pub(crate) fn new(
        effect: Effect,
        statement: impl Fn(Dialect, &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> + Send + 'a,
        rows: impl Rows<'a, T> + Send + 'a,
    ) -> Self {
        Self {
            effect,
            decides: false,
            statement: Box::new(statement),
            rows: RefCell::new(Box::new(rows)),
            result: RefCell::new(None),
        }
    }

    /// Returns the rows of a query.
    pub(crate) fn all(
        effect: Effect,
        statement: impl Fn(Dialect, &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> + Send + 'a,
        read: impl ReadRow<T> + Send + 'a,
    ) -> Item<'a, Vec<T>>
    where
        T: Send + 'a,
    {
        Item::new(effect, statement, Read::new(usize::MAX, read, |rows, _, _| Ok(rows)))
    }

    /// Returns the first row of a query, if there is one.
    pub(crate) fn first(
        effect: Effect,
        statement: impl Fn(Dialect, &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> + Send + 'a,
        read: impl ReadRow<T> + Send + 'a,
    ) -> Item<'a, Option<T>>
    where
        T: Send + 'a,
    {
        Item::new(effect, statement, Read::new(1, read, |mut rows, _, _| Ok(rows.pop())))
    }

    /// Returns the only row of a query. Without it, the batch fails; `none` is the error for no row.
    pub(crate) fn one(
        effect: Effect,
        statement: impl Fn(Dialect, &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> + Send + 'a,
        read: impl ReadRow<T> + Send + 'a,
        none: impl Fn() -> Error + Send + 'a,
    ) -> Self
    where
        T: Send + 'a,
    {
        let only = move |mut rows: Vec<T>, _: u64, _: &mut AnyConnection| match (
            rows.pop(),
            rows.is_empty(),
        ) {
            (Some(row), true) => Ok(row),
            (Some(_), false) => Err(crate::backend::more_than_one()),
            (None, _) => Err(none()),
        };
        Self::new(effect, statement, Read::new(2, read, only)).deciding()
    }

    /// Lets the result decide if the batch is committed.
    pub(crate) fn deciding(self) -> Self {
        Self { decides: true, ..self }
    }

    /// Takes the result after the batch has run.
    pub(super) fn into_result(self) -> Result<T> {
        self.result
            .into_inner()
            .ok_or_else(|| Error::new(ErrorKind::Unknown, "a statement of the batch has not run"))
    }
}

impl<'a> Item<'a, u64> {
    /// Returns the number of changed rows.
    pub(crate) fn changed(
        effect: Effect,
        statement: impl Fn(Dialect, &mut dyn FnMut(&dyn Source) -> Result<()>) -> Result<()> + Send + 'a,
    ) -> Self {
        Self::new(
            effect,
            statement,
            Read::new(0, |_: &AnyRow<'_>| Ok(()), |_, changed, _| Ok(changed)),
        )
    }
}

impl<T> Step for Item<'_, T> {
    fn effect(&self) -> Effect {
        self.effect
    }

    fn decides(&self) -> bool {
        self.decides
    }

    fn with_source(
        &self,
        dialect: Dialect,
        f: &mut dyn FnMut(&dyn Source) -> Result<()>,
    ) -> Result<()> {
        (self.statement)(dialect, f)
    }

    fn restart(&self) {
        self.rows.borrow_mut().clear();
    }

    fn row(&self, row: &AnyRow<'_>) -> Result<()> {
        self.rows.borrow_mut().push(row)
    }
}

impl<T> Part for Item<'_, T> {
    fn finish(&self, changed: u64, connection: &mut AnyConnection) -> Result<()> {
        let result = self.rows.borrow_mut().finish(changed, connection)?;
        *self.result.borrow_mut() = Some(result);
        Ok(())
    }
}

impl<T> AnyItem for Item<'_, T> {
    fn below(&self) -> Option<RefMut<'_, dyn BelowRows + '_>> {
        let below = RefMut::filter_map(self.rows.borrow_mut(), |rows| rows.below()).ok()?;
        Some(below)
    }
}
