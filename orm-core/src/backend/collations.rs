//! Collations that a program gives SQLite.

use std::cmp::Ordering;
use std::ffi::CString;

use super::AnyConnection;
use crate::error::{Error, ErrorKind, Result};

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
    /// which they were inserted there. If it panics, the statement fails and writes nothing. In a transaction, roll back.
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
        let Some(sqlite) = self.inner.sqlite() else {
            return Err(config("only SQLite accepts collations from a program"));
        };
        sqlite.create_collation(&name, compare)
    }

    /// Accepts any missing collation, and compares bytes instead: for a database that is only described.
    #[doc(hidden)]
    pub fn accept_collations(&mut self) -> Result<()> {
        let Some(sqlite) = self.inner.sqlite() else { return Ok(()) };
        sqlite.accept_collations()
    }
}
