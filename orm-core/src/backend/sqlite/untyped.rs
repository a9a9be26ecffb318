//! Statements whose types are known to nobody before they run.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::ptr::{self, NonNull};
use std::slice;

use libsqlite3_sys as ffi;

use super::connection::Sqlite;
use super::error::{check_panic, classify, last_error, running_error};
use super::only_reads::Guard;
use crate::backend::untyped::{
    Plain, PlainColumn, TakesPlain, Untyped, UntypedError, UntypedResult,
};
use crate::error::{Error, ErrorKind, Result};

impl Sqlite {
    pub(super) fn run_untyped(
        &mut self,
        run: &Untyped<'_>,
        rows: &mut dyn TakesPlain,
    ) -> UntypedResult {
        self.check_process()?;
        let database = self.raw();
        if run.sql.contains('\0') {
            return Err(Error::new(ErrorKind::Query, "the SQL contains a NUL character").into());
        }
        let progress = Progress::begin(database, run);
        let guard = run.only_reads.then(|| Guard::begin(database));
        let result = (|| {
            let statement = Unkept::prepare(database, run.sql)?;
            if guard.is_some() && !statement.is_readonly() {
                return Err(only_reads(run.sql).into());
            }
            statement.bind(database, run.values)?;
            statement.each_row(database, rows).inspect_err(|_| self.note_failure())
        })();
        drop(guard);
        drop(progress);
        if let Some(deadline) = &self.deadline {
            deadline.register(database);
        }
        if result.is_ok() {
            self.note_run(run.sql);
        }
        check_panic().map_err(|error| error.with_sql(run.sql))?;
        result.map_err(|failure| UntypedError {
            error: match run.must_end() && failure.error.kind() == ErrorKind::Timeout {
                true => Error::new(ErrorKind::Timeout, "the statement was stopped")
                    .with_sql(run.sql)
                    .with_database_code(ffi::SQLITE_INTERRUPT.to_string()),
                false => failure.error.with_sql(run.sql),
            },
            position: failure.position,
        })
    }
}

fn only_reads(sql: &str) -> Error {
    Error::new(ErrorKind::ReadOnly, "the statement may write, and only reads are allowed")
        .with_sql(sql)
}

/// Ends the statement when it has to, as long as it lives.
struct Progress(NonNull<ffi::sqlite3>);

impl Progress {
    fn begin(database: NonNull<ffi::sqlite3>, run: &Untyped<'_>) -> Self {
        const INSTRUCTIONS: c_int = 4096;
        let context = ptr::from_ref(run).cast_mut().cast();
        // SAFETY: the connection is open, and `run` outlives the result.
        unsafe {
            ffi::sqlite3_progress_handler(database.as_ptr(), INSTRUCTIONS, Some(must_end), context);
        }
        Self(database)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_progress_handler(self.0.as_ptr(), 0, None, ptr::null_mut()) };
    }
}

unsafe extern "C" fn must_end(run: *mut c_void) -> c_int {
    // SAFETY: what `Progress::begin` has registered, which lives as long as it is registered.
    let run = unsafe { &*run.cast::<Untyped<'_>>() };
    run.must_end().into()
}

/// A statement that runs once. It is finalized on drop.
struct Unkept(NonNull<ffi::sqlite3_stmt>);

impl Drop for Unkept {
    fn drop(&mut self) {
        // SAFETY: nobody else has it. The code repeats an error that was reported.
        unsafe { ffi::sqlite3_finalize(self.0.as_ptr()) };
    }
}

impl Unkept {
    fn prepare(
        database: NonNull<ffi::sqlite3>,
        sql: &str,
    ) -> std::result::Result<Self, UntypedError> {
        let Ok(length) = c_int::try_from(sql.len()) else {
            return Err(classify(ffi::SQLITE_TOOBIG, "the SQL is too long").into());
        };
        super::busy::prepares(database, sql);
        let (mut raw, mut rest) = (ptr::null_mut(), ptr::null());
        let start = sql.as_ptr().cast::<c_char>();
        // SAFETY: the connection is open, and the text is `length` bytes long.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                database.as_ptr(),
                start,
                length,
                0,
                &raw mut raw,
                &raw mut rest,
            )
        };
        if code != ffi::SQLITE_OK {
            return Err(failure(database, sql));
        }
        let Some(raw) = NonNull::new(raw) else {
            return Err(Error::new(ErrorKind::Query, "the SQL contains no statement").into());
        };
        let statement = Self(raw);
        let read = rest.addr().saturating_sub(start.addr());
        let rules = crate::dialect::Dialect::Sqlite;
        if !orm_lexer::tokens(&sql[read..], rules).iter().all(|token| token.is_symbol(";")) {
            return Err(Error::new(ErrorKind::Query, "the SQL has more than one statement").into());
        }
        Ok(statement)
    }

    fn is_readonly(&self) -> bool {
        // SAFETY: the statement is alive.
        unsafe { ffi::sqlite3_stmt_readonly(self.0.as_ptr()) != 0 }
    }

    fn bind(&self, database: NonNull<ffi::sqlite3>, values: &[Plain<'_>]) -> Result<()> {
        let raw = self.0.as_ptr();
        // SAFETY: the statement is alive.
        let wanted = unsafe { ffi::sqlite3_bind_parameter_count(raw) };
        if usize::try_from(wanted) != Ok(values.len()) {
            let message =
                format!("the SQL has {wanted} parameters, but {} values are given", values.len());
            return Err(Error::new(ErrorKind::Query, message));
        }
        for (place, value) in (1..).zip(values) {
            // SAFETY: the statement is alive. It copies texts and bytes (SQLITE_TRANSIENT).
            let code = unsafe {
                match *value {
                    Plain::Null => ffi::sqlite3_bind_null(raw, place),
                    Plain::Integer(value) => ffi::sqlite3_bind_int64(raw, place, value),
                    Plain::Real(value) => ffi::sqlite3_bind_double(raw, place, value),
                    Plain::Text(text) => ffi::sqlite3_bind_text64(
                        raw,
                        place,
                        text.as_ptr().cast(),
                        text.len() as u64,
                        ffi::SQLITE_TRANSIENT(),
                        ffi::SQLITE_UTF8 as u8,
                    ),
                    Plain::Blob([]) => ffi::sqlite3_bind_zeroblob(raw, place, 0),
                    Plain::Blob(bytes) => ffi::sqlite3_bind_blob64(
                        raw,
                        place,
                        bytes.as_ptr().cast(),
                        bytes.len() as u64,
                        ffi::SQLITE_TRANSIENT(),
                    ),
                }
            };
            if code != ffi::SQLITE_OK {
                return Err(last_error(database));
            }
        }
        Ok(())
    }

    fn each_row(
        &self,
        database: NonNull<ffi::sqlite3>,
        rows: &mut dyn TakesPlain,
    ) -> UntypedResult {
        let raw = self.0.as_ptr();
        // SAFETY: the statement and its connection are alive (as in all calls below).
        let (count, before) = unsafe {
            (ffi::sqlite3_column_count(raw), ffi::sqlite3_total_changes64(database.as_ptr()))
        };
        rows.columns((0..count).map(|column| self.column(column)).collect())?;
        let mut row = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
        loop {
            // SAFETY: see above.
            match unsafe { ffi::sqlite3_step(raw) } {
                ffi::SQLITE_ROW => {
                    row.clear();
                    // SAFETY: there is a row, which nobody steps past while its values are used.
                    row.extend((0..count).map(|column| unsafe { value(raw, column) }));
                    if rows.row(&row)? == ControlFlow::Break(()) {
                        break;
                    }
                }
                ffi::SQLITE_DONE => break,
                _ => return Err(running_error(database).into()),
            }
        }
        if self.is_readonly() {
            return Ok(None);
        }
        // SAFETY: see above.
        let (changed, after) = unsafe {
            (
                ffi::sqlite3_changes64(database.as_ptr()),
                ffi::sqlite3_total_changes64(database.as_ptr()),
            )
        };
        let changed = if after == before { 0 } else { changed };
        Ok(Some(u64::try_from(changed).unwrap_or_default()))
    }

    fn column(&self, column: c_int) -> PlainColumn {
        let raw = self.0.as_ptr();
        let text = |text: *const c_char| {
            // SAFETY: null, or a text that lives until the next call for the column.
            (!text.is_null())
                .then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        };
        // SAFETY: the statement is alive and has the column.
        let (name, declared) = unsafe {
            (
                text(ffi::sqlite3_column_name(raw, column)),
                text(ffi::sqlite3_column_decltype(raw, column)),
            )
        };
        PlainColumn { name: name.unwrap_or_default(), number: 0, declared }
    }
}

/// Returns the failure of preparing a statement.
fn failure(database: NonNull<ffi::sqlite3>, sql: &str) -> UntypedError {
    // SAFETY: the connection is open.
    let offset = unsafe { ffi::sqlite3_error_offset(database.as_ptr()) };
    let error = last_error(database);
    // SAFETY: the connection is open.
    let code = unsafe { ffi::sqlite3_errcode(database.as_ptr()) };
    let error = if code == ffi::SQLITE_AUTH { only_reads(sql) } else { error };
    let position = usize::try_from(offset)
        .ok()
        .and_then(|offset| sql.get(..offset))
        .map(|before| before.chars().count());
    UntypedError { error, position }
}

/// Returns a value of the row.
///
/// # Safety
/// The statement has a row and the column, and isn't stepped while the value is used.
unsafe fn value<'r>(raw: *mut ffi::sqlite3_stmt, column: c_int) -> Plain<'r> {
    // SAFETY: the caller's. The pointer is read before the length, as SQLite wants it.
    unsafe {
        match ffi::sqlite3_column_type(raw, column) {
            ffi::SQLITE_INTEGER => Plain::Integer(ffi::sqlite3_column_int64(raw, column)),
            ffi::SQLITE_FLOAT => Plain::Real(ffi::sqlite3_column_double(raw, column)),
            ffi::SQLITE_TEXT => {
                let start = ffi::sqlite3_column_text(raw, column);
                Plain::Text(bytes(start, ffi::sqlite3_column_bytes(raw, column)))
            }
            ffi::SQLITE_BLOB => {
                let start = ffi::sqlite3_column_blob(raw, column).cast();
                Plain::Blob(bytes(start, ffi::sqlite3_column_bytes(raw, column)))
            }
            _ => Plain::Null,
        }
    }
}

/// # Safety
/// `start` is null, or the start of so many bytes, which live as long as the result.
unsafe fn bytes<'r>(start: *const u8, length: c_int) -> &'r [u8] {
    let length = usize::try_from(length).unwrap_or_default();
    // SAFETY: the caller's.
    if start.is_null() { &[] } else { unsafe { slice::from_raw_parts(start, length) } }
}
