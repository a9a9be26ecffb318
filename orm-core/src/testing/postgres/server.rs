//! The server on which tests have their databases.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::environment;
use super::gate::Gate;
use super::names::{Prefix, RUN, lock_key};
use crate::backend::{AnyConnection, ConnectOptions, Target};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// The server, and this run of a test program.
pub(super) struct Server {
    url: String,
    target: Target,
    pub(super) prefix: Prefix,
    run: String,
    count: AtomicUsize,
    pub(super) gate: Gate,
    /// Holds the advisory locks that last as long as the run.
    keeper: Mutex<AnyConnection>,
    idle: Mutex<Vec<AnyConnection>>,
    /// Databases of failed tests, of runs that have ended, by their labels.
    kept: Mutex<HashMap<String, Vec<String>>>,
    /// Whether `DROP DATABASE` ends connections.
    forces: bool,
}

impl Server {
    /// Connects, and begins the run.
    pub(super) fn begin(url: String) -> Result<Self> {
        let target = Target::parse(&url)?;
        if target.dialect != Dialect::Postgres {
            let message =
                format!("the URL in {} is not that of a PostgreSQL server", environment::URL);
            return Err(Error::new(ErrorKind::Config, message).with_hint(
                "write `postgres://user:password@host:5432/postgres`, or leave it out",
            ));
        }
        check_url(&url)?;
        let mut keeper = open(&target)?;
        let facts = keeper.ask(
            "SELECT current_database(), current_user, current_setting('max_connections'), \
             current_setting('server_version_num')",
            &[],
        )?;
        let fact = |place: usize| facts.first().and_then(|row| row.get(place)?.clone());
        let number = |place| fact(place).and_then(|text| text.parse::<usize>().ok());
        if keeper.is_pooled() {
            let message = "there is a pooler between the tests and the PostgreSQL server";
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint(format!("set {} to the URL of the server itself", environment::URL)));
        }
        let prefix = Prefix::of(&fact(0).unwrap_or_default(), &fact(1).unwrap_or_default());
        let mut run = Uuid::new_v4().simple().to_string();
        run.truncate(RUN);
        // Before it has a database, so that no other run takes its databases for what is left of one that has ended.
        keeper.ask("SELECT pg_advisory_lock($1::bigint)", &[&lock_key("run", &run)])?;
        Ok(Self {
            url,
            target,
            prefix,
            run,
            count: AtomicUsize::new(0),
            gate: Gate::for_connections(number(2).unwrap_or_default()),
            keeper: Mutex::new(keeper),
            idle: Mutex::default(),
            kept: Mutex::default(),
            forces: number(3).is_some_and(|version| version >= 130_000),
        })
    }

    /// Remembers a database that is kept of an earlier run.
    pub(super) fn remember(&self, label: &str, database: &str) {
        lock(&self.kept).entry(label.to_owned()).or_default().push(database.to_owned());
    }

    /// Returns the URL of another database of the server.
    pub(super) fn url_of(&self, database: &str) -> String {
        with_database(&self.url, database)
    }

    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// Runs `f` with a connection to the database of the server's URL.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        let idle = lock(&self.idle).pop();
        let mut connection = match idle {
            Some(idle) => idle,
            None => open(&self.target)?,
        };
        let result = f(&mut connection);
        if !connection.is_broken() {
            lock(&self.idle).push(connection);
        }
        result
    }

    /// Takes an advisory lock that other runs can have too, until this run ends.
    pub(super) fn hold(&self, key: &str) -> Result<()> {
        let sql = "SELECT pg_advisory_lock_shared($1::bigint)";
        lock(&self.keeper).ask(sql, &[key]).map(drop)
    }

    /// Creates a database of this run, and returns its name.
    pub(super) fn create_from(&self, template: Option<&str>) -> Result<String> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let name = self.prefix.database(&self.run, number);
        let template = template.map_or(String::new(), |template| format!(" TEMPLATE {template}"));
        let sql = format!("CREATE DATABASE {name}{template}");
        self.with(|connection| connection.batch(&sql)).map_err(|error| {
            let message =
                format!("the PostgreSQL server of the tests created no database: {error}");
            Error::new(ErrorKind::Config, message)
                .with_hint(format!(
                    "the role in {} needs the right to create databases: `ALTER ROLE … CREATEDB`",
                    environment::URL
                ))
                .with_source(error)
        })?;
        Ok(name)
    }

    /// Drops a database, if it is there.
    pub(super) fn drop(&self, database: &str) -> Result<()> {
        let force = if self.forces { " WITH (FORCE)" } else { "" };
        let sql = format!("DROP DATABASE IF EXISTS {database}{force}");
        self.with(|connection| {
            if !self.forces {
                end_connections(connection, database)?;
            }
            connection.batch(&sql)
        })
    }

    /// Drops the databases that are kept of earlier runs of a test.
    pub(super) fn drop_kept(&self, label: &str) -> Result<()> {
        let kept = lock(&self.kept).remove(label);
        kept.into_iter().flatten().try_for_each(|database| self.drop(&database))
    }
}

/// Ends the connections to a database.
pub(super) fn end_connections(connection: &mut AnyConnection, database: &str) -> Result<()> {
    // Those of others, such as autovacuum, are the server's business.
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = $1 AND usename = current_user";
    connection.ask(sql, &[database]).map(drop)
}

fn open(target: &Target) -> Result<AnyConnection> {
    let options = ConnectOptions { application_name: "mizzle tests".into(), ..Default::default() };
    AnyConnection::open(target, &options)
}

/// Refuses a URL whose parameters name another database than its path: tests would run there.
fn check_url(url: &str) -> Result<()> {
    let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
    let names_one =
        |parameter: &str| parameter.split_once('=').is_some_and(|(key, _)| key == "dbname");
    if parameters.split('&').any(names_one) {
        let message = format!("the URL in {} has the parameter `dbname`", environment::URL);
        return Err(Error::new(ErrorKind::Config, message)
            .with_hint("write the database after the host: `postgres://user@host/database`"));
    }
    Ok(())
}

/// Returns a URL with another database.
fn with_database(url: &str, database: &str) -> String {
    let (place, parameters) = match url.split_once('?') {
        Some((place, parameters)) => (place, format!("?{parameters}")),
        None => (url, String::new()),
    };
    let host = place.find("://").map_or(0, |scheme| scheme + 3);
    let end = place[host..].find('/').map_or(place.len(), |slash| host + slash);
    format!("{}/{database}{parameters}", &place[..end])
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        for (url, expected) in [
            (
                "postgres://app:pw@db.example.com:5432/shop",
                "postgres://app:pw@db.example.com:5432/new",
            ),
            (
                "postgresql://localhost/shop?sslmode=disable",
                "postgresql://localhost/new?sslmode=disable",
            ),
            ("postgres:///shop?host=/run/postgresql", "postgres:///new?host=/run/postgresql"),
            ("postgres://localhost", "postgres://localhost/new"),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }

    #[test]
    fn no_parameter_may_name_the_database() {
        assert!(check_url("postgres://localhost/shop?sslmode=disable").is_ok());
        let error =
            check_url("postgres://localhost/shop?sslmode=disable&dbname=other").unwrap_err();
        assert!(error.to_string().contains("dbname"), "{error}");
    }
}
