//! Migrations: their files, the history of a database, and the run.
//!
//! [`Db::migrate`](crate::Db::migrate) applies the pending ones; [`Db::migrator`](crate::Db::migrator) does the rest.

#[cfg(feature = "tokio")]
mod asynchronous;
mod diesel;
mod drops;
mod error;
mod execute;
mod failure;
mod history;
mod inspect;
mod lock;
mod losses;
mod migrations;
mod migrator;
mod plan;
mod postgres;
mod report;
mod run;
mod script;
mod session;
mod sqlite;
mod statement;
mod tally;
mod whole;
mod wrangler;

#[cfg(feature = "tokio")]
pub use self::asynchronous::AsyncMigrator;
pub use self::diesel::DieselMigrations;
pub use self::error::{FailedStatement, Loss, MigrationError, MigrationLosses};
#[doc(hidden)]
pub use self::migrations::Embedded;
pub use self::migrations::{Migration, Migrations};
pub use self::migrator::Migrator;
pub use self::report::{Direction, Event, MigrationState, MigrationStatus, Ran, Report};
pub use self::run::{rehearse_script, run_script};
pub use self::statement::Statement;
#[cfg(feature = "studio")]
#[doc(hidden)]
pub use self::statement::statements;
pub use orm_folder::{FolderError, Layout, Problem as FolderProblem};
