//! A prepared statement: binds its values, steps it, reads its rows.

use std::borrow::Cow;
use std::ffi::{CStr, c_char, c_int};
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;

use super::quotes::names_in_backticks;
use crate::backend::any::sqlite::{SqliteBinds, SqliteRow};
use crate::backend::any::{PATTERN_PARAMETER, Remembered};
use crate::backend::foreign_binds;
use crate::backend::process::Process;
use crate::error::{Error, ErrorKind};

/// A prepared statement. It is finalized on drop, and its connection drops it before it closes.
#[derive(Debug)]
pub(super) struct Prepared {
    raw: NonNull<ffi::sqlite3_stmt>,
    process: Process,
    pub(super) sql: std::sync::Arc<str>,
    parameters: c_int,
    /// The parameters that are patterns of LIKE, which is written as GLOB.
    patterns: Option<std::sync::Arc<[c_int]>>,
    pub(super) is_readonly: bool,
    /// Where the columns of its results are.
    places: Remembered,
}

impl Prepared {
    /// Prepares the first statement of `sql`; returns `None` if there is none (a comment), and the result code if it is
    /// wrong.
    pub(super) fn new(database: NonNull<ffi::sqlite3>, sql: &str) -> Result<Option<Self>, c_int> {
        let (raw, _) = prepare(database, &names_in_backticks(sql), true)?;
        Ok(raw.map(|raw| Self::of(raw, sql)))
    }

    /// The same for a statement that runs once; also returns the rest of `sql`.
    pub(super) fn once(
        database: NonNull<ffi::sqlite3>,
        sql: &str,
    ) -> Result<(Option<Self>, &str), c_int> {
        let (raw, length) = prepare(database, sql, false)?;
        let (first, rest) = sql.split_at(length);
        let statement = raw.map(|raw| Self::of(raw, first));
        match names_in_backticks(first) {
            // Only now is the end of the statement known.
            Cow::Owned(written) if statement.is_some() => {
                let (raw, _) = prepare(database, &written, false)?;
                Ok((raw.map(|raw| Self::of(raw, first)), rest))
            }
            _ => Ok((statement, rest)),
        }
    }

    fn of(raw: NonNull<ffi::sqlite3_stmt>, sql: &str) -> Self {
        // SAFETY: the statement was just prepared.
        let (parameters, is_readonly) = unsafe {
            (
                ffi::sqlite3_bind_parameter_count(raw.as_ptr()),
                ffi::sqlite3_stmt_readonly(raw.as_ptr()) != 0,
            )
        };
        let patterns = patterns(raw, sql, parameters);
        Self {
            raw,
            process: Process::current(),
            sql: sql.into(),
            parameters,
            patterns,
            is_readonly,
            places: Remembered::default(),
        }
    }

    #[cfg(feature = "registry")]
    pub(super) fn raw(&self) -> NonNull<ffi::sqlite3_stmt> {
        self.raw
    }

    /// Begins to run it. [`Running::binds`] returns what binds the values.
    pub(super) fn start(&self) -> Running<'_> {
        Running { statement: self }
    }

    /// Returns the target for the values of a query that lives for `'q`. They must outlive the run: see
    /// [`check_bound`](Prepared::check_bound).
    pub(super) fn binds<'q>(&self) -> SqliteBinds<'q> {
        // SAFETY: the statement is reset when its run is dropped, and see `check_bound`.
        unsafe { SqliteBinds::new(self.raw, self.patterns.clone()) }
    }

    /// Checks that each parameter of this statement was bound in this run, so that none still points to a value of an
    /// earlier run. A query's `collect_binds` may have replaced its own binds by those of another statement. The binds
    /// of this statement can't have come back from there, as they would have to outlive the other query.
    pub(super) fn check_bound(&self, binds: &SqliteBinds<'_>) -> Result<(), Error> {
        let wanted = self.parameters;
        let Some(bound) = binds.bound_to(self.raw) else {
            return Err(foreign_binds());
        };
        if bound != wanted {
            let message = format!("the SQL has {wanted} parameters, but {bound} values are bound");
            return Err(Error::new(ErrorKind::Query, message));
        }
        Ok(())
    }

    /// Runs to the next row (`true`) or to the end; returns the result code if it fails.
    #[inline]
    pub(super) fn step(&self) -> Result<bool, c_int> {
        // SAFETY: the statement is alive, and so are all values bound to it.
        match unsafe { ffi::sqlite3_step(self.raw.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            code => Err(code),
        }
    }

    /// Returns the row that [`step`](Prepared::step) has reached.
    #[inline]
    pub(super) fn row(&self) -> SqliteRow<'_> {
        // SAFETY: the statement is alive, and nobody steps it while the row is used.
        unsafe { SqliteRow::new(self.raw, &self.places) }
    }

    /// Ends the run. Returns whether it could.
    fn reset(&self) -> bool {
        // It could end a transaction of the parent.
        if !self.process.is_current() {
            return false;
        }
        // SAFETY: the statement is alive. The code repeats the run's error, which was reported already.
        unsafe { ffi::sqlite3_reset(self.raw.as_ptr()) };
        true
    }

    /// Ends the run, and frees the values.
    pub(super) fn clear(&self) {
        if self.reset() {
            // SAFETY: the statement is alive and doesn't run.
            unsafe { ffi::sqlite3_clear_bindings(self.raw.as_ptr()) };
        }
    }
}

/// Prepares the first statement of `sql`, and returns its length as well.
fn prepare(
    database: NonNull<ffi::sqlite3>,
    sql: &str,
    is_kept: bool,
) -> Result<(Option<NonNull<ffi::sqlite3_stmt>>, usize), c_int> {
    let Ok(length) = c_int::try_from(sql.len()) else {
        return Err(ffi::SQLITE_TOOBIG);
    };
    super::busy::prepares(database, sql);
    let flags = if is_kept { ffi::SQLITE_PREPARE_PERSISTENT } else { 0 };
    let (mut raw, mut rest) = (ptr::null_mut(), ptr::null());
    let start = sql.as_ptr().cast::<c_char>();
    // SAFETY: the connection is open, and the text is `length` bytes long.
    let code = unsafe {
        ffi::sqlite3_prepare_v3(
            database.as_ptr(),
            start,
            length,
            flags,
            &raw mut raw,
            &raw mut rest,
        )
    };
    if code != ffi::SQLITE_OK {
        return Err(code);
    }
    Ok((NonNull::new(raw), rest.addr().saturating_sub(start.addr())))
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // See the connection's drop.
        if !self.process.is_current() {
            return;
        }
        // SAFETY: nobody else holds the statement. The code repeats the last run's error, which was reported already.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

/// A running statement; it is reset on drop.
pub(super) struct Running<'s> {
    statement: &'s Prepared,
}

impl Running<'_> {
    /// Returns the target for the values of a query that lives for `'q`. They must outlive the run: see
    /// [`check_bound`](Running::check_bound).
    pub(super) fn binds<'q>(&self) -> SqliteBinds<'q> {
        self.statement.binds()
    }

    /// Checks that each parameter of the statement was bound in this run.
    pub(super) fn check_bound(&self, binds: &SqliteBinds<'_>) -> Result<(), Error> {
        self.statement.check_bound(binds)
    }

    /// Runs to the next row (`true`) or to the end; returns the result code if it fails.
    #[inline]
    pub(super) fn step(&mut self) -> Result<bool, c_int> {
        self.statement.step()
    }

    /// Returns the row that [`step`](Running::step) has reached.
    #[inline]
    pub(super) fn row(&self) -> SqliteRow<'_> {
        self.statement.row()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.statement.reset();
    }
}

/// The parameters of a statement that [`AnyQueryBuilder`](crate::backend::AnyQueryBuilder) has named as patterns.
fn patterns(
    statement: NonNull<ffi::sqlite3_stmt>,
    sql: &str,
    parameters: c_int,
) -> Option<std::sync::Arc<[c_int]>> {
    let is_pattern = |&parameter: &c_int| {
        // SAFETY: the statement is alive; the name, if there is one, lives as long and ends with NUL.
        unsafe {
            let name = ffi::sqlite3_bind_parameter_name(statement.as_ptr(), parameter);
            !name.is_null()
                && CStr::from_ptr(name).to_bytes().starts_with(PATTERN_PARAMETER.as_bytes())
        }
    };
    sql.contains(PATTERN_PARAMETER).then(|| (1..=parameters).filter(is_pattern).collect())
}
