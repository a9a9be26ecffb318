//! Reads the rows of a statement one by one, with other statements in between.

use std::sync::Arc;

use libsqlite3_sys as ffi;

use super::Sqlite;
use super::error::{check_panic, running_error};
use super::rows::SqliteRows;
use super::statement::Prepared;
use crate::backend::{AnyBinds, Source, foreign_binds};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

impl Sqlite {
    pub(super) fn open_rows(&mut self, source: &dyn Source) -> Result<SqliteRows> {
        self.check_process()?;
        let place = self.find_or_prepare(source)?;
        let (key, statement) = self.cache.take(place);
        let mut rows = SqliteRows { statement, key, first: None };
        let first = bind(&rows.statement, source).and_then(|()| self.advance_rows(&mut rows));
        match first {
            Ok(first) => {
                rows.first = Some(first);
                Ok(rows)
            }
            Err(error) => {
                self.close_rows(rows);
                Err(error)
            }
        }
    }

    #[inline]
    pub(super) fn advance_rows(&mut self, rows: &mut SqliteRows) -> Result<bool> {
        self.check_process()?;
        if let Some(first) = rows.first.take() {
            return Ok(first);
        }
        // The time that the program takes for its rows doesn't count.
        if let Some(deadline) = &mut self.deadline {
            deadline.start();
        }
        let failed = |error: Error| error.with_sql(&rows.statement.sql);
        match rows.statement.step() {
            Ok(true) => Ok(true),
            Ok(false) => {
                check_panic().map_err(failed)?;
                self.note_run(&rows.statement.sql);
                Ok(false)
            }
            Err(_) => {
                self.note_failure();
                Err(failed(running_error(self.raw())))
            }
        }
    }

    /// Returns the number of rows that the last statement changed, which was this one.
    pub(super) fn changed_by(&self, statement: &Prepared) -> u64 {
        if statement.is_readonly {
            // SQLite would report the count of the last statement that did change something.
            return 0;
        }
        // SAFETY: the connection is open.
        let changed = unsafe { ffi::sqlite3_changes64(self.raw().as_ptr()) };
        u64::try_from(changed).unwrap_or_default()
    }

    /// The same for a statement whose last row was read.
    pub(super) fn changed(&self, rows: &SqliteRows) -> u64 {
        self.changed_by(&rows.statement)
    }

    /// Ends the statement, and keeps it for the next run.
    pub(super) fn close_rows(&mut self, rows: SqliteRows) {
        let SqliteRows { statement, key, .. } = rows;
        statement.clear();
        let sql = Arc::clone(&statement.sql);
        self.cache.put_back(key, &sql, statement);
    }
}

fn bind(statement: &Prepared, source: &dyn Source) -> Result<()> {
    let mut binds = AnyBinds::Sqlite(statement.binds().copying());
    let bound = source.bind(&mut binds, Dialect::Sqlite).map_err(Error::from);
    bound
        .and_then(|()| match &binds {
            AnyBinds::Sqlite(binds) => statement.check_bound(binds),
            _ => Err(foreign_binds()),
        })
        .map_err(|error| error.with_sql(&statement.sql))
}
