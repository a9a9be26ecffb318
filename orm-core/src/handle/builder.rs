//! Settings of a database handle.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, atomic::AtomicBool};
use std::time::Duration;

use super::db::Db;
use super::environment::Environment;
use super::pool::{ConnectionSource, Pool, Settings};
use super::replicas::{Replicas, Settings as ReplicaSettings};
use super::watch;
use crate::backend::{AnyConnection, ConnectHook, ConnectOptions, Prepare, Target, Tls, TlsMode};
use crate::error::{Error, ErrorKind, Result};

/// Settings of a [`Db`].
///
/// Parameters in the URL (`sslmode`, `connect_timeout`, `application_name` and others of libpq) take precedence over
/// the settings here. Connections notice within a minute that their server has disappeared silently, unless the URL
/// sets `keepalives…` or `tcp_user_timeout`.
#[derive(Clone)]
#[must_use = "nothing happens before `connect`"]
pub struct DbBuilder {
    url: String,
    pool_size: u32,
    min_idle: u32,
    idle_timeout: Option<Duration>,
    max_lifetime: Option<Duration>,
    checkout_timeout: Duration,
    retry_reads: bool,
    pub(super) options: ConnectOptions,
    hook: Option<ConnectHook>,
    replicas: ReplicaSettings,
}

/// Leaves out the URL, because it may contain a password.
impl fmt::Debug for DbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbBuilder")
            .field("pool_size", &self.pool_size)
            .field("min_idle", &self.min_idle)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_lifetime", &self.max_lifetime)
            .field("checkout_timeout", &self.checkout_timeout)
            .field("retry_reads", &self.retry_reads)
            .field("options", &self.options)
            .field("replicas", &self.replicas.urls.len())
            .finish_non_exhaustive()
    }
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(5),
            statement_timeout: None,
            application_name: "mizzle".into(),
            tls: Tls::default(),
            prepare: Prepare::default(),
            log_values: false,
            renew_sessions: false,
            #[cfg(feature = "postgres")]
            refuses_settings: Arc::default(),
            #[cfg(feature = "d1")]
            d1: crate::backend::D1Options::default(),
            #[cfg(feature = "sqlite")]
            board: crate::backend::notify::Board::new(Arc::default()),
            #[cfg(feature = "postgres")]
            silent: None,
            #[cfg(feature = "test")]
            counter: Arc::default(),
        }
    }
}

impl DbBuilder {
    /// Reads the settings from variables: see [`from_env`](Self::from_env).
    pub(crate) fn of(environment: &Environment<'_>) -> Self {
        let mut builder = Self::new(&environment.url());
        if let Some(size) = environment.number("DB_POOL_SIZE", "", 1) {
            builder = builder.pool_size(size);
        }
        if let Some(timeout) = environment.milliseconds("DB_CONNECTION_TIMEOUT", 1) {
            builder = builder.connect_timeout(timeout).checkout_timeout(timeout);
        }
        builder
    }

    pub(crate) fn new(url: &str) -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            url: url.into(),
            pool_size: 10,
            min_idle: 0,
            idle_timeout: Some(10 * MINUTE),
            max_lifetime: Some(30 * MINUTE),
            checkout_timeout: Duration::from_secs(10),
            retry_reads: true,
            options: ConnectOptions::default(),
            hook: None,
            replicas: ReplicaSettings::default(),
        }
    }

    /// Reads the settings from the environment:
    ///
    /// | variable | what | default |
    /// |---|---|---|
    /// | `DATABASE_URL` | the database: see [`Db::connect`] | none, must be set |
    /// | `DB_POOL_SIZE` | [`pool_size`](Self::pool_size) | 10 |
    /// | `DB_CONNECTION_TIMEOUT` | [`connect_timeout`](Self::connect_timeout) and [`checkout_timeout`](Self::checkout_timeout), in milliseconds | 10000 |
    ///
    /// # Errors
    /// A `CONFIG_ERROR` that names every variable that is missing or doesn't parse.
    pub fn from_env() -> Result<Self> {
        let environment = Environment::process();
        let builder = Self::of(&environment);
        environment.finish().map(|()| builder)
    }

    /// Sets the maximum number of connections; 10 by default. A database in memory always has one connection, because
    /// each connection would be its own database.
    pub fn pool_size(mut self, connections: u32) -> Self {
        self.pool_size = connections;
        self
    }

    /// Sets how many connections are kept open for future work, at most the pool's size; 0 by default, so connections
    /// open when they are needed.
    pub fn min_idle(mut self, connections: u32) -> Self {
        self.min_idle = connections;
        self
    }

    /// Sets how long a connection may be idle before it is closed, unless [`min_idle`](Self::min_idle) keeps it; 10 min
    /// by default, `None` for no limit. Checked every 30 s.
    pub fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets the age after which a connection is replaced by a new one, once it is idle; 30 min by default, `None` for
    /// no limit. Checked every 30 s.
    pub fn max_lifetime(mut self, lifetime: Option<Duration>) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// Sets how long to wait until a connection of the pool becomes free or is opened; 10 s by default. After that, the
    /// error says why there is none: `POOL_EXHAUSTED` if all are in use, otherwise the error of opening one. Callers
    /// that wait don't notice an outage of the server that is shorter than this.
    pub fn checkout_timeout(mut self, timeout: Duration) -> Self {
        self.checkout_timeout = timeout;
        self
    }

    /// Sets how long the server may take to accept a connection, unless the URL does (`connect_timeout`, in seconds);
    /// 10 s by default. SQLite doesn't need it.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// Sets how long a statement may take; `None`, for no limit, by default.
    ///
    /// After this time the database ends the statement (`is_timeout`). If the server doesn't even answer, because it or
    /// the network hangs, the connection is given up a second later: `NETWORK_ERROR`.
    pub fn statement_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.options.statement_timeout = timeout;
        self
    }

    /// Sets whether PostgreSQL keeps statements prepared, unless the URL does (`prepare=auto`, `always` or `never`). By
    /// default it does, unless there is a pooler such as PgBouncer in between: see [`Prepare`].
    pub fn prepare(mut self, prepare: Prepare) -> Self {
        self.options.prepare = prepare;
        self
    }

    /// Sets how long a statement on SQLite waits for another program's lock; 5 s by default, and never longer than the
    /// statement timeout.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.options.busy_timeout = timeout;
        self
    }

    /// Sets the name under which PostgreSQL lists the connections (`pg_stat_activity`), unless the URL does; `mizzle`
    /// by default.
    pub fn application_name(mut self, name: &str) -> Self {
        self.options.application_name = name.into();
        self
    }

    /// Sets whether connections to a server are encrypted, unless the URL does (`sslmode`). By default they are if the
    /// server supports it ([`TlsMode::Prefer`]). Needs a libpq with TLS, which the feature `postgres-bundled` doesn't
    /// have.
    pub fn tls(mut self, mode: TlsMode) -> Self {
        self.options.tls.mode = Some(mode);
        self
    }

    /// Sets the file with the certificates of the authorities that the server's certificate is checked against, unless
    /// the URL does (`sslrootcert`); by default libpq's `~/.postgresql/root.crt`. For [`TlsMode::VerifyCa`] and
    /// [`TlsMode::VerifyFull`].
    pub fn tls_root_certificate(mut self, file: impl AsRef<Path>) -> Self {
        self.options.tls.root_certificate = Some(file.as_ref().into());
        self
    }

    /// Sets the files with this program's own certificate and its key, for a server that asks for one, unless the URL
    /// does (`sslcert`, `sslkey`); by default libpq's `~/.postgresql/postgresql.crt` and `.key`.
    pub fn tls_certificate(mut self, file: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        self.options.tls.certificate = Some((file.as_ref().into(), key.as_ref().into()));
        self
    }

    /// Sets whether a read (`find`, `load`, `query().all(…)`, `count` and the like) is run again on another connection
    /// if its connection is lost; `true` by default. Inside a transaction nothing is run again. Writes are never run
    /// again, not even in a function that a SELECT calls: the second run is in a read-only transaction.
    pub fn retry_reads(mut self, retried: bool) -> Self {
        self.retry_reads = retried;
        self
    }

    /// Runs `hook` with each new connection before it is used, for settings of the session: `SET search_path …`,
    /// `PRAGMA …`. If it fails, opening the connection fails. Behind a pooler that hands each transaction to another
    /// session, such settings are lost or affect other sessions: set them for the role instead.
    pub fn on_connect(
        mut self,
        hook: impl Fn(&mut AnyConnection) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// Adds a replica of the database, which serves reads of [sessions](crate::Session). Everything else goes to the
    /// primary, the database of [`Db::builder`]. A replica has its own pool with the same settings.
    ///
    /// It need not be there when the program starts. A replica that is down, slow or behind is left out and comes back by
    /// itself, and so is a server that turns out to be no replica of the primary: [`Db::servers`] shows each one. Every
    /// half second, each server is asked where it is. With the rights of `pg_monitor` a role sees at once that a
    /// replica follows another primary; other roles see it with the replica's next checkpoint.
    ///
    /// Only PostgreSQL has replicas: for an SQLite file, [`connect`](Self::connect) fails. Sessions work without them.
    pub fn replica(mut self, url: &str) -> Self {
        self.replicas.urls.push(url.into());
        self
    }

    /// Sets how far a replica may be behind to be read from at all; 10 s by default.
    pub fn max_replica_lag(mut self, lag: Duration) -> Self {
        self.replicas.max_lag = lag;
        self
    }

    /// Sets how long a read of a session waits for a replica to catch up with what the session has written or seen; 100 ms
    /// by default. Then the primary serves it. A replica that was waited for in vain is not waited for again until it
    /// has caught up.
    pub fn replica_wait(mut self, wait: Duration) -> Self {
        self.replicas.wait = wait;
        self
    }

    /// Sets how long reads wait for a silent replica, such as one whose machine hangs, before they run elsewhere; 5 s by
    /// default. mizzle checks a replica every half second. It is silent while it doesn't answer these checks, each within a
    /// second. New reads run elsewhere after the first such check. Reads do wait for a replica that is slow with one
    /// statement and answers the checks: [`statement_timeout`](Self::statement_timeout) limits that. A stream that has
    /// begun fails with a `NETWORK_ERROR`. On systems other than Unix, reads wait for the system's keepalives.
    pub fn replica_timeout(mut self, timeout: Duration) -> Self {
        self.replicas.timeout = timeout;
        self
    }

    /// Sets whether the statements in the log (`mizzle::query`) include their bound values, each cut to some
    /// characters, and whether the server's notices include their text; `false` by default. For development only: the
    /// values are your users' data.
    pub fn log_values(mut self, shown: bool) -> Self {
        self.options.log_values = shown;
        self
    }

    /// Makes each transaction behind a pooler begin as in a new session, also those of single reads: for the kit,
    /// which must not read or write where another client's `search_path` leads.
    #[doc(hidden)]
    pub fn renew_sessions(mut self) -> Self {
        self.options.renew_sessions = true;
        self
    }

    /// Returns the URL without its secrets.
    pub(crate) fn sanitized_url(&self) -> String {
        crate::backend::sanitize_url(&self.url)
    }

    fn check(&self) -> Result<()> {
        let wrong =
            |message: &str, hint: &str| Err(Error::new(ErrorKind::Config, message).with_hint(hint));
        if self.pool_size == 0 {
            return wrong(
                "the pool size is 0, so nothing could ever run",
                "set a pool size of at least 1, or leave it at its default",
            );
        }
        if self.min_idle > self.pool_size {
            return wrong(
                "`min_idle` is larger than the pool",
                "raise the pool size, or lower `min_idle`",
            );
        }
        for (name, timeout) in [
            ("checkout timeout", Some(self.checkout_timeout)),
            ("connect timeout", Some(self.options.connect_timeout)),
            ("statement timeout", self.options.statement_timeout),
            ("idle timeout", self.idle_timeout),
            ("lifetime of connections", self.max_lifetime),
        ] {
            if timeout.is_some_and(|timeout| timeout.is_zero()) {
                return wrong(
                    &format!("the {name} is 0"),
                    "set a longer one, or leave it at its default",
                );
            }
        }
        Ok(())
    }

    /// Connects with these settings.
    ///
    /// # Errors
    /// See [`Db::connect`]. Settings that contradict each other, and timeouts of 0, are a `CONFIG_ERROR`.
    pub fn connect(self) -> Result<Db> {
        self.check()?;
        let target = Target::parse(&self.url)?;
        let lasting = target.is_private_memory();
        let options = self.options.clone();
        #[cfg(feature = "test")]
        let options = options.counted_apart();
        let source = ConnectionSource::new(target, options.clone(), self.hook.clone());
        let mut first = source.open_first()?;
        let facts = (first.dialect(), first.limits());
        let size = if lasting { 1 } else { self.pool_size };
        // Adding a longer time to the current time could overflow.
        let within = |time: Duration| time.min(Duration::from_secs(365 * 24 * 3600));
        let settings = Settings {
            size,
            min_idle: self.min_idle.min(size),
            checkout_timeout: within(self.checkout_timeout),
            idle_timeout: self.idle_timeout.filter(|_| !lasting).map(within),
            max_lifetime: self.max_lifetime.filter(|_| !lasting).map(within),
        };
        let sanitized = self.sanitized_url();
        let open = |target, silent: &Arc<AtomicBool>| {
            let options = options.clone().heeding(silent);
            let source = ConnectionSource::new(target, options, self.hook.clone());
            Pool::new(source.only_reads(), settings, None)
        };
        let replicas = Replicas::new(&self.replicas, sanitized, &mut first, open)?;
        let db =
            Db::new(Pool::new(source, settings, Some(first)), facts, self.retry_reads, replicas);
        watch::start(&db);
        Ok(db)
    }
}

impl Db {
    /// Connects to the database that `url` names, with the defaults of [`DbBuilder`].
    ///
    /// `sqlite:blog.db` is a file (created if it doesn't exist; `?mode=ro` opens it read-only), `sqlite::memory:` is a
    /// database in memory, and `postgres://user:password@host:5432/database` is a database of a server.
    ///
    /// # Errors
    /// One connection is opened immediately, so problems show here: a malformed URL or a database that is not compiled
    /// in (`CONFIG_ERROR`), an unreachable server (`NETWORK_ERROR`, `DNS_ERROR`), a wrong password (`AUTH_FAILED`), a
    /// missing database or file (`DATABASE_NOT_FOUND`).
    pub fn connect(url: &str) -> Result<Self> {
        Self::builder(url).connect()
    }

    /// Connects to the database that the environment variables name: see [`DbBuilder::from_env`].
    ///
    /// # Errors
    /// `CONFIG_ERROR` if a variable is missing or doesn't parse; otherwise the errors of [`Db::connect`].
    pub fn from_env() -> Result<Self> {
        DbBuilder::from_env()?.connect()
    }

    /// Returns the settings for connecting to the database that `url` names.
    pub fn builder(url: &str) -> DbBuilder {
        DbBuilder::new(url)
    }
}
