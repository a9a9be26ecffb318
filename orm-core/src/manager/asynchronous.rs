//! The manager of async programs.

use std::fmt;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::report::{ConnectionStatus, Health};
use super::{CHECK, ConnectionManager, ManagerConfig, health};
use crate::error::Result;
use crate::handle::{AsyncDb, runtime};
use crate::run::Run;
use crate::wait::Fiber;

/// Owns the connection of an async program to its database: a [`ConnectionManager`] whose calls that wait are futures. Needs the
/// Cargo feature `tokio`.
///
/// ```no_run
/// use orm_core::AsyncConnectionManager;
///
/// # async fn serve(_: orm_core::AsyncDb) -> orm_core::Result<()> { Ok(()) }
/// # async fn f() -> orm_core::Result<()> {
/// let manager = AsyncConnectionManager::global();
/// let db = manager.initialize().await?; // DATABASE_URL and the DB_… variables; waits and retries
/// println!("{:?}", manager.health().await.status);
/// serve(db).await?; // until a signal
/// manager.disconnect().await;
/// # Ok(())
/// # }
/// ```
///
/// It has the settings, the retries and the reports of the `ConnectionManager` that it is made of, and is the same manager:
/// a program may use both. No call blocks a thread of the runtime. While it has no connection, a thread tries again in the background.
///
/// # Cancellation
/// A future may be dropped at any time. Then its attempts to connect end, and the manager goes on as before the call: if it was
/// disconnected, it is again, and if it had a database, it finds out in the background whether that can be reached.
/// [`disconnect`](Self::disconnect) ends in the background.
#[derive(Clone)]
pub struct AsyncConnectionManager {
    manager: ConnectionManager,
}

impl fmt::Debug for AsyncConnectionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncConnectionManager").field(&self.manager).finish()
    }
}

impl Default for AsyncConnectionManager {
    fn default() -> Self {
        Self::new()
    }
}

impl From<ConnectionManager> for AsyncConnectionManager {
    fn from(manager: ConnectionManager) -> Self {
        Self { manager }
    }
}

impl AsyncConnectionManager {
    /// Returns the process-wide manager: that of [`ConnectionManager::global`].
    pub fn global() -> Self {
        ConnectionManager::global().clone().into()
    }

    /// Creates a manager that reads its settings from the environment: see [`ConnectionManager::new`].
    pub fn new() -> Self {
        ConnectionManager::new().into()
    }

    /// Creates a manager with its own settings.
    pub fn with_config(config: ManagerConfig) -> Self {
        ConnectionManager::with_config(config).into()
    }

    /// Returns the same manager, with calls that block the thread.
    pub fn blocking(&self) -> &ConnectionManager {
        &self.manager
    }

    /// Returns whether both are handles to the same manager.
    pub fn is_same(&self, other: &Self) -> bool {
        self.manager.is_same(&other.manager)
    }

    /// Connects, and waits until it is connected: see [`ConnectionManager::initialize`].
    ///
    /// # Errors
    /// Those of [`ConnectionManager::initialize`]; `CONFIG_ERROR` outside a runtime.
    pub fn initialize(&self) -> Run<'_, AsyncDb> {
        self.run(ConnectionManager::initialize)
    }

    /// Works like [`initialize`](Self::initialize), with these settings, which the manager keeps.
    ///
    /// # Errors
    /// Those of [`ConnectionManager::initialize_with`]; `CONFIG_ERROR` outside a runtime.
    pub fn initialize_with(&self, config: ManagerConfig) -> Run<'_, AsyncDb> {
        self.run(|manager| manager.initialize_with(config))
    }

    /// Returns the database. Never waits.
    ///
    /// # Errors
    /// Those of [`ConnectionManager::db`].
    pub fn db(&self) -> Result<AsyncDb> {
        self.manager.db().map(AsyncDb::from)
    }

    /// Returns whether the manager is connected, as far as it knows: see [`ConnectionManager::is_connected`].
    pub fn is_connected(&self) -> bool {
        self.manager.is_connected()
    }

    /// Returns the state of the connection, as far as the manager knows. Never waits.
    pub fn status(&self) -> ConnectionStatus {
        self.manager.status()
    }

    /// Checks that the database answers, and returns how long that took: see [`ConnectionManager::test_connection`].
    ///
    /// # Errors
    /// Those of [`ConnectionManager::test_connection`]; `CONFIG_ERROR` outside a runtime.
    pub fn test_connection(&self) -> Run<'_, Duration> {
        Run::new(async move {
            let db = self.db()?;
            db.ping(CHECK.min(db.blocking().checkout_timeout())).await
        })
    }

    /// Checks whether the database answers, and reports the health of the database and of the program: see
    /// [`ConnectionManager::health`].
    pub async fn health(&self) -> Health {
        let start = Instant::now();
        let answer = self.test_connection().await;
        health::report(&self.manager.inner, start, answer)
    }

    /// Connects again: see [`ConnectionManager::reconnect`].
    ///
    /// # Errors
    /// Those of [`ConnectionManager::reconnect`]; `CONFIG_ERROR` outside a runtime.
    pub fn reconnect(&self) -> Run<'_, AsyncDb> {
        self.run(ConnectionManager::reconnect)
    }

    /// Closes all connections, and ends all attempts to connect: see [`ConnectionManager::disconnect`]. Transactions and other calls that run have
    /// 4 s to end, and other tasks go on meanwhile. Returns the number of connections that are still in use then.
    ///
    /// It ends in the background if its future is dropped. Outside a runtime it blocks the thread.
    pub async fn disconnect(&self) -> u32 {
        if Handle::try_current().is_err() {
            return self.manager.disconnect();
        }
        // It doesn't fail.
        Fiber::new(|| Ok(self.manager.disconnect())).await.unwrap_or_default()
    }

    /// Connects by a call of the manager that waits, on a fiber.
    fn run<'a>(
        &'a self,
        f: impl FnOnce(&ConnectionManager) -> Result<crate::Db> + Send + 'a,
    ) -> Run<'a, AsyncDb> {
        Run::new(async move {
            runtime()?;
            Fiber::new(move || f(&self.manager)).await.map(AsyncDb::from)
        })
    }
}
