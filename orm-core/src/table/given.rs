//! Values of new rows and of changes that may be left out.

use diesel::QueryResult;
use diesel::query_builder::AstPass;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

use crate::backend::Any;

/// Binds a value, unless it is left out.
///
/// # Errors
/// A value that the column's type can't have.
pub fn push_given<'b, ST, T>(value: &'b Option<T>, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()>
where
    Any: HasSqlType<ST>,
    T: ToSql<ST, Any>,
{
    match value {
        Some(value) => out.push_bind_param::<ST, T>(value),
        None => Ok(()),
    }
}
