//! An open connection of SQLite.

use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;

use super::error::last_error;
use super::inherited::{self, Opened};
use crate::backend::process::Process;
use crate::error::{Error, ErrorKind, Result};

/// Closes the connection when it is dropped.
#[derive(Debug)]
pub(super) struct Handle(pub(super) NonNull<ffi::sqlite3>, pub(super) Process, Opened);

impl Drop for Handle {
    fn drop(&mut self) {
        // In the child of a fork, closing would affect files and locks that the parent still uses
        // (<https://sqlite.org/howtocorrupt.html>, "carrying an open database connection across a fork").
        if !self.1.is_current() {
            return;
        }
        // SAFETY: the connection is open, and its statements are finalized: they are dropped before it.
        unsafe { ffi::sqlite3_close(self.0.as_ptr()) };
    }
}

impl Handle {
    pub(super) fn open(address: &str) -> Result<Self> {
        inherited::keep_usable();
        let path = CString::new(address)
            .map_err(|_| Error::new(ErrorKind::Config, "the path contains a NUL character"))?;
        let mut raw = ptr::null_mut();
        let flags = ffi::SQLITE_OPEN_READWRITE
            | ffi::SQLITE_OPEN_CREATE
            | ffi::SQLITE_OPEN_NOMUTEX
            | ffi::SQLITE_OPEN_EXRESCODE
            | if address.starts_with("file:") { ffi::SQLITE_OPEN_URI } else { 0 };
        // SAFETY: the path ends with NUL, and `raw` is written to.
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut raw, flags, ptr::null()) };
        let Some(raw) = NonNull::new(raw) else {
            return Err(Error::new(ErrorKind::Unknown, "SQLite has no memory for a connection"));
        };
        let mut handle = Handle(raw, Process::current(), Opened::new(None)?);
        if code != ffi::SQLITE_OK {
            return Err(last_error(handle.0));
        }
        // SAFETY: the connection is open, and the name lives as long.
        let path = unsafe {
            let name = ffi::sqlite3_db_filename(raw.as_ptr(), c"main".as_ptr());
            (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
        };
        handle.2 = Opened::new(path.as_deref().filter(|path| !path.is_empty()))?;
        Ok(handle)
    }
}
