//! The connection manager: it connects, reports what is wrong, and reconnects by itself.
//!
//! A [`Db`] already survives an outage: it opens new connections as it needs them. The manager adds what an application
//! needs around that: it can start before its database, it knows the state of the connection at any time, and it shuts
//! down in order.
//!
//! ```no_run
//! use orm_core::manager::ConnectionManager;
//!
//! # fn main() -> orm_core::Result<()> {
//! let manager = ConnectionManager::global();
//! manager.initialize()?; // DATABASE_URL and the DB_… variables; waits and retries
//! let db = manager.db()?;
//! println!("{:?}", manager.status());
//! manager.disconnect();
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "tokio")]
mod asynchronous;
mod clock;
mod config;
mod health;
mod report;
mod repository;
mod session;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "tokio")]
pub use self::asynchronous::AsyncConnectionManager;
pub use self::clock::{Clock, Stop, SystemClock};
pub use self::config::ManagerConfig;
pub use self::report::{
    ConnectionState, ConnectionStatus, DatabaseHealth, ErrorReport, Health, HealthStatus,
    SystemHealth,
};
pub use self::repository::Repository;
use self::session::Inner;
use crate::backend::process::PerProcess;
use crate::error::Result;
use crate::handle::Db;

/// How long [`ConnectionManager::test_connection`] and a health check wait for the database.
const CHECK: Duration = Duration::from_secs(5);

fn ping(db: &Db) -> Result<Duration> {
    db.ping(CHECK.min(db.checkout_timeout()))
}

/// Owns an application's connection to its database.
///
/// [`global`](Self::global) is the process-wide manager; [`new`](Self::new) and [`with_config`](Self::with_config)
/// create others. Cloning is cheap and returns another handle to the same manager.
///
/// - [`initialize`](Self::initialize) connects. After a temporary error it tries again, up to `max_retries` times, and
///   waits `base × 2^(i−1)` before attempt `i`. It returns a permanent error (a wrong password, an unknown database) at
///   once. In both cases the manager then tries again every 30 s in the background, until it is connected or
///   disconnected. It doesn't try again if the settings are wrong (`CONFIG_ERROR`).
/// - The manager notices a lost connection when it is used, or by [`health`](Self::health). It then asks the server at
///   once and, while the server is gone, every 30 s. The [`Db`] stays usable all the time, and works again as soon as
///   the server is back.
/// - [`status`](Self::status) and [`is_connected`](Self::is_connected) never wait.
/// - [`disconnect`](Self::disconnect) ends within 5 s, even while connecting and with connections that hang.
/// - A manager belongs to the process that created it. In a forked one its calls are refused (`CONFIG_ERROR`), and its
///   reports say that it is disconnected.
#[derive(Clone, Default)]
pub struct ConnectionManager {
    inner: Arc<Inner>,
}

impl fmt::Debug for ConnectionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status();
        f.debug_struct("ConnectionManager")
            .field("state", &status.state)
            .field("url", &status.url)
            .field("pool", &status.pool)
            .finish_non_exhaustive()
    }
}

impl ConnectionManager {
    /// Returns the process-wide manager. A forked process has another one, which isn't initialized.
    pub fn global() -> &'static Self {
        static GLOBAL: PerProcess<ConnectionManager> = PerProcess::new();
        GLOBAL.get()
    }

    /// Creates a manager that reads its settings from the environment ([`ManagerConfig::from_env`]) when it is
    /// initialized.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a manager with its own settings.
    pub fn with_config(config: ManagerConfig) -> Self {
        let manager = Self::default();
        manager.inner.configure(config);
        manager
    }

    /// Returns whether both are handles to the same manager.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Connects, and waits until it is connected, as described above. Returns the database at once if the manager is
    /// already connected. Simultaneous callers wait for each other.
    ///
    /// # Errors
    /// The error of the last attempt: see [`Db::connect`]. `CONFIG_ERROR` if the settings are wrong, or if the manager
    /// was disconnected in the meantime.
    pub fn initialize(&self) -> Result<Db> {
        self.inner.initialize(None)
    }

    /// Works like [`initialize`](Self::initialize), with these settings, which the manager keeps.
    ///
    /// # Errors
    /// See [`initialize`](Self::initialize). `CONFIG_ERROR` if the manager is already connected.
    pub fn initialize_with(&self, config: ManagerConfig) -> Result<Db> {
        self.inner.initialize(Some(config))
    }

    /// Returns the database.
    ///
    /// # Errors
    /// `CONFIG_ERROR` if the manager was not initialized or has disconnected. If it has not been able to connect so
    /// far, the error of the last attempt.
    pub fn db(&self) -> Result<Db> {
        self.inner.db()
    }

    /// Returns whether the manager is connected, as far as it knows. It notices a loss when a connection is used.
    pub fn is_connected(&self) -> bool {
        self.inner.state() == ConnectionState::Connected
    }

    /// Returns the state of the connection, as far as the manager knows. Never waits.
    pub fn status(&self) -> ConnectionStatus {
        self.inner.status()
    }

    /// Checks that the database answers, and returns how long that took. It answers exactly if a query would. Waits at
    /// most 5 s, or the checkout timeout if that is shorter.
    ///
    /// # Errors
    /// The errors of [`db`](Self::db) and of [`Db::ping`].
    pub fn test_connection(&self) -> Result<Duration> {
        ping(&self.db()?)
    }

    /// Checks whether the database answers, and reports the health of the database and of the program. Ends within
    /// about 5 s.
    pub fn health(&self) -> Health {
        health::check(&self.inner)
    }

    /// Connects again, with the retries of [`initialize`](Self::initialize). An existing [`Db`] stays valid, even for
    /// its other holders, and its connections are checked before they are used again. After
    /// [`disconnect`](Self::disconnect) there is a new one.
    ///
    /// # Errors
    /// See [`initialize`](Self::initialize).
    pub fn reconnect(&self) -> Result<Db> {
        self.inner.reconnect()
    }

    /// Closes all connections, and ends all attempts to connect. Running work has 4 s to end. Returns the number of
    /// connections that are still in use then; they close when they are done. All handles to the database become
    /// unusable. A database in memory is gone.
    ///
    /// Ends within 5 s in any case.
    pub fn disconnect(&self) -> u32 {
        self.inner.disconnect()
    }
}
