//! The state of a manager, and its changes.

mod attempts;
mod supervise;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use self::attempts::Attempts;
use crate::backend::process::Process;
use crate::error::{Error, ErrorCategory, ErrorKind, Result};
use crate::handle::{Db, PoolStatus};
use crate::manager::clock::Stop;
use crate::manager::config::ManagerConfig;
use crate::manager::report::{ConnectionState, ConnectionStatus, ErrorReport};
use crate::wait::{self, Lock, Slot};

/// How long a disconnect waits for running work, and for connections to close.
const PATIENCE: Duration = Duration::from_secs(4);
const CLOSING: Duration = Duration::from_millis(500);

/// How long the server may take to answer on a new connection.
const PROBE: Duration = Duration::from_secs(5);

pub(in crate::manager) struct Inner {
    created: Instant,
    /// Another process must not take the locks below, which its parent's threads may have held at the fork.
    process: Process,
    /// Held while a thread or a task connects, so that only one does. Disconnecting never takes it.
    connecting: Lock,
    /// Never held during work with a database, because that work may call back into this type.
    session: Mutex<Session>,
}

/// The state from one disconnect to the next.
#[derive(Default)]
struct Session {
    config: Option<ManagerConfig>,
    state: ConnectionState,
    db: Option<Db>,
    /// Why there is no `db`, for callers that ask for it.
    error: Option<Error>,
    last_error: Option<ErrorReport>,
    last_connected_at: Option<DateTime<Utc>>,
    retry_count: u32,
    stop: Arc<Stop>,
    /// Whether a thread supervises the connection.
    supervised: bool,
    /// Whether something went wrong since that thread last checked.
    suspect: bool,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            created: Instant::now(),
            process: Process::current(),
            connecting: Lock::default(),
            session: Mutex::new(Session::default()),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.process.is_current() {
            self.lock().stop.stop();
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::manager) fn configure(&self, config: ManagerConfig) {
        self.lock().config = Some(config);
    }

    pub(in crate::manager) fn state(&self) -> ConnectionState {
        if !self.process.is_current() {
            return ConnectionState::Disconnected;
        }
        self.lock().state
    }

    pub(in crate::manager) fn uptime(&self) -> Duration {
        self.created.elapsed()
    }

    pub(in crate::manager) fn now(&self) -> DateTime<Utc> {
        if !self.process.is_current() {
            return Utc::now();
        }
        // Asked without the lock: a program's clock may use the manager.
        let time = self.lock().config.as_ref().map(|config| config.time.clone());
        time.unwrap_or_default().now()
    }

    pub(in crate::manager) fn status(&self) -> ConnectionStatus {
        if let Err(error) = self.process.check() {
            return ConnectionStatus {
                state: ConnectionState::Disconnected,
                connected: false,
                url: None,
                last_connected_at: None,
                last_error: Some(ErrorReport::new(&error, Utc::now())),
                retry_count: 0,
                pool: PoolStatus::default(),
                servers: Vec::new(),
            };
        }
        let (mut status, db) = {
            let session = self.lock();
            let status = ConnectionStatus {
                state: session.state,
                connected: session.state == ConnectionState::Connected,
                url: session.config.as_ref().map(|config| config.db.sanitized_url()),
                last_connected_at: session.last_connected_at,
                last_error: session.last_error.clone(),
                retry_count: session.retry_count,
                pool: PoolStatus::default(),
                servers: Vec::new(),
            };
            (status, session.db.clone())
        };
        if let Some(db) = db {
            status.pool = db.pool_status();
            status.servers = db.servers();
        }
        status
    }

    pub(in crate::manager) fn db(&self) -> Result<Db> {
        self.process.check()?;
        let session = self.lock();
        if let Some(db) = &session.db {
            return Ok(db.clone());
        }
        if let Some(error) = &session.error {
            return Err(error.duplicate());
        }
        let message = match session.state {
            ConnectionState::Connecting => "the connection manager is still connecting",
            _ if session.last_connected_at.is_some() => "the connection manager has disconnected",
            _ => "the connection manager is not initialized",
        };
        Err(Error::new(ErrorKind::Config, message)
            .with_hint("call `ConnectionManager::initialize` (or `reconnect`) first"))
    }

    pub(in crate::manager) fn initialize(
        self: &Arc<Self>,
        config: Option<ManagerConfig>,
    ) -> Result<Db> {
        self.process.check()?;
        let _turn = self.connecting.lock()?;
        if let Some(db) = self.lock().db.clone() {
            if config.is_none() {
                return Ok(db);
            }
            let message = "the connection manager is connected already, with other settings";
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("call `disconnect` before `initialize_with`"));
        }
        if let Some(config) = config {
            self.configure(config);
        }
        self.connect()
    }

    pub(in crate::manager) fn reconnect(self: &Arc<Self>) -> Result<Db> {
        self.process.check()?;
        let _turn = self.connecting.lock()?;
        let there_is = self.lock().db.clone();
        if let Some(db) = there_is {
            db.source().doubt();
        }
        self.connect()
    }

    /// Connects with retries, while the caller waits.
    fn connect(self: &Arc<Self>) -> Result<Db> {
        let (config, attempts) = self.begin()?;
        let stop = &attempts.stop;
        for attempt in 0.. {
            if attempt > 0 {
                self.lock().retry_count = attempt;
                config.time.wait(config.backoff.delay(attempt), stop);
            }
            let error = match self.attempt(&config, stop) {
                Ok(db) => return Ok(db),
                Err(error) => error,
            };
            if stop.is_stopped() || wait::is_cancelled() {
                return Err(error);
            }
            if !error.is_temporary() || attempt >= config.max_retries {
                tracing::warn!(target: "mizzle::manager", code = %error.code(), %error, attempt, "could not connect");
                self.lose(&error, stop);
                return Err(error);
            }
            tracing::info!(target: "mizzle::manager", code = %error.code(), %error, attempt, "could not connect yet");
            self.note(&error, stop);
        }
        unreachable!("the last attempt returns")
    }

    /// Begins to connect.
    fn begin(self: &Arc<Self>) -> Result<(ManagerConfig, Attempts<'_>)> {
        let known = self.lock().config.clone();
        let config = known.map_or_else(ManagerConfig::from_env, Ok);
        let mut session = self.lock();
        let before = session.state;
        // The caller replaces a thread that connects in the background.
        session.stop.stop();
        session.stop = Arc::new(Stop::default());
        session.supervised = false;
        session.retry_count = 0;
        match config {
            Ok(config) => {
                session.config = Some(config.clone());
                session.state = ConnectionState::Connecting;
                let stop = Arc::clone(&session.stop);
                Ok((config, Attempts { inner: self, stop, before }))
            }
            Err(error) => {
                session.state = ConnectionState::Failed;
                session.last_error = Some(ErrorReport::new(&error, Utc::now()));
                session.error = Some(error.duplicate());
                Err(error)
            }
        }
    }

    /// Tries once to create a database handle, or to reach the database of the existing one.
    fn attempt(self: &Arc<Self>, config: &ManagerConfig, stop: &Arc<Stop>) -> Result<Db> {
        let disconnected = || {
            Error::new(ErrorKind::Config, "the connection manager was disconnected in the meantime")
        };
        if stop.is_stopped() {
            return Err(disconnected());
        }
        let there_was = self.lock().db.clone();
        let (db, new) = match there_was {
            Some(db) => {
                prove(&db)?;
                (db, false)
            }
            None => {
                let db = config.db.clone().connect()?;
                db.source().watch(self.watcher());
                (db, true)
            }
        };
        let at = config.time.now();
        let wanted = {
            let mut session = self.lock();
            let wanted = !stop.is_stopped();
            if wanted {
                session.db = Some(db.clone());
                session.connected(at);
            }
            wanted
        };
        if wanted {
            return Ok(db);
        }
        if new {
            db.close(Duration::ZERO);
        }
        Err(disconnected())
    }

    fn note(&self, error: &Error, stop: &Stop) {
        let at = self.now();
        let mut session = self.lock();
        if !stop.is_stopped() {
            session.last_error = Some(ErrorReport::new(error, at));
            session.error = Some(error.duplicate());
        }
    }

    /// Records that there is no connection. Supervises the connection, unless the settings are wrong.
    fn lose(self: &Arc<Self>, error: &Error, stop: &Arc<Stop>) {
        self.note(error, stop);
        let hopeless = error.category() == ErrorCategory::ConfigError;
        {
            let mut session = self.lock();
            if stop.is_stopped() {
                return;
            }
            session.state =
                if hopeless { ConnectionState::Failed } else { ConnectionState::Reconnecting };
        }
        if !hopeless {
            self.supervise(stop, true);
        }
    }

    pub(in crate::manager) fn disconnect(&self) -> u32 {
        if !self.process.is_current() {
            return 0;
        }
        let db = {
            let mut session = self.lock();
            session.stop.stop();
            session.stop = Arc::new(Stop::default());
            session.state = ConnectionState::Disconnected;
            session.error = None;
            session.last_error = None;
            session.retry_count = 0;
            session.supervised = false;
            session.db.take()
        };
        let Some(db) = db else {
            return 0;
        };
        let worked = db.pool_status().in_use;
        // Uses its own thread: how long closing a connection takes depends on libpq and the system.
        let closed = Arc::new(Slot::default());
        let done = Arc::clone(&closed);
        let close = move || done.fill(db.close(PATIENCE));
        let left = match thread::Builder::new().name("mizzle-disconnect".into()).spawn(close) {
            Ok(_) => {
                let left = closed.wait(PATIENCE + CLOSING, |left| left.copied());
                left.ok().flatten().unwrap_or(worked)
            }
            Err(error) => {
                tracing::error!(target: "mizzle::manager", %error, "no thread to disconnect on");
                worked
            }
        };
        if left > 0 {
            tracing::warn!(target: "mizzle::manager", connections = left, "disconnected while connections still work");
        }
        left
    }
}

impl Session {
    fn connected(&mut self, at: DateTime<Utc>) {
        self.state = ConnectionState::Connected;
        self.last_connected_at = Some(at);
        self.last_error = None;
        self.error = None;
        self.retry_count = 0;
    }
}

/// Checks that the database can be reached. Uses a new connection, because those of the pool may all be in use.
fn prove(db: &Db) -> Result<()> {
    let source = db.source();
    if source.is_private_memory() {
        return match db.ping(PROBE) {
            // The database lives in its only connection, which is in use.
            Err(error) if error.category() == ErrorCategory::PoolExhausted => Ok(()),
            other => other.map(drop),
        };
    }
    match source.open().and_then(|mut connection| connection.ping(PROBE)) {
        // The server has no free connections, and the pool has some of them.
        Err(error)
            if error.category() == ErrorCategory::PoolExhausted
                && db.pool_status().connections > 0 =>
        {
            Ok(())
        }
        other => other,
    }
}
