//! Statements whose types are known to nobody, on either database.

use super::untyped::{TakesPlain, Untyped, UntypedError, UntypedResult};
use super::which::{Inner, each};
use super::{AnyConnection, Backend as _};

impl AnyConnection {
    /// Runs a statement, and returns the number of rows that it changed, if it is one that changes rows.
    ///
    /// # Errors
    /// What the database reports, and what `rows` returns.
    #[doc(hidden)]
    pub fn run_untyped(&mut self, run: &Untyped<'_>, rows: &mut dyn TakesPlain) -> UntypedResult {
        self.end_abandoned();
        each!(&mut self.inner, connection => connection.run_untyped(run, rows)).map_err(|failure| {
            UntypedError { error: self.describe(failure.error, None), ..failure }
        })
    }

    /// Returns whether a transaction is open, including one that SQL text began.
    #[doc(hidden)]
    pub fn has_open_transaction(&self) -> bool {
        self.in_transaction()
    }

    /// Makes the pool close the connection instead of lending it again. `restore` is the SQL that undoes what was set on
    /// it, for a database in memory, which would end with it.
    #[doc(hidden)]
    pub fn close_afterwards(&mut self, restore: &str) {
        self.retire(restore.to_owned());
    }
}
