//! Binding the values of a query to a statement of whichever database.

#[cfg(feature = "sqlite")]
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::QueryResult;
use diesel::query_builder::BindCollector;
use diesel::result::Error::SerializationError;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::HasSqlType;

#[cfg(feature = "postgres")]
use super::postgres::{CopiedBinds, PostgresBinds};
#[cfg(feature = "sqlite")]
use super::sqlite::SqliteBinds;
use super::{Any, AnyType, Bind, Bound, CollectedValues};
#[cfg(feature = "sqlite")]
use crate::backend::foreign_binds;
#[cfg(feature = "sqlite")]
use crate::error::Result;

/// Binds the values of a query, one by one, to a statement of the database.
#[derive(Debug)]
pub enum AnyBinds<'a> {
    /// Binds directly to a prepared statement.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteBinds<'a>),
    /// Writes PostgreSQL's binary form into buffers.
    #[cfg(feature = "postgres")]
    Postgres(PostgresBinds<'a>),
    /// Writes the rows of a COPY.
    #[cfg(feature = "postgres")]
    #[doc(hidden)]
    Copied(CopiedBinds),
    /// Keeps the values as they are.
    #[doc(hidden)]
    Collected(CollectedValues<'a>),
}

impl<'a> AnyBinds<'a> {
    pub(crate) fn push(&mut self, value: Bind<'a>, ty: AnyType) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(binds) => binds.push(value, ty),
            #[cfg(feature = "postgres")]
            Self::Postgres(binds) => binds.push(value, ty),
            #[cfg(feature = "postgres")]
            Self::Copied(binds) => binds.push(&value),
            Self::Collected(values) => {
                values.push(value, ty);
                Ok(())
            }
        }
    }
}

impl<'a> BindCollector<'a, Any> for AnyBinds<'a> {
    type Buffer = Bound<'a>;

    #[inline]
    fn push_bound_value<T, U>(&mut self, bind: &'a U, lookup: &mut ()) -> QueryResult<()>
    where
        Any: HasSqlType<T>,
        U: ToSql<T, Any> + ?Sized + 'a,
    {
        let ty = <Any as HasSqlType<T>>::metadata(lookup);
        let mut out = Output::new(Bound::Value(Bind::Null), lookup);
        let is_null = bind.to_sql(&mut out).map_err(SerializationError)?;
        match out.into_inner() {
            _ if matches!(is_null, IsNull::Yes) => self.push(Bind::Null, ty),
            Bound::Value(value) => self.push(value, ty),
            Bound::Recorded(recorded) => self.push(recorded.value(), recorded.ty()),
        }
    }

    fn push_null_value(&mut self, ty: AnyType) -> QueryResult<()> {
        self.push(Bind::Null, ty)
    }
}

/// Returns the values that `bind` binds, with their types, and what `bind` returns. If it fails, these are the values
/// before the first that can't be bound.
pub(crate) fn collect<'q, R>(
    bind: impl FnOnce(&mut AnyBinds<'q>) -> R,
) -> (Vec<(Bind<'q>, AnyType)>, R) {
    let mut binds = AnyBinds::Collected(CollectedValues::default());
    let returned = bind(&mut binds);
    match binds {
        AnyBinds::Collected(CollectedValues { values, .. }) => (values, returned),
        // A query's own `collect_binds` can put other binds in their place.
        _ => (Vec::new(), returned),
    }
}

/// Returns the values of a statement that runs elsewhere, with their types.
///
/// # Errors
/// If they can't be bound, or if the statement's own `collect_binds` has put the values of another one in their place.
#[cfg(feature = "sqlite")]
pub(crate) fn collect_own<'q>(
    bind: impl FnOnce(&mut AnyBinds<'q>) -> QueryResult<()>,
) -> Result<Vec<(Bind<'q>, AnyType)>> {
    static OWNERS: AtomicU64 = AtomicU64::new(1);
    let owner = OWNERS.fetch_add(1, Ordering::Relaxed);
    let mut binds = AnyBinds::Collected(CollectedValues { values: Vec::new(), owner });
    bind(&mut binds)?;
    match binds {
        AnyBinds::Collected(collected) if collected.owner == owner => Ok(collected.values),
        _ => Err(foreign_binds()),
    }
}
