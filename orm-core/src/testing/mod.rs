//! Tests that each have their own database: what `#[mizzle::test]` expands to, and the calls that count statements.
//!
//! A [`Case`] says what a test's database contains. Each database makes that once, as an image (`sqlite`) or a template
//! (`postgres`), and each test gets a copy. `run` runs a test on its copy, and keeps the copy if the test
//! fails.

#[cfg(feature = "tokio")]
mod block_on;
mod case;
mod counts;
mod fresh;
mod label;
#[cfg(feature = "postgres")]
mod postgres;
mod run;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "tokio")]
pub use self::block_on::block_on;
pub use self::case::{Case, Content};
pub use self::fresh::{Fresh, OfFresh, Outcome, passed};
#[cfg(feature = "postgres")]
pub use self::postgres::on_postgres;
#[cfg(feature = "sqlite")]
pub use self::sqlite::on_sqlite;
#[cfg(feature = "tokio")]
pub use crate::handle::AsyncDb;
pub use crate::handle::Db;

/// Keeps the test for SQLite, if it is compiled in.
#[cfg(feature = "sqlite")]
#[doc(hidden)]
#[macro_export]
macro_rules! __test_on_sqlite {
    ($($test:tt)*) => { $($test)* };
}

/// Leaves out the test for SQLite.
#[cfg(not(feature = "sqlite"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __test_on_sqlite {
    ($($test:tt)*) => {};
}

/// Keeps the test for PostgreSQL, if it is compiled in.
#[cfg(feature = "postgres")]
#[doc(hidden)]
#[macro_export]
macro_rules! __test_on_postgres {
    ($($test:tt)*) => { $($test)* };
}

/// Leaves out the test for PostgreSQL.
#[cfg(not(feature = "postgres"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __test_on_postgres {
    ($($test:tt)*) => {};
}
