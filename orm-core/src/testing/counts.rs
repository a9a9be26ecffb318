//! Calls that fail a test if more or fewer statements run than it expects.

use std::fmt::Write as _;
use std::panic::Location;

use crate::backend::Counting;
#[cfg(feature = "tokio")]
use crate::handle::AsyncDb;
use crate::handle::Db;

/// What is counted.
#[derive(Clone, Copy)]
enum Unit {
    Statements,
    RoundTrips,
}

impl Unit {
    /// Panics if a count isn't as expected.
    fn check(self, db: &Db, expected: usize, counting: &Counting, at: &Location<'_>) {
        let (noun, counted) = match self {
            Self::Statements => ("statement", counting.statements().len()),
            // Only a server is far away.
            Self::RoundTrips if !db.dialect().capabilities().notifies => return,
            Self::RoundTrips => ("round trip", counting.round_trips()),
        };
        if counted == expected {
            return;
        }
        let plural = if expected == 1 { "" } else { "s" };
        let mut message =
            format!("{at}: expected {expected} {noun}{plural}, but there were {counted}");
        for (place, sql) in counting.statements().iter().enumerate() {
            // Writing to a string can't fail.
            let _ = write!(message, "\n{:>4}. {sql}", place + 1);
        }
        panic!("{message}");
    }
}

/// With the Cargo feature `test`.
impl Db {
    /// Runs `f`, and panics unless it runs exactly so many statements: the test of a list finds out that it has begun to
    /// run one for each row.
    ///
    /// It counts what this handle, its clones and their transactions run meanwhile, also on other threads; a failed
    /// statement counts too. What begins and ends transactions and savepoints doesn't count, and neither do
    /// mizzle's questions about the schema. The message lists the statements, without their values.
    ///
    /// ```
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> orm_core::Result<()> {
    /// # use orm_core::{Db, Executor};
    /// let db = Db::connect("sqlite::memory:")?;
    /// db.expect_statements(2, |db| {
    ///     db.transaction(|tx| {
    ///         tx.execute_sql("CREATE TABLE users (id integer PRIMARY KEY)")?;
    ///         tx.execute_sql("INSERT INTO users VALUES (1)")
    ///     })
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the number is another.
    #[track_caller]
    pub fn expect_statements<R>(&self, expected: usize, f: impl FnOnce(&Self) -> R) -> R {
        self.expect(Unit::Statements, expected, f)
    }

    /// Runs `f`, and panics unless it waits exactly so many times for the server: over a network that is most of the time
    /// that it takes. The statements of a batch, and of joined futures of one transaction, go in one round trip; a
    /// transaction begins in that of its first statement. A new connection's own don't count.
    ///
    /// SQLite has no server, so there any number is right.
    ///
    /// # Panics
    /// If the number is another.
    #[track_caller]
    pub fn expect_round_trips<R>(&self, expected: usize, f: impl FnOnce(&Self) -> R) -> R {
        self.expect(Unit::RoundTrips, expected, f)
    }

    #[track_caller]
    fn expect<R>(&self, unit: Unit, expected: usize, f: impl FnOnce(&Self) -> R) -> R {
        let at = Location::caller();
        let counting = self.source().counter().begin();
        let result = f(self);
        unit.check(self, expected, &counting, at);
        result
    }
}

/// With the Cargo feature `test`.
#[cfg(feature = "tokio")]
impl AsyncDb {
    /// Runs `f`, and panics unless it runs exactly so many statements: see [`Db::expect_statements`].
    ///
    /// ```
    /// # use orm_core::{AsyncDb, Executor};
    /// # async fn f(db: &AsyncDb) -> orm_core::Result<()> {
    /// db.expect_statements(1, async |db| db.execute_sql("SELECT 1").await).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn expect_statements<'a, R: 'a>(
        &'a self,
        expected: usize,
        f: impl AsyncFnOnce(&'a Self) -> R + 'a,
    ) -> impl Future<Output = R> + 'a {
        self.expect(Unit::Statements, expected, f)
    }

    /// Runs `f`, and panics unless it waits exactly so many times for the server: see [`Db::expect_round_trips`].
    #[track_caller]
    pub fn expect_round_trips<'a, R: 'a>(
        &'a self,
        expected: usize,
        f: impl AsyncFnOnce(&'a Self) -> R + 'a,
    ) -> impl Future<Output = R> + 'a {
        self.expect(Unit::RoundTrips, expected, f)
    }

    #[track_caller]
    fn expect<'a, R: 'a>(
        &'a self,
        unit: Unit,
        expected: usize,
        f: impl AsyncFnOnce(&'a Self) -> R + 'a,
    ) -> impl Future<Output = R> + 'a {
        let at = Location::caller();
        async move {
            let counting = self.blocking().source().counter().begin();
            let result = f(self).await;
            unit.check(self.blocking(), expected, &counting, at);
            result
        }
    }
}
