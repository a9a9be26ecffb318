//! The connection manager: connects, says what is wrong, comes back by itself.
//!
//! A [`Db`] already outlives an outage: it opens new connections as it needs them. The manager adds what
//! an application needs around that: it starts before its database does, knows at any time how the connection is
//! doing, and ends in good order.
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

mod clock;
mod config;
mod health;
mod report;
mod repository;
mod session;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use self::clock::{Clock, Stop, SystemClock};
pub use self::config::ManagerConfig;
pub use self::report::{
    ConnectionState, ConnectionStatus, DatabaseHealth, ErrorReport, Health, HealthStatus,
    SystemHealth,
};
pub use self::repository::Repository;
use self::session::Inner;
use crate::error::Result;
use crate::handle::Db;

/// How long [`ConnectionManager::test_connection`] and a health check wait for the database.
const CHECK: Duration = Duration::from_secs(5);

fn ping(db: &Db) -> Result<Duration> {
    db.ping(CHECK.min(db.checkout_timeout()))
}

/// Owns an application's connection to its database.
///
/// [`global`](Self::global) is the process's one manager; [`new`](Self::new) and
/// [`with_config`](Self::with_config) make others. Cloning is cheap and gives another handle to the same manager.
///
/// - [`initialize`](Self::initialize) connects. After a temporary error it tries again, up to
///   `max_retries` times, before attempt `i` after `base × 2^(i−1)`; a permanent one (a wrong password, an unknown
///   database) it returns at once. Either way the manager then tries again every 30 s in the background, until
///   it is connected or told to disconnect; only wrong settings (`CONFIG_ERROR`) it leaves alone.
/// - A lost connection shows when it is used, or by [`health`](Self::health): then the manager asks the
///   server at once and, where it is gone, every 30 s. The [`Db`] stays usable through it all, and works as
///   soon as the server is back.
/// - [`status`](Self::status) and [`is_connected`](Self::is_connected) never wait.
/// - [`disconnect`](Self::disconnect) ends within 5 s, also while connecting and with connections that hang.
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
    /// The process's one manager.
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<ConnectionManager> = OnceLock::new();
        GLOBAL.get_or_init(Self::new)
    }

    /// A manager that takes its settings from the environment ([`ManagerConfig::from_env`]) when it is
    /// initialized.
    pub fn new() -> Self {
        Self::default()
    }

    /// A manager with settings of its own.
    pub fn with_config(config: ManagerConfig) -> Self {
        let manager = Self::default();
        manager.inner.configure(config);
        manager
    }

    /// Whether both are handles to the same manager.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Connects, and waits for that: see above. Where the manager is connected already, it gives the database
    /// at once. Callers at the same time wait for each other.
    ///
    /// # Errors
    /// That of the last attempt: see [`Db::connect`]; `CONFIG_ERROR` for settings that are wrong, and where
    /// somebody disconnected meanwhile.
    pub fn initialize(&self) -> Result<Db> {
        self.inner.initialize(None)
    }

    /// The same with these settings, which the manager keeps.
    ///
    /// # Errors
    /// As for [`initialize`](Self::initialize); `CONFIG_ERROR` where the manager is connected already.
    pub fn initialize_with(&self, config: ManagerConfig) -> Result<Db> {
        self.inner.initialize(Some(config))
    }

    /// The database.
    ///
    /// # Errors
    /// `CONFIG_ERROR` where the manager was not initialized or has disconnected; where it could not connect so far,
    /// the error of the last attempt.
    pub fn db(&self) -> Result<Db> {
        self.inner.db()
    }

    /// Whether the manager is connected, as far as it knows. It learns of a loss when a connection is used.
    pub fn is_connected(&self) -> bool {
        self.inner.state() == ConnectionState::Connected
    }

    /// How the connection is doing, as far as the manager knows. Never waits.
    pub fn status(&self) -> ConnectionStatus {
        self.inner.status()
    }

    /// Asks the database whether it answers, and tells how long that took. It does exactly when a query would. Waits
    /// for at most 5 s, or the checkout time-out where that is shorter.
    ///
    /// # Errors
    /// Those of [`db`](Self::db) and of [`Db::ping`].
    pub fn test_connection(&self) -> Result<Duration> {
        ping(&self.db()?)
    }

    /// Asks the database whether it answers, and tells of it and of the program. Ends within about 5 s.
    pub fn health(&self) -> Health {
        health::check(&self.inner)
    }

    /// Connects anew, with the retries of [`initialize`](Self::initialize). Where there is a [`Db`], it stays, also
    /// for those who hold it, and its connections are looked at before they are used again. After
    /// [`disconnect`](Self::disconnect) there is a new one.
    ///
    /// # Errors
    /// As for [`initialize`](Self::initialize).
    pub fn reconnect(&self) -> Result<Db> {
        self.inner.reconnect()
    }

    /// Ends all connections, and whatever tries to make one. Work that runs has 4 s to end; how many
    /// connections still worked then is told, and they close when they are done. Every handle to the database is
    /// unusable from now on. A database in memory is gone.
    ///
    /// Ends within 5 s, whatever happens.
    pub fn disconnect(&self) -> u32 {
        self.inner.disconnect()
    }
}
