//! Arrays of one dimension: PostgreSQL's own, and JSON text on SQLite.

mod json;

use diesel::deserialize::{self, FromSql};
use diesel::result::UnexpectedNullError;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, HasSqlType, Nullable};

use super::mismatch;
use super::text::text_bytes;
use crate::backend::any::{Any, AnyType, AnyValue, Bind, Bound};
use crate::error::ValueError;

#[cfg(feature = "sqlite")]
pub(crate) use self::json::Element;
pub(crate) use self::json::{Elements, Stored};

const WANTED: &str = "an array of one dimension";

impl<ST: 'static> HasSqlType<Array<ST>> for Any
where
    Any: HasSqlType<ST>,
{
    fn metadata(lookup: &mut ()) -> AnyType {
        <Any as HasSqlType<ST>>::metadata(lookup).array()
    }
}

/// Binds values as one.
pub(in crate::backend::any) fn bind_all<'b, ST, I: ToSql<ST, Any>>(
    items: &'b [I],
    out: &mut Output<'b, '_, Any>,
) -> serialize::Result {
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let mut element = Output::new(Bound::Value(Bind::Null), out.metadata_lookup());
        let is_null = item.to_sql(&mut element)?;
        values.push(match element.into_inner() {
            _ if matches!(is_null, IsNull::Yes) => Bind::Null,
            Bound::Value(value) => value,
            Bound::Recorded(recorded) => recorded.value(),
        });
    }
    out.set_value(Bind::Array(values));
    Ok(IsNull::No)
}

macro_rules! arrays {
    ($($items:ty),*) => {
        $(
            impl<ST, I> ToSql<Array<ST>, Any> for $items
            where
                ST: 'static,
                I: ToSql<ST, Any>,
                Any: HasSqlType<ST>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
                    bind_all::<ST, I>(self, out)
                }
            }

            impl<ST, I> ToSql<Nullable<Array<ST>>, Any> for $items
            where
                ST: 'static,
                I: ToSql<ST, Any>,
                Any: HasSqlType<ST>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
                    bind_all::<ST, I>(self, out)
                }
            }
        )*
    };
}

arrays!(Vec<I>, [I]);

impl<ST, I> FromSql<Array<ST>, Any> for Vec<I>
where
    I: FromSql<ST, Any>,
    Any: HasSqlType<ST>,
{
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        if let AnyValue::Postgres { bytes, oid } = value {
            let mut items = PostgresElements::of(bytes, oid)?;
            let mut all = Self::with_capacity(items.left.min(items.rest.len() / 4));
            while let Some(item) = items.next()? {
                all.push(element(item)?);
            }
            return Ok(all);
        }
        let kind = <Any as HasSqlType<ST>>::metadata(&mut ()).kind;
        let mut items = Elements::of(text_bytes(value, WANTED)?);
        let mut all = Self::new();
        while let Some(item) = items.next()? {
            all.push(element(item.stored(kind)?.as_ref().map(Stored::value))?);
        }
        Ok(all)
    }
}

/// Reads an element. diesel would take a NULL that isn't expected for a row that a left join didn't find.
fn element<ST, I: FromSql<ST, Any>>(value: Option<AnyValue<'_>>) -> deserialize::Result<I> {
    I::from_nullable_sql(value).map_err(|error| match error.is::<UnexpectedNullError>() {
        true => ValueError::NullInArray.into(),
        false => error,
    })
}

/// The elements of PostgreSQL's form of an array: the number of dimensions, whether there are NULLs, the type, the length
/// and the first index of each dimension, and then the length and the bytes of each element.
struct PostgresElements<'a> {
    rest: &'a [u8],
    /// The type of the array.
    array: u32,
    oid: u32,
    left: usize,
}

impl<'a> PostgresElements<'a> {
    fn of(bytes: &'a [u8], array: u32) -> Result<Self, ValueError> {
        let mut elements = Self { rest: bytes, array, oid: 0, left: 0 };
        let dimensions = elements.number()?;
        let _has_nulls = elements.number()?;
        elements.oid = elements.number()?;
        match dimensions {
            0 => {}
            1 => {
                elements.left = elements.number()? as usize;
                // The database doesn't take it for equal to the same elements from the first place on.
                if elements.number()? != 1 {
                    return Err(ValueError::ArrayBounds);
                }
            }
            _ => return Err(ValueError::ArrayDimensions),
        }
        Ok(elements)
    }

    fn number(&mut self) -> Result<u32, ValueError> {
        Ok(u32::from_be_bytes(*self.take::<4>()?))
    }

    fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], ValueError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| self.cut())?;
        self.rest = rest;
        Ok(taken)
    }

    /// The value isn't an array.
    fn cut(&self) -> ValueError {
        mismatch(AnyValue::Postgres { bytes: &[], oid: self.array }, WANTED)
    }

    /// Returns the next element; NULL is a `None` in it.
    #[allow(clippy::type_complexity, reason = "an element that may be NULL")]
    fn next(&mut self) -> Result<Option<Option<AnyValue<'a>>>, ValueError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let length = self.number()?;
        // NULL has the length -1.
        if i32::try_from(length).is_err() {
            return Ok(Some(None));
        }
        let (bytes, rest) =
            self.rest.split_at_checked(length as usize).ok_or_else(|| self.cut())?;
        self.rest = rest;
        Ok(Some(Some(AnyValue::Postgres { bytes, oid: self.oid })))
    }
}
