//! The base of an application's own repositories.

use crate::error::Result;
use crate::handle::Db;
use crate::manager::ConnectionManager;

/// Provides the database to an application's own repositories, at each use. So repositories can be created before there
/// is a database, and survive a reconnect.
///
/// ```no_run
/// use orm_core::manager::{ConnectionManager, Repository};
/// use orm_core::{Executor, Result};
///
/// struct SessionRepository {
///     base: Repository,
/// }
///
/// impl SessionRepository {
///     fn new() -> Self {
///         Self { base: Repository::global() }
///     }
///
///     fn delete_expired(&self) -> Result<()> {
///         // This is an error, not a panic, if the manager is not initialized.
///         self.base.db()?.execute_sql("DELETE FROM sessions WHERE expires_at < now()")
///     }
/// }
/// # let _ = SessionRepository::new().delete_expired();
/// ```
#[derive(Debug, Clone)]
pub struct Repository(Source);

#[derive(Debug, Clone)]
enum Source {
    Manager(ConnectionManager),
    Db(Db),
}

impl Repository {
    /// Uses the process-wide manager.
    pub fn global() -> Self {
        Self::new(ConnectionManager::global())
    }

    /// Uses the database of a manager.
    pub fn new(manager: &ConnectionManager) -> Self {
        Self(Source::Manager(manager.clone()))
    }

    /// Uses a database without a manager, such as a test's.
    pub fn with_db(db: Db) -> Self {
        Self(Source::Db(db))
    }

    /// Returns the database.
    ///
    /// # Errors
    /// The errors of [`ConnectionManager::db`], such as `CONFIG_ERROR` if the manager is not initialized.
    pub fn db(&self) -> Result<Db> {
        match &self.0 {
            Source::Manager(manager) => manager.db(),
            Source::Db(db) => Ok(db.clone()),
        }
    }
}
