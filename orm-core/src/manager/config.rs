//! Settings of a connection manager.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use super::clock::{Clock, Time};
use crate::error::Result;
use crate::handle::Backoff;
use crate::handle::DbBuilder;
use crate::handle::Environment;

/// Settings of a [`ConnectionManager`](super::ConnectionManager).
#[derive(Debug, Clone)]
pub struct ManagerConfig {
    pub(super) db: DbBuilder,
    pub(super) max_retries: u32,
    pub(super) backoff: Backoff,
    pub(super) reconnect_interval: Duration,
    /// If it isn't the machine's.
    pub(super) time: Time,
}

impl ManagerConfig {
    /// Returns the default settings for the database of `db`.
    pub fn new(db: DbBuilder) -> Self {
        Self {
            db,
            max_retries: 5,
            backoff: Backoff::new(Duration::from_secs(1)),
            reconnect_interval: Duration::from_secs(30),
            time: Time::default(),
        }
    }

    /// Reads the settings from the environment: those of [`DbBuilder::from_env`], and
    ///
    /// | variable | what | default |
    /// |---|---|---|
    /// | `DB_MAX_RETRIES` | [`max_retries`](Self::max_retries) | 5 |
    /// | `DB_RETRY_BASE_DELAY` | the delay before the first retry, in milliseconds | 1000 |
    ///
    /// # Errors
    /// A `CONFIG_ERROR` that names every variable that is missing or doesn't parse.
    pub fn from_env() -> Result<Self> {
        Self::from_environment(Environment::process())
    }

    /// Works like [`from_env`](Self::from_env), with variables from elsewhere, such as a file.
    ///
    /// ```
    /// # use orm_core::manager::ManagerConfig;
    /// let config = ManagerConfig::from_variables(|name| match name {
    ///     "DATABASE_URL" => Some("sqlite:blog.db".into()),
    ///     "DB_MAX_RETRIES" => Some("many".into()),
    ///     _ => None,
    /// });
    /// assert_eq!(
    ///     config.unwrap_err().to_string(),
    ///     "the environment's settings are not valid: DB_MAX_RETRIES is wrong: it must be a whole number \
    ///      from 0 to 4294967295",
    /// );
    /// ```
    ///
    /// # Errors
    /// See [`from_env`](Self::from_env).
    pub fn from_variables(look_up: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        Self::from_environment(Environment::new(&look_up))
    }

    fn from_environment(environment: Environment<'_>) -> Result<Self> {
        let mut config = Self::new(DbBuilder::of(&environment));
        if let Some(retries) = environment.number("DB_MAX_RETRIES", "", 0) {
            config.max_retries = retries;
        }
        if let Some(delay) = environment.milliseconds("DB_RETRY_BASE_DELAY", 0) {
            config.backoff = Backoff::new(delay);
        }
        environment.finish().map(|()| config)
    }

    /// Sets how often `initialize` tries to connect again after a temporary error before it returns the error; 5 by
    /// default.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the delays between these attempts; by default 1 s, 2 s, 4 s and so on, without cap and jitter.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets how long the manager waits between attempts in the background while it has no connection; 30 s by default.
    pub fn reconnect_interval(mut self, interval: Duration) -> Self {
        self.reconnect_interval = interval;
        self
    }

    /// Sets a clock other than the machine's, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.time = Time::of(clock);
        self
    }
}
