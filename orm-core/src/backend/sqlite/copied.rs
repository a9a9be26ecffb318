//! Statements and rows that belong to nobody else, so that they can move to another thread and back.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder as _;
use diesel::row::Row as _;

use super::{Sqlite, SqliteRows};
#[cfg(debug_assertions)]
use crate::backend::assert_same_text;
use crate::backend::{
    AnyBinds, AnyQueryBuilder, AnyRow, IntoRows, Names, OwnedRow, OwnedRows, RecordedBind, Source,
    StaticKey, collect_own,
};
use crate::dialect::Dialect;
use crate::error::Result;

/// A statement that borrows nothing.
pub(super) struct Recorded {
    key: Option<StaticKey>,
    pub(super) sql: Arc<str>,
    values: Vec<RecordedBind>,
}

impl Recorded {
    pub(super) fn of(source: &dyn Source, sqlite: &mut Sqlite) -> Result<Self> {
        let key = source.key(Dialect::Sqlite)?;
        let sql = match key.as_ref().and_then(|key| sqlite.known_sql(key)) {
            Some(sql) => {
                #[cfg(debug_assertions)]
                assert_same_text(&sql, source, Dialect::Sqlite);
                sql
            }
            None => source.sql(Dialect::Sqlite)?.into(),
        };
        let values = collect_own(|binds| source.bind(binds, Dialect::Sqlite))
            .map_err(|error| error.with_sql(&sql))?;
        let values = values.into_iter().map(|(value, ty)| RecordedBind::new(value, ty)).collect();
        Ok(Self { key, sql, values })
    }
}

impl Source for Recorded {
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        Ok(self.key)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, _: Dialect) -> QueryResult<()> {
        sql.push_sql(&self.sql);
        Ok(())
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, _: Dialect) -> QueryResult<()> {
        self.values.iter().try_for_each(|value| binds.push(value.value(), value.ty()))
    }
}

/// What a running statement has returned so far.
pub(super) struct Progress {
    /// `None` after the last row.
    pub(super) rows: Option<SqliteRows>,
    /// Copies of rows, `None` if there are none. They share the names of the columns with nobody else.
    pub(super) copies: Option<OwnedRows>,
    /// The number of rows that the statement changed.
    pub(super) changed: u64,
}

// SAFETY: the copies move together, with all that they share. The rest is `Send`.
unsafe impl Send for Progress {}

impl Progress {
    /// Starts a statement, and copies its first rows.
    pub(super) fn start(sqlite: &mut Sqlite, source: &Recorded) -> Result<Self> {
        let rows = sqlite.open_rows(source)?;
        Self::go_on(sqlite, rows)
    }

    /// Copies more rows.
    pub(super) fn go_on(sqlite: &mut Sqlite, mut rows: SqliteRows) -> Result<Self> {
        const MOST_ROWS: usize = 256;
        const MOST_BYTES: usize = 1 << 18;
        let mut copies: Option<OwnedRows> = None;
        for _ in 0..MOST_ROWS {
            match sqlite.advance_rows(&mut rows) {
                Ok(true) => {
                    let row = rows.row();
                    let copies = copies
                        .get_or_insert_with(|| OwnedRows::new(row.field_count(), Names::of(&row)));
                    copies.push(&row);
                    if copies.size() >= MOST_BYTES {
                        break;
                    }
                }
                Ok(false) => {
                    let changed = sqlite.changed(&rows);
                    sqlite.close_rows(rows);
                    return Ok(Self { rows: None, copies, changed });
                }
                Err(error) => {
                    sqlite.close_rows(rows);
                    return Err(error);
                }
            }
        }
        Ok(Self { rows: Some(rows), copies, changed: 0 })
    }
}

/// The rows of a running statement that are read one by one.
#[derive(Debug)]
pub(crate) enum RowsAnywhere {
    Here(Box<SqliteRows>),
    Elsewhere(Box<Copied>),
}

/// Rows that were copied, and the statement that has more of them.
pub(crate) struct Copied {
    /// `None` after the last row.
    pub(super) rows: Option<SqliteRows>,
    pub(super) next: Option<IntoRows>,
    /// The row that was reached, until it is read.
    pub(super) current: Cell<Option<OwnedRow>>,
}

/// Without the rows.
impl fmt::Debug for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copied").field("ended", &self.rows.is_none()).finish_non_exhaustive()
    }
}

// SAFETY: the copies move together, with all that they share. The rest is `Send`.
unsafe impl Send for Copied {}

impl RowsAnywhere {
    /// Returns rows that were copied from elsewhere.
    #[cfg(feature = "d1")]
    pub(in crate::backend) fn of_copies(copies: OwnedRows) -> Self {
        let next = Some(copies.into_rows());
        Self::Elsewhere(Box::new(Copied { rows: None, next, current: Cell::new(None) }))
    }

    /// Goes to the next row that was copied; returns whether there is one.
    #[cfg(feature = "d1")]
    pub(in crate::backend) fn next_copy(&mut self) -> bool {
        let Self::Elsewhere(copied) = self else { return false };
        let next = copied.next.as_mut().and_then(Iterator::next);
        let is_there = next.is_some();
        copied.current.set(next);
        is_there
    }

    /// Returns the row that was reached, once.
    #[inline]
    pub(in crate::backend) fn row(&self) -> Option<AnyRow<'_>> {
        match self {
            Self::Here(rows) => Some(rows.row()),
            Self::Elsewhere(copied) => {
                copied.current.take().map(|row| AnyRow::Owned(row, PhantomData))
            }
        }
    }
}
