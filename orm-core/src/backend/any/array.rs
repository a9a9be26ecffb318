//! `IN` and `NOT IN` with a list of values.
//!
//! PostgreSQL takes the list as one array. SQLite takes a parameter for each value. Short lists are padded to a power
//! of two, so there are few distinct statements and their prepared forms are reused. Long lists go as one JSON array,
//! which has no limit of parameters.

use diesel::QueryResult;
use diesel::deserialize::{self, FromSql};
use diesel::expression::array_comparison::{In, InExpression, Many, NotIn};
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::{Array, HasSqlType, SingleValue};

use super::types::mismatch;
use super::{Any, AnyType, AnyValue, Bind, Bound, Kind};
use crate::schema::Storage;

/// The longest list that SQLite gets as single parameters. SQLite allows 32,766 parameters in a statement
/// (<https://sqlite.org/limits.html>), which leaves room for many such lists.
pub(crate) const LONGEST_PADDED: usize = 1024;

/// How a list of values is written.
#[derive(Debug, Clone, Copy)]
pub struct ArrayByDialect;

fn walk_in<'b, T, U>(
    left: &'b T,
    values: &'b U,
    negated: bool,
    mut out: AstPass<'_, 'b, Any>,
) -> QueryResult<()>
where
    T: QueryFragment<Any>,
    U: QueryFragment<Any> + InExpression,
{
    if values.is_empty() {
        out.push_sql(if negated { "1=1" } else { "1=0" });
        return Ok(());
    }
    left.walk_ast(out.reborrow())?;
    out.push_sql(match (out.backend().dialect().capabilities().arrays, negated) {
        (false, false) => " IN (",
        (false, true) => " NOT IN (",
        (true, false) => " = ANY(",
        (true, true) => " != ALL(",
    });
    values.walk_ast(out.reborrow())?;
    out.push_sql(")");
    Ok(())
}

impl<T, U> QueryFragment<Any, ArrayByDialect> for In<T, U>
where
    T: QueryFragment<Any>,
    U: QueryFragment<Any> + InExpression,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        walk_in(&self.left, &self.values, false, out)
    }
}

impl<T, U> QueryFragment<Any, ArrayByDialect> for NotIn<T, U>
where
    T: QueryFragment<Any>,
    U: QueryFragment<Any> + InExpression,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        walk_in(&self.left, &self.values, true, out)
    }
}

impl<ST, I> QueryFragment<Any, ArrayByDialect> for Many<ST, I>
where
    ST: SingleValue + 'static,
    I: ToSql<ST, Any>,
    Any: HasSqlType<ST>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        if out.backend().dialect().capabilities().arrays {
            return out.push_bind_param::<Array<ST>, Vec<I>>(&self.values);
        }
        if self.values.len() > LONGEST_PADDED {
            out.push_sql("SELECT ");
            out.push_sql(unpack(<Any as HasSqlType<ST>>::metadata(&mut ()).kind));
            out.push_sql(" FROM json_each(");
            out.push_bind_param::<Array<ST>, Vec<I>>(&self.values)?;
            out.push_sql(")");
            return Ok(());
        }
        let Some(last) = self.values.last() else {
            return Ok(());
        };
        let padding = self.values.len().next_power_of_two() - self.values.len();
        for (index, value) in
            self.values.iter().chain(std::iter::repeat_n(last, padding)).enumerate()
        {
            if index > 0 {
                out.push_sql(", ");
            }
            out.push_bind_param::<ST, I>(value)?;
        }
        Ok(())
    }
}

/// Returns how SQLite reads one value from a JSON array of [`Bind::Array`]. The elements of the array are integers or
/// hexadecimal bytes. A floating point number is the integer of its bits, which loses nothing.
pub(crate) fn unpack(kind: Kind) -> &'static str {
    match kind.facts().sqlite.storage {
        Storage::Integer => "value",
        Storage::Real => "mizzle_double(value)",
        Storage::Blob => "unhex(value)",
        // In a file with UTF-16 texts, a bare CAST would read the bytes as UTF-16.
        Storage::Text => "CAST(mizzle_text(value) AS TEXT)",
    }
}

impl<ST: 'static> HasSqlType<Array<ST>> for Any
where
    Any: HasSqlType<ST>,
{
    fn metadata(lookup: &mut ()) -> AnyType {
        <Any as HasSqlType<ST>>::metadata(lookup).array()
    }
}

impl<ST, I> ToSql<Array<ST>, Any> for Vec<I>
where
    ST: 'static,
    I: ToSql<ST, Any>,
    Any: HasSqlType<ST>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> diesel::serialize::Result {
        <[I] as ToSql<Array<ST>, Any>>::to_sql(self, out)
    }
}

impl<ST, I> ToSql<Array<ST>, Any> for [I]
where
    ST: 'static,
    I: ToSql<ST, Any>,
    Any: HasSqlType<ST>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> diesel::serialize::Result {
        let mut values = Vec::with_capacity(self.len());
        for item in self {
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
}

impl<ST, I> FromSql<Array<ST>, Any> for Vec<I>
where
    I: FromSql<ST, Any>,
{
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        let AnyValue::Postgres { bytes, .. } = value else {
            return Err(mismatch(value, WANTED).into());
        };
        let mut elements = Elements::of(bytes).ok_or_else(|| mismatch(value, WANTED))?;
        let items: deserialize::Result<Self> = elements
            .by_ref()
            .map(|element| {
                I::from_nullable_sql(element.map(|(bytes, oid)| AnyValue::Postgres { bytes, oid }))
            })
            .collect();
        if elements.count == 0 { items } else { Err(mismatch(value, WANTED).into()) }
    }
}

const WANTED: &str = "an array of one dimension";

/// The elements of PostgreSQL's form of an array: the number of dimensions, whether there are NULLs, the type, the length
/// and the first index of each dimension, and then the length and the bytes of each element.
struct Elements<'a> {
    rest: &'a [u8],
    oid: u32,
    /// How many are left.
    count: u32,
}

impl<'a> Elements<'a> {
    /// Returns nothing for an array of several dimensions.
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut elements = Self { rest: bytes, oid: 0, count: 0 };
        let dimensions = elements.number()?;
        let _has_nulls = elements.number()?;
        elements.oid = elements.number()?;
        match dimensions {
            0 => {}
            1 => {
                elements.count = elements.number()?;
                let _first_index = elements.number()?;
            }
            _ => return None,
        }
        Some(elements)
    }

    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*number))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Option<(&'a [u8], u32)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.count == 0 {
            return None;
        }
        let length = self.number()?;
        // NULL has the length -1.
        let element = match i32::try_from(length) {
            Err(_) => None,
            Ok(_) => {
                let (element, rest) = self.rest.split_at_checked(length as usize)?;
                self.rest = rest;
                Some((element, self.oid))
            }
        };
        self.count -= 1;
        Some(element)
    }
}
