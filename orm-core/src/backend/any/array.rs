//! `IN` and `NOT IN` with a list of values.
//!
//! PostgreSQL takes the list as one array. SQLite takes a parameter for each value. Short lists are padded to a power
//! of two, so there are few distinct statements and their prepared forms are reused. Long lists go as one JSON array,
//! which has no limit of parameters.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::array_comparison::{In, InExpression, Many, NotIn};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::serialize::{Output, ToSql};
use diesel::sql_types::{HasSqlType, SingleValue, SqlType, is_nullable};

use super::types::bind_all;
use super::{Any, AnyType, Kind};
use crate::schema::Storage;

/// An array of arrays is something else on PostgreSQL.
const NO_LIST_OF_ARRAYS: &str =
    "no array can be compared with a list of arrays: combine conditions on each by `or`";

/// Checks that a list can have values of this type.
pub(crate) fn check_items(ty: AnyType) -> QueryResult<()> {
    if ty.is_many() { Err(QueryBuilderError(NO_LIST_OF_ARRAYS.into())) } else { Ok(()) }
}

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
        check_items(<Any as HasSqlType<ST>>::metadata(&mut ()))?;
        if out.backend().dialect().capabilities().arrays {
            return out.push_bind_param::<List<ST>, Vec<I>>(&self.values);
        }
        if self.values.len() > out.backend().dialect().capabilities().longest_list {
            out.push_sql("SELECT ");
            out.push_sql(unpack(<Any as HasSqlType<ST>>::metadata(&mut ()).kind));
            out.push_sql(" FROM json_each(");
            out.push_bind_param::<List<ST>, Vec<I>>(&self.values)?;
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

/// The SQL type of a list of values, which a statement takes apart. A column's array is [`Array`](diesel::sql_types::Array).
#[derive(Debug, Clone, Copy)]
pub struct List<ST>(PhantomData<ST>);

impl<ST: 'static> SqlType for List<ST> {
    type IsNull = is_nullable::NotNull;
}

impl<ST: 'static> SingleValue for List<ST> {}

impl<ST: QueryId> QueryId for List<ST> {
    type QueryId = List<ST::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = ST::HAS_STATIC_QUERY_ID;
}

impl<ST> HasSqlType<List<ST>> for Any
where
    Any: HasSqlType<ST>,
{
    fn metadata(lookup: &mut ()) -> AnyType {
        <Any as HasSqlType<ST>>::metadata(lookup).list()
    }
}

impl<ST, I> ToSql<List<ST>, Any> for Vec<I>
where
    I: ToSql<ST, Any>,
    Any: HasSqlType<ST>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> diesel::serialize::Result {
        bind_all(self, out)
    }
}

impl<ST, I> ToSql<List<ST>, Any> for [I]
where
    I: ToSql<ST, Any>,
    Any: HasSqlType<ST>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> diesel::serialize::Result {
        bind_all(self, out)
    }
}
