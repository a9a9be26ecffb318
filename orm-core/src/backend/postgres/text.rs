//! Texts for libpq.

use std::ffi::CString;

use crate::backend::any::postgres::LONGEST_MESSAGE;
use crate::error::{Error, ErrorKind, Result};

/// The text of a statement or of a value for libpq.
pub(super) fn c_string(text: &str) -> Result<CString> {
    if text.len() > LONGEST_MESSAGE {
        let message = format!(
            "the SQL has {} bytes, but PostgreSQL accepts at most {LONGEST_MESSAGE}: split it",
            text.len()
        );
        return Err(Error::new(ErrorKind::Query, message));
    }
    CString::new(text).map_err(|_| Error::new(ErrorKind::Query, "the SQL contains a NUL character"))
}
