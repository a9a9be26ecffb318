//! What a query reads of each row: all of it, or some columns and other expressions.
//!
//! Relations find their rows by columns that may not be among those that were selected. These are read as well, after the
//! others, and kept only until the related rows are found.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use super::columns::{Chosen, SelectedColumns};
use super::selects::{PartialOf, SelectsAs};
use crate::backend::{Any, AnyRow, RecordedBind, push_recorded, push_separated};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{from_row_at, kept_value, read_part};
use crate::table::{BindAt, ColumnSet, Table, TableFacts};

/// What is read of each row of `T`: the whole row ([`Whole`]), or some columns and other expressions ([`Picked`]).
pub trait Picks<T: Table> {
    /// What each row becomes.
    type Row: Send;

    /// A row as it is read.
    #[doc(hidden)]
    type Read: Send;

    /// Returns what is selected; `None` for all columns.
    #[doc(hidden)]
    fn columns(&self) -> Option<&dyn QueryFragment<Any>>;

    /// Returns where columns are, if those of `kept` are read as well.
    #[doc(hidden)]
    fn layout(kept: ColumnSet) -> Layout;

    /// Reads a row from the columns that begin at `at`.
    #[doc(hidden)]
    fn read(row: &AnyRow<'_>, at: usize, layout: Layout) -> Result<Self::Read>;

    /// Lists the rows' values, as far as they were read.
    #[doc(hidden)]
    fn list(rows: &[Self::Read]) -> Listed<'_>;

    /// Returns what a row becomes.
    #[doc(hidden)]
    fn row(read: Self::Read) -> Self::Row;

    /// Returns what rows become.
    #[doc(hidden)]
    fn rows(read: Vec<Self::Read>) -> Vec<Self::Row>;
}

/// Where the columns of a table are in a result, beside others.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The number of columns before those that are kept.
    before: usize,
    kept: ColumnSet,
}

impl Layout {
    /// Nothing is read.
    pub(super) const NOTHING: Self = Self { before: 0, kept: ColumnSet::EMPTY };

    /// Returns the number of columns.
    pub(crate) fn width(self) -> usize {
        self.before + self.kept.len()
    }

    /// Returns the position of a column that is kept.
    pub(crate) fn place(self, column: usize) -> usize {
        self.before + self.kept.before(column)
    }
}

/// The values of rows.
#[doc(hidden)]
pub struct Listed<'a>(pub(crate) Vec<&'a dyn BindAt>);

/// Whole rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Whole;

impl<T: Table> Picks<T> for Whole {
    type Row = T;
    type Read = T;

    fn columns(&self) -> Option<&dyn QueryFragment<Any>> {
        None
    }

    #[inline]
    fn layout(_: ColumnSet) -> Layout {
        Layout { before: 0, kept: ColumnSet::first(T::COLUMNS.len()) }
    }

    #[inline]
    fn read(row: &AnyRow<'_>, at: usize, _: Layout) -> Result<T> {
        from_row_at(row, at)
    }

    fn list(rows: &[T]) -> Listed<'_> {
        let mut list: Vec<&dyn BindAt> = Vec::with_capacity(rows.len());
        // A loop, because a program compiles each adapter of an iterator again for each table.
        for row in rows {
            list.push(row);
        }
        Listed(list)
    }

    #[inline]
    fn row(read: T) -> T {
        read
    }

    #[inline]
    fn rows(read: Vec<T>) -> Vec<T> {
        read
    }
}

/// Some columns and other expressions, which become a `U`. `E` refers to them.
pub struct Picked<E, U> {
    columns: E,
    row: PhantomData<fn() -> U>,
}

/// What a struct of some columns has fields for.
pub type PickedRow<T, R> = Picked<SelectedColumns<<R as PartialOf<T>>::Selected>, R>;

impl<E, U> Picked<E, U> {
    pub(crate) fn new(columns: E) -> Self {
        Self { columns, row: PhantomData }
    }
}

impl<E, U> Picked<SelectedColumns<E>, U> {
    /// Returns the same, of another type.
    pub(super) fn of_type<V>(&self) -> Picked<&SelectedColumns<E>, V> {
        Picked::new(&self.columns)
    }
}

impl<E: Clone, U> Clone for Picked<E, U> {
    fn clone(&self) -> Self {
        Self::new(self.columns.clone())
    }
}

/// What a row becomes, with the values that were read besides.
#[doc(hidden)]
pub struct Kept<U> {
    row: U,
    columns: ColumnSet,
    values: Vec<RecordedBind>,
}

impl<U> BindAt for Kept<U> {
    fn bind_at<'b>(&'b self, place: usize, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        match self.values.get(self.columns.before(place)) {
            Some(value) if self.columns.contains(place) => push_recorded(value, out),
            _ => Ok(()),
        }
    }
}

impl<T, E, U> Picks<T> for Picked<E, U>
where
    T: Table,
    E: Chosen<Of: SelectsAs<T, U>>,
    U: Send,
{
    type Row = U;
    type Read = Kept<U>;

    fn columns(&self) -> Option<&dyn QueryFragment<Any>> {
        Some(self.columns.chosen())
    }

    fn layout(kept: ColumnSet) -> Layout {
        Layout { before: <E::Of as SelectsAs<T, U>>::width(), kept }
    }

    fn read(row: &AnyRow<'_>, at: usize, layout: Layout) -> Result<Kept<U>> {
        let value = read_part(row, |row| <E::Of as SelectsAs<T, U>>::read(row, at))?;
        let kept = layout.kept;
        let values = kept.iter().map(|column| {
            kept_value(row, at + layout.place(column), TableFacts::of::<T>(), column)
        });
        Ok(Kept { row: value, columns: kept, values: values.collect::<Result<_>>()? })
    }

    fn list(rows: &[Kept<U>]) -> Listed<'_> {
        Listed(rows.iter().map(|row| row as &dyn BindAt).collect())
    }

    fn row(read: Kept<U>) -> U {
        read.row
    }

    fn rows(read: Vec<Kept<U>>) -> Vec<U> {
        read.into_iter().map(|read| read.row).collect()
    }
}

/// What is selected instead of all columns, and the columns that are read besides.
#[derive(Clone, Copy)]
pub(crate) struct Selected<'s> {
    pub(super) table: &'static TableFacts,
    pub(crate) columns: &'s dyn QueryFragment<Any>,
    pub(super) kept: ColumnSet,
}

impl<'s> Selected<'s> {
    /// Returns what is selected of rows of `T`, if it isn't all columns.
    ///
    /// # Errors
    /// `QUERY_ERROR` if a column is to be kept that can't be.
    pub(crate) fn of<T: Table, S: Picks<T>>(picks: &'s S, kept: ColumnSet) -> Result<Option<Self>> {
        let Some(columns) = picks.columns() else { return Ok(None) };
        let table = TableFacts::of::<T>();
        check(table, kept)?;
        Ok(Some(Self { table, columns, kept }))
    }

    /// Returns whether a kept column is of a type that is read as text, so that it can't be compared with others.
    pub(crate) fn has_native(self) -> bool {
        self.kept.iter().any(|column| (self.table.column_type)(column).kind.is_native())
    }

    /// Writes the columns. With `names`, those that are kept are called `"__c0"` and so on, by their position in the table.
    pub(super) fn walk(self, names: bool, out: &mut AstPass<'_, 's, Any>) -> QueryResult<()> {
        let table = self.table;
        self.columns.walk_ast(out.reborrow())?;
        if !self.kept.is_empty() {
            out.push_sql(", ");
        }
        push_separated(out, ", ", self.kept.iter(), |column, out| {
            let is_native = (table.column_type)(column).kind.is_native();
            out.push_sql(if is_native { "CAST(" } else { "" });
            out.push_identifier(table.name)?;
            out.push_sql(".");
            out.push_identifier(table.columns[column])?;
            out.push_sql(if is_native { " AS text)" } else { "" });
            if names {
                out.push_sql(&format!(" AS \"__c{column}\""));
            }
            Ok(())
        })
    }
}

impl QueryFragment<Any> for Selected<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.walk(false, &mut out)
    }
}

fn check(table: &TableFacts, kept: ColumnSet) -> Result<()> {
    match kept.iter().find(|&column| (table.column_type)(column).is_many()) {
        None => Ok(()),
        Some(column) => Err(Error::new(
            ErrorKind::Query,
            format!(
                "the rows are found again by {}.{}, an array, which a query of some columns can't keep",
                table.name, table.columns[column]
            ),
        )
        .with_hint("read whole rows, without `select`")),
    }
}
