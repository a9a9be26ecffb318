//! What an application's own repositories are built on.

use crate::error::Result;
use crate::handle::Db;
use crate::manager::ConnectionManager;

/// Gives an application's own repositories the database, at each use, so that they can be made before there is one
/// and outlive a reconnect.
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
///         // An error, not a panic, where the manager is not initialized.
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
    /// On the process's one manager.
    pub fn global() -> Self {
        Self::new(ConnectionManager::global())
    }

    /// On the database of a manager.
    pub fn new(manager: &ConnectionManager) -> Self {
        Self(Source::Manager(manager.clone()))
    }

    /// On a database without a manager, such as a test's.
    pub fn with_db(db: Db) -> Self {
        Self(Source::Db(db))
    }

    /// The database.
    ///
    /// # Errors
    /// Those of [`ConnectionManager::db`], such as `CONFIG_ERROR` where it is not initialized.
    pub fn db(&self) -> Result<Db> {
        match &self.0 {
            Source::Manager(manager) => manager.db(),
            Source::Db(db) => Ok(db.clone()),
        }
    }
}
