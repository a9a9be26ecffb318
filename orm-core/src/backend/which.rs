//! The only place where a dialect selects a database's code.

use super::any::Bind;
#[cfg(feature = "d1")]
use super::d1::D1;
#[cfg(feature = "postgres")]
use super::postgres::{Postgres, PostgresRows};
#[cfg(feature = "sqlite")]
use super::sqlite::{RowsAnywhere, Sqlite, SqliteConnection};
use super::{AnyBinds, AnyRow, Backend, ConnectOptions, Source, Target, foreign_binds};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) enum Inner {
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(Box<Postgres>),
    #[cfg(feature = "d1")]
    D1(Box<D1>),
    /// One that other calls use as well: see the module `shared`.
    #[cfg(feature = "tokio")]
    Shared(Box<dyn Backend<Rows = InnerRows> + Send>),
}

impl Inner {
    /// Opens a connection to the target's database.
    pub(super) fn open(target: &Target, options: &ConnectOptions) -> Result<Self> {
        Ok(match target.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => Self::Sqlite(SqliteConnection::connect(target, options)?),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => Self::Postgres(Box::new(Postgres::connect(target, options)?)),
            #[cfg(feature = "d1")]
            Dialect::D1 => Self::D1(Box::new(D1::connect(target, options)?)),
            #[allow(unreachable_patterns, reason = "reachable where a database is not compiled in")]
            missing => {
                let _ = options;
                return Err(Error::new(
                    ErrorKind::Config,
                    format!(
                        "{missing} is not compiled into this program: enable mizzle's Cargo feature `{}`",
                        missing.name(),
                    ),
                )
                .with_hint(format!("cargo add mizzle --features {}", missing.name())));
            }
        })
    }
}

/// The rows of a running statement that are read one by one.
#[derive(Debug)]
pub(super) enum InnerRows {
    #[cfg(feature = "sqlite")]
    Sqlite(RowsAnywhere),
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresRows>),
}

impl Inner {
    pub(super) fn open_rows(
        &mut self,
        source: &dyn Source,
        sql: &str,
        beside: bool,
    ) -> Result<InnerRows> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => sqlite.open(source, sql, beside).map(InnerRows::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => {
                postgres.open(source, sql, beside).map(|rows| InnerRows::Postgres(Box::new(rows)))
            }
            // Rows that were copied are the same, wherever they come from.
            #[cfg(feature = "d1")]
            Self::D1(d1) => d1.open(source, sql, beside).map(InnerRows::Sqlite),
            #[cfg(feature = "tokio")]
            Self::Shared(shared) => shared.open(source, sql, beside),
        }
    }

    /// Goes to the next row; returns whether there is one. The rows are this connection's.
    #[inline]
    pub(super) fn advance(&mut self, rows: &mut InnerRows) -> Result<bool> {
        match (self, rows) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(sqlite), InnerRows::Sqlite(rows)) => sqlite.advance(rows),
            #[cfg(feature = "postgres")]
            (Self::Postgres(postgres), InnerRows::Postgres(rows)) => postgres.advance(rows),
            #[cfg(feature = "d1")]
            (Self::D1(d1), InnerRows::Sqlite(rows)) => d1.advance(rows),
            #[cfg(feature = "tokio")]
            (Self::Shared(shared), rows) => shared.advance(rows),
            #[cfg(all(feature = "sqlite", feature = "postgres"))]
            _ => Ok(false),
        }
    }

    pub(super) fn close_rows(&mut self, rows: InnerRows) -> Result<()> {
        match (self, rows) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(sqlite), InnerRows::Sqlite(rows)) => sqlite.close(rows),
            #[cfg(feature = "postgres")]
            (Self::Postgres(postgres), InnerRows::Postgres(rows)) => postgres.close(*rows),
            #[cfg(feature = "d1")]
            (Self::D1(d1), InnerRows::Sqlite(rows)) => d1.close(rows),
            #[cfg(feature = "tokio")]
            (Self::Shared(shared), rows) => shared.close(rows),
            #[cfg(all(feature = "sqlite", feature = "postgres"))]
            _ => Ok(()),
        }
    }
}

impl InnerRows {
    /// Returns the row that was reached.
    #[inline]
    pub(super) fn row(&self) -> Option<AnyRow<'_>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(rows) => rows.row(),
            #[cfg(feature = "postgres")]
            Self::Postgres(rows) => rows.row(),
        }
    }
}

/// Makes the same call on either database.
macro_rules! each {
    ($inner:expr, $connection:ident => $call:expr) => {
        match $inner {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite($connection) => $call,
            #[cfg(feature = "postgres")]
            Inner::Postgres($connection) => $call,
            #[cfg(feature = "d1")]
            Inner::D1($connection) => $call,
            #[cfg(feature = "tokio")]
            Inner::Shared($connection) => $call,
        }
    };
}
pub(super) use each;

#[cfg(feature = "sqlite")]
impl Inner {
    /// Returns the connection, if it is to SQLite.
    pub(super) fn sqlite(&mut self) -> Option<&mut Sqlite> {
        match self {
            Self::Sqlite(sqlite) => sqlite.here().ok(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
            #[cfg(feature = "d1")]
            Self::D1(_) => None,
            #[cfg(feature = "tokio")]
            Self::Shared(_) => None,
        }
    }
}

/// Writes a row in the form of a COPY behind those in `rows`, for a database that has COPY; `bind` binds its values.
pub(crate) fn write_copied<'q>(
    bind: impl FnOnce(&mut AnyBinds<'q>) -> diesel::QueryResult<()>,
    dialect: Dialect,
    rows: &mut Vec<u8>,
) -> Result<()> {
    match dialect {
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            use super::any::postgres::CopiedBinds;
            let copied = CopiedBinds::behind(std::mem::take(rows));
            let mut binds = AnyBinds::Copied(copied);
            let bound = bind(&mut binds);
            let AnyBinds::Copied(copied) = binds else { return Err(foreign_binds()) };
            *rows = copied.into_bytes();
            Ok(bound?)
        }
        #[allow(unreachable_patterns, reason = "reachable if a database is not compiled in")]
        _ => {
            let _ = (bind, rows);
            Err(foreign_binds())
        }
    }
}

/// Returns a bound value in the form in which the database returns it, for comparison with returned values.
pub(crate) fn encode_key(value: &Bind<'_>, dialect: Dialect) -> Result<Vec<u8>> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite | Dialect::D1 => Ok(super::any::sqlite::stored(value)?),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Ok(super::any::postgres::encoded(value)?),
        #[allow(unreachable_patterns, reason = "reachable if a database is not compiled in")]
        _ => {
            let _ = value;
            Ok(Vec::new())
        }
    }
}
