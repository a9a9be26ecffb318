//! Rows of either database, as diesel reads them.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::rc::Rc;

use diesel::row::{Field, PartialRow, Row, RowIndex, RowSealed};

use super::places::Places;
#[cfg(feature = "postgres")]
use super::postgres::PostgresRow;
#[cfg(feature = "sqlite")]
use super::sqlite::SqliteRow;
use super::{Any, AnyValue};
use crate::error::Result;

/// Finds the columns of a struct in a result. It looks only at the names and the number of the columns.
type FindPlaces = fn(&AnyRow<'_>) -> Result<Places>;

/// A row.
#[derive(Debug)]
pub enum AnyRow<'a> {
    /// The current row of a running statement.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteRow<'a>),
    /// A row of a result.
    #[cfg(feature = "postgres")]
    Postgres(PostgresRow<'a>),
    /// A row copied out of its statement.
    #[doc(hidden)]
    Owned(OwnedRow, PhantomData<&'a ()>),
}

/// Rows that outlive their statement, with the same columns. They share few pieces of memory, because each piece takes
/// longer than a value.
pub(crate) struct OwnedRows {
    columns: usize,
    /// The values of all rows, one row after the other.
    values: Vec<Option<OwnedValue>>,
    bytes: Vec<u8>,
    names: Rc<Names>,
}

/// The memory for which there is room at first: that of the texts of a usual row, in bytes; of a usual name, in bytes; and
/// of some more rows, if there is a second one.
const FIRST_BYTES: usize = 128;
const LENGTH_OF_NAME: usize = 12;
const MORE_ROWS: usize = 16;

/// A value; texts and the like are in the memory that all rows share, from the first number to the second.
#[derive(Clone, Copy)]
enum OwnedValue {
    Integer(i64),
    Real(f64),
    Text(usize, usize),
    Blob(usize, usize),
    Postgres(usize, usize, u32),
}

/// The names of the columns, in one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct Names {
    text: String,
    ends: Vec<usize>,
}

/// A row of [`OwnedRows`]. Behind a pointer: otherwise the compiler tells the kinds of rows apart by a capacity that no list
/// can have, and each read of a value decodes it.
pub struct OwnedRow(Box<OwnedParts>);

struct OwnedParts {
    rows: Rc<OwnedRows>,
    /// The place of its first value.
    first: usize,
    /// The column that was read last.
    last: Cell<Option<usize>>,
}

impl Names {
    /// Returns the names of the columns of a row.
    pub(crate) fn of(row: &AnyRow<'_>) -> Rc<Self> {
        Self::at(row, 0..row.field_count())
    }

    fn at(row: &AnyRow<'_>, places: impl Iterator<Item = usize>) -> Rc<Self> {
        let columns = places.size_hint().0;
        let text = String::with_capacity(columns * LENGTH_OF_NAME);
        let mut names = Self { text, ends: Vec::with_capacity(columns) };
        for place in places {
            names.text.push_str(row.column_name(place).unwrap_or_default());
            names.ends.push(names.text.len());
        }
        Rc::new(names)
    }

    /// Returns the names in a list.
    #[cfg(feature = "d1")]
    pub(crate) fn of_columns(columns: &[String]) -> Rc<Self> {
        let mut names = Self::default();
        for column in columns {
            names.text.push_str(column);
            names.ends.push(names.text.len());
        }
        Rc::new(names)
    }

    fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end)
    }
}

impl OwnedRows {
    /// Returns no rows yet; `names` are the columns' names.
    pub(crate) fn new(columns: usize, names: Rc<Names>) -> Self {
        Self { columns, values: Vec::new(), bytes: Vec::with_capacity(FIRST_BYTES), names }
    }

    /// Copies a row.
    pub(crate) fn push(&mut self, row: &AnyRow<'_>) {
        self.push_places(row, 0..row.field_count());
    }

    fn push_places(&mut self, row: &AnyRow<'_>, places: impl Iterator<Item = usize>) {
        // Most statements return one row, or many.
        let more = if self.values.is_empty() { self.columns } else { self.columns * MORE_ROWS };
        if self.values.len() == self.values.capacity() {
            self.values.reserve(more);
        }
        for place in places {
            self.push_value(row.value(place));
        }
    }

    /// Adds the next value of a row. All values of a row are added, one after the other.
    #[inline]
    pub(crate) fn push_value(&mut self, value: Option<AnyValue<'_>>) {
        let value = value.map(|value| match value {
            AnyValue::Integer(value) => OwnedValue::Integer(value),
            AnyValue::Real(value) => OwnedValue::Real(value),
            AnyValue::Text(bytes) => {
                let (start, end) = self.keep(bytes);
                OwnedValue::Text(start, end)
            }
            AnyValue::Blob(bytes) => {
                let (start, end) = self.keep(bytes);
                OwnedValue::Blob(start, end)
            }
            AnyValue::Postgres { bytes, oid } => {
                let (start, end) = self.keep(bytes);
                OwnedValue::Postgres(start, end, oid)
            }
        });
        self.values.push(value);
    }

    fn keep(&mut self, bytes: &[u8]) -> (usize, usize) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        (start, self.bytes.len())
    }

    /// Returns the size of the values, in bytes.
    #[cfg(feature = "sqlite")]
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.values)
    }

    /// Returns the rows, one by one.
    #[cfg(feature = "sqlite")]
    pub(crate) fn into_rows(self) -> IntoRows {
        let rows = self.values.len().checked_div(self.columns).unwrap_or_default();
        IntoRows { rows: Rc::new(self), next: 0, left: rows }
    }
}

/// The rows of [`OwnedRows`].
#[cfg(feature = "sqlite")]
pub(crate) struct IntoRows {
    rows: Rc<OwnedRows>,
    next: usize,
    left: usize,
}

#[cfg(feature = "sqlite")]
impl Iterator for IntoRows {
    type Item = OwnedRow;

    fn next(&mut self) -> Option<OwnedRow> {
        self.left = self.left.checked_sub(1)?;
        let first = self.next;
        self.next += self.rows.columns;
        Some(OwnedRow::of(Rc::clone(&self.rows), first))
    }
}

/// Without the values.
impl fmt::Debug for OwnedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedRow").field("names", &self.0.rows.names).finish_non_exhaustive()
    }
}

impl OwnedRow {
    /// Copies `row`; `names` are the columns' names.
    pub(crate) fn copy(row: &AnyRow<'_>, names: Rc<Names>) -> Self {
        let mut rows = OwnedRows::new(row.field_count(), names);
        rows.push(row);
        Self::of(Rc::new(rows), 0)
    }

    /// Copies the columns of `row` at `places`, in this order.
    pub(crate) fn chosen(row: &AnyRow<'_>, places: &[usize]) -> Self {
        let names = Names::at(row, places.iter().copied());
        let mut rows = OwnedRows::new(places.len(), names);
        rows.push_places(row, places.iter().copied());
        Self::of(Rc::new(rows), 0)
    }

    fn of(rows: Rc<OwnedRows>, first: usize) -> Self {
        Self(Box::new(OwnedParts { rows, first, last: Cell::new(None) }))
    }

    /// Returns the value of column `index`, which must exist; `None` for NULL.
    #[inline]
    fn value(&self, index: usize) -> Option<AnyValue<'_>> {
        let OwnedParts { rows, first, last } = &*self.0;
        last.set(Some(index));
        let values = &rows.values[*first..*first + rows.columns];
        values[index].map(|value| match value {
            OwnedValue::Integer(value) => AnyValue::Integer(value),
            OwnedValue::Real(value) => AnyValue::Real(value),
            OwnedValue::Text(start, end) => AnyValue::Text(&rows.bytes[start..end]),
            OwnedValue::Blob(start, end) => AnyValue::Blob(&rows.bytes[start..end]),
            OwnedValue::Postgres(start, end, oid) => {
                AnyValue::Postgres { bytes: &rows.bytes[start..end], oid }
            }
        })
    }

    #[inline]
    fn columns(&self) -> usize {
        self.0.rows.columns
    }

    fn column_name(&self, index: usize) -> Option<&str> {
        self.0.rows.names.get(index)
    }
}

impl<'a> AnyRow<'a> {
    /// Returns the value of column `index`, which must exist; `None` for NULL.
    #[inline]
    pub(crate) fn value(&self, index: usize) -> Option<AnyValue<'_>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => row.value(index),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => row.value(index),
            Self::Owned(row, _) => row.value(index),
        }
    }

    /// Returns the size of its values, in bytes.
    pub(crate) fn size(&self) -> usize {
        let size = |value| match value {
            AnyValue::Integer(_) | AnyValue::Real(_) => size_of::<i64>(),
            AnyValue::Text(bytes) | AnyValue::Blob(bytes) | AnyValue::Postgres { bytes, .. } => {
                bytes.len()
            }
        };
        (0..Row::field_count(self)).map(|index| self.value(index).map_or(0, size)).sum()
    }

    /// Returns what `find` finds. It is remembered until the statement may have other columns.
    #[inline]
    pub(crate) fn places(&self, find: FindPlaces) -> Result<Places> {
        #[cfg(feature = "sqlite")]
        if let Self::Sqlite(row) = self {
            // Functions with the same address find the same.
            let by = find as usize;
            if let Some(places) = row.remembered(by) {
                return Ok(places);
            }
            let places = find(self)?;
            row.remember(by, &places);
            return Ok(places);
        }
        // The server sends the names with the rows.
        find(self)
    }

    /// Returns the name of column `index`, which must exist.
    pub(crate) fn column_name(&self, index: usize) -> Option<&str> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => row.column_name(index),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => row.column_name(index),
            Self::Owned(row, _) => row.column_name(index),
        }
    }
}

impl RowSealed for AnyRow<'_> {}

impl RowIndex<usize> for AnyRow<'_> {
    #[inline]
    fn idx(&self, index: usize) -> Option<usize> {
        (index < Row::field_count(self)).then_some(index)
    }
}

impl<'i> RowIndex<&'i str> for AnyRow<'_> {
    fn idx(&self, name: &'i str) -> Option<usize> {
        (0..Row::field_count(self)).find(|&index| self.column_name(index) == Some(name))
    }
}

impl<'a> Row<'a, Any> for AnyRow<'a> {
    type Field<'f>
        = AnyField<'f>
    where
        'a: 'f,
        Self: 'f;
    type InnerPartialRow = Self;

    #[inline]
    fn field_count(&self) -> usize {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => row.field_count(),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => row.field_count(),
            Self::Owned(row, _) => row.columns(),
        }
    }

    #[inline]
    fn get<'b, I>(&'b self, index: I) -> Option<Self::Field<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        let index = self.idx(index)?;
        // The lifetime of the row shrinks to that of the borrow: a field never outlives it.
        Some(AnyField { row: self, index })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self::InnerPartialRow> {
        PartialRow::new(self, range)
    }
}

/// One value of a row, with its column's name.
#[derive(Debug)]
pub struct AnyField<'a> {
    row: &'a AnyRow<'a>,
    index: usize,
}

impl<'a> Field<'a, Any> for AnyField<'a> {
    fn field_name(&self) -> Option<&str> {
        self.row.column_name(self.index)
    }

    #[inline]
    fn value(&self) -> Option<AnyValue<'_>> {
        self.row.value(self.index)
    }
}

impl AnyRow<'_> {
    /// Returns the column at which `read` fails, by reading a copy of the row: only that knows what was read last.
    #[cold]
    pub(crate) fn column_that_fails(&self, read: &dyn Fn(&AnyRow<'_>) -> bool) -> Option<usize> {
        let copy = AnyRow::Owned(OwnedRow::copy(self, Rc::default()), PhantomData);
        let failed = !read(&copy);
        match &copy {
            AnyRow::Owned(row, _) if failed => row.0.last.get(),
            _ => None,
        }
    }
}
