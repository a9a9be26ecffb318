//! Collations that SQLite doesn't have, from the program.

use std::cmp::Ordering;
use std::ffi::{CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use libsqlite3_sys as ffi;

use super::Sqlite;
use crate::backend::AnyConnection;
use crate::error::{Error, ErrorKind, Result};

type Compare = fn(&str, &str) -> Ordering;

impl AnyConnection {
    /// Registers a collation on SQLite. Columns and indexes of a file by another program may compare by it, such as
    /// Anki's `unicase`. Call it in [`on_connect`](crate::DbBuilder::on_connect), as each connection needs it:
    ///
    /// ```ignore
    /// Db::builder("sqlite:collection.anki2")
    ///     .on_connect(|connection| {
    ///         connection.create_collation("unicase", |a, b| a.to_lowercase().cmp(&b.to_lowercase()))
    ///     })
    /// ```
    ///
    /// It must be the collation that the file was written with: SQLite finds rows by an index only in the order in
    /// which they were inserted there.
    ///
    /// # Errors
    /// On PostgreSQL, and for a name with a NUL character.
    pub fn create_collation(
        &mut self,
        name: &str,
        compare: fn(&str, &str) -> Ordering,
    ) -> Result<()> {
        let config = |message: &str| Error::new(ErrorKind::Config, message.to_owned());
        let name = CString::new(name).map_err(|_| config("the name contains a NUL character"))?;
        let Some(sqlite) = self.sqlite() else {
            return Err(config("only SQLite takes collations from a program"));
        };
        sqlite.create_collation(&name, compare)
    }

    /// Accepts any missing collation, and compares bytes instead: for a database that is only described.
    #[doc(hidden)]
    pub fn accept_collations(&mut self) -> Result<()> {
        let Some(sqlite) = self.sqlite() else { return Ok(()) };
        // SAFETY: the connection is open, and the function lives forever.
        let code = unsafe {
            ffi::sqlite3_collation_needed(sqlite.raw().as_ptr(), ptr::null_mut(), Some(needed))
        };
        sqlite.check(code)
    }
}

impl Sqlite {
    fn create_collation(&mut self, name: &CString, compare: Compare) -> Result<()> {
        // SAFETY: the connection is open; a function pointer lives forever and is as wide as a pointer.
        let code = unsafe {
            ffi::sqlite3_create_collation_v2(
                self.raw().as_ptr(),
                name.as_ptr(),
                ffi::SQLITE_UTF8,
                compare as *mut c_void,
                Some(collate),
                None,
            )
        };
        self.check(code)
    }

    fn check(&self, code: c_int) -> Result<()> {
        match code {
            ffi::SQLITE_OK => Ok(()),
            code => Err(Error::new(ErrorKind::Unknown, "SQLite takes no collation now")
                .with_database_code(code.to_string())),
        }
    }
}

unsafe extern "C" fn collate(
    compare: *mut c_void,
    a_length: c_int,
    a: *const c_void,
    b_length: c_int,
    b: *const c_void,
) -> c_int {
    // SAFETY: the first is the function pointer that was registered, and SQLite passes texts of these lengths.
    let (compare, a, b) = unsafe {
        let compare: Compare = std::mem::transmute(compare);
        (compare, bytes(a, a_length), bytes(b, b_length))
    };
    let (left, right) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
    // A panic must not unwind into C.
    let ordering = catch_unwind(AssertUnwindSafe(|| compare(&left, &right)));
    ordering.unwrap_or_else(|_| a.cmp(b)) as c_int
}

/// # Safety
/// There must be `length` bytes, unless it is 0.
unsafe fn bytes<'a>(start: *const c_void, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: promised by the caller.
        Ok(length) if length > 0 => unsafe { std::slice::from_raw_parts(start.cast(), length) },
        _ => &[],
    }
}

unsafe extern "C" fn needed(
    _: *mut c_void,
    database: *mut ffi::sqlite3,
    _: c_int,
    name: *const c_char,
) {
    let compare: Compare = |a, b| a.cmp(b);
    // SAFETY: SQLite passes its open connection and a name; a function pointer lives forever. If it fails, the
    // statement reports that the collation doesn't exist.
    unsafe {
        ffi::sqlite3_create_collation_v2(
            database,
            name,
            ffi::SQLITE_UTF8,
            compare as *mut c_void,
            Some(collate),
            None,
        );
    }
}
