//! Lists of keys in a condition: `"author_id" = ANY($1)` and its like.
//!
//! However long a list is, it takes one statement. PostgreSQL gets one key by `=` and several as arrays,
//! SQLite single parameters (padded to a power of two, so that few distinct statements exist) or, beyond some length
//! or for keys of several columns, one JSON array.

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder;

use super::any::{LONGEST_PADDED, unpack};
use super::{AnyBinds, AnyQueryBuilder, AnyType, Bind};
use crate::dialect::Dialect;
use crate::error::Result;

/// How a database gets the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One key, compared by `=`. PostgreSQL takes a list for ten keys, and would plan anew on each run for the one there is.
    One,
    /// An array for each column.
    Arrays,
    /// So many parameters, of which the last ones repeat a key.
    Padded(usize),
    Json,
}

fn form(dialect: Dialect, columns: usize, keys: usize) -> Form {
    match dialect {
        Dialect::Postgres if keys == 1 => Form::One,
        Dialect::Postgres => Form::Arrays,
        Dialect::Sqlite if columns == 1 && keys <= LONGEST_PADDED => {
            Form::Padded(keys.next_power_of_two())
        }
        Dialect::Sqlite => Form::Json,
    }
}

/// Writes the condition that `columns` (written out) are one of `count` keys; there is at least one.
pub(crate) fn write_key_list(
    columns: &[String],
    types: &[AnyType],
    count: usize,
    sql: &mut AnyQueryBuilder,
    dialect: Dialect,
) {
    let (listed, width) = (columns.join(", "), columns.len());
    match form(dialect, width, count) {
        Form::One => {
            for (place, column) in columns.iter().enumerate() {
                sql.push_sql(if place == 0 { "" } else { " AND " });
                sql.push_sql(column);
                sql.push_sql(" = ");
                sql.push_bind_param();
            }
        }
        Form::Arrays if width == 1 => {
            sql.push_sql(&listed);
            sql.push_sql(" = ANY(");
            sql.push_bind_param();
            sql.push_sql(")");
        }
        Form::Arrays => {
            sql.push_sql(&format!("({listed}) IN (SELECT * FROM unnest("));
            push_parameters(sql, width);
            sql.push_sql("))");
        }
        Form::Padded(places) => {
            sql.push_sql(&listed);
            sql.push_sql(" IN (");
            push_parameters(sql, places);
            sql.push_sql(")");
        }
        Form::Json => {
            let element = |place: usize, ty: &AnyType| {
                let value = if width == 1 { "value".into() } else { format!("value ->> {place}") };
                unpack(ty.kind).replace("value", &value)
            };
            let elements: Vec<String> =
                types.iter().enumerate().map(|(place, ty)| element(place, ty)).collect();
            sql.push_sql(&format!("({listed}) IN (SELECT {} FROM json_each(", elements.join(", ")));
            sql.push_bind_param();
            sql.push_sql("))");
        }
    }
}

fn push_parameters(sql: &mut AnyQueryBuilder, count: usize) {
    for place in 0..count {
        if place > 0 {
            sql.push_sql(", ");
        }
        sql.push_bind_param();
    }
}

/// Binds keys in the form in which [`write_key_list`] wrote them. `values` has a list for each column.
pub(crate) fn bind_key_list<'q>(
    values: &[Vec<Bind<'q>>],
    types: &[AnyType],
    binds: &mut AnyBinds<'q>,
    dialect: Dialect,
) -> QueryResult<()> {
    let (Some(first), Some(&ty)) = (values.first(), types.first()) else {
        return Ok(());
    };
    match form(dialect, values.len(), first.len()) {
        Form::One => {
            for (value, ty) in values.iter().flatten().zip(types) {
                binds.push(value.clone(), *ty)?;
            }
            Ok(())
        }
        Form::Arrays => {
            for (column, ty) in values.iter().zip(types) {
                binds.push(Bind::Array(column.clone()), ty.array())?;
            }
            Ok(())
        }
        Form::Padded(places) => {
            let padding = first.last().into_iter().cycle().take(places - first.len());
            for value in first.iter().chain(padding) {
                binds.push(value.clone(), ty)?;
            }
            Ok(())
        }
        Form::Json if values.len() == 1 => binds.push(Bind::Array(first.clone()), ty.array()),
        Form::Json => {
            let key = |place: usize| {
                Bind::Array(values.iter().map(|column| column[place].clone()).collect())
            };
            binds.push(Bind::Array((0..first.len()).map(key).collect()), ty.array())
        }
    }
}

/// A bound value in the form in which the database gives it back, for comparison with what it gives.
pub(crate) fn encode_key(value: &Bind<'_>, dialect: Dialect) -> Result<Vec<u8>> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => Ok(super::sqlite::stored(value)?),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Ok(super::postgres::encoded(value)?),
        #[allow(unreachable_patterns, reason = "reachable where a database is not compiled in")]
        _ => {
            let _ = value;
            Ok(Vec::new())
        }
    }
}
