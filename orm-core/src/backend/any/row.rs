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

/// A value of a row that outlives its statement.
#[derive(Clone)]
enum OwnedValue {
    Integer(i64),
    Real(f64),
    Text(Box<[u8]>),
    Blob(Box<[u8]>),
    Postgres(Box<[u8]>, u32),
}

/// A row that outlives its statement. Behind a pointer: otherwise the compiler tells the kinds of rows apart by a capacity
/// that no list can have, and each read of a value decodes it.
pub struct OwnedRow(Box<OwnedParts>);

struct OwnedParts {
    values: Vec<Option<OwnedValue>>,
    names: Rc<[String]>,
    /// The column that was read last.
    last: Cell<Option<usize>>,
}

/// Without the values.
impl fmt::Debug for OwnedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedRow").field("names", &self.0.names).finish_non_exhaustive()
    }
}

impl OwnedRow {
    /// Copies `row`; `names` are the columns' names.
    pub(crate) fn copy(row: &AnyRow<'_>, names: Rc<[String]>) -> Self {
        let values = (0..row.field_count())
            .map(|index| {
                row.value(index).map(|value| match value {
                    AnyValue::Integer(value) => OwnedValue::Integer(value),
                    AnyValue::Real(value) => OwnedValue::Real(value),
                    AnyValue::Text(bytes) => OwnedValue::Text(bytes.into()),
                    AnyValue::Blob(bytes) => OwnedValue::Blob(bytes.into()),
                    AnyValue::Postgres { bytes, oid } => OwnedValue::Postgres(bytes.into(), oid),
                })
            })
            .collect();
        Self::of(values, names)
    }

    /// Copies the columns of `row` at `places`, in this order.
    pub(crate) fn chosen(row: &AnyRow<'_>, places: &[usize]) -> Self {
        let name = |place: &usize| row.column_name(*place).unwrap_or_default().to_owned();
        let Self(mut copy) = Self::copy(row, places.iter().map(name).collect());
        let values = places.iter().map(|&place| copy.values[place].take()).collect();
        Self::of(values, copy.names)
    }

    fn of(values: Vec<Option<OwnedValue>>, names: Rc<[String]>) -> Self {
        Self(Box::new(OwnedParts { values, names, last: Cell::new(None) }))
    }

    fn at(&self, index: usize) -> Option<&OwnedValue> {
        self.0.last.set(Some(index));
        self.0.values[index].as_ref()
    }
}

impl<'a> AnyRow<'a> {
    /// Returns the column at which `read` fails, by reading a copy of the row: only that knows what was read last.
    #[cold]
    pub(crate) fn column_that_fails(&self, read: &dyn Fn(&AnyRow<'_>) -> bool) -> Option<usize> {
        let copy = AnyRow::Owned(OwnedRow::copy(self, Rc::new([])), PhantomData);
        let failed = !read(&copy);
        match &copy {
            AnyRow::Owned(row, _) if failed => row.0.last.get(),
            _ => None,
        }
    }

    /// Returns the value of column `index`, which must exist; `None` for NULL.
    #[inline]
    pub(crate) fn value(&self, index: usize) -> Option<AnyValue<'_>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => row.value(index),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => row.value(index),
            Self::Owned(row, _) => row.at(index).map(|value| match value {
                OwnedValue::Integer(value) => AnyValue::Integer(*value),
                OwnedValue::Real(value) => AnyValue::Real(*value),
                OwnedValue::Text(bytes) => AnyValue::Text(bytes),
                OwnedValue::Blob(bytes) => AnyValue::Blob(bytes),
                OwnedValue::Postgres(bytes, oid) => AnyValue::Postgres { bytes, oid: *oid },
            }),
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
            Self::Owned(row, _) => row.0.names.get(index).map(String::as_str),
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
            Self::Owned(row, _) => row.0.values.len(),
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
