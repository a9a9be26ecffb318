//! The migrations that a database has had.
//!
//! diesel's own table holds the versions, so diesel's tools and mizzle can take turns. A second table holds what diesel
//! doesn't keep. Its rows count only as long as they agree with those of the first: diesel's tools may have rolled a
//! migration back since, and applied it with another text.
//!
//! On D1 there is one table, that of Cloudflare's wrangler.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{Migration, wrangler};
use crate::backend::AnyConnection;
use crate::dialect::{Dialect, Migrating};
use crate::error::Result;

/// A migration that a database has had.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) version: String,
    pub(super) applied_at: Option<DateTime<Utc>>,
    /// What only mizzle keeps.
    pub(super) details: Option<Details>,
}

#[derive(Debug, Clone)]
pub(super) struct Details {
    pub(super) directory: String,
    /// `None` where the history doesn't have it.
    pub(super) checksum: Option<String>,
    pub(super) elapsed: Option<Duration>,
}

impl Applied {
    /// Whether the files have changed since they were applied.
    pub(super) fn differs_from(&self, migration: &Migration) -> bool {
        let checksum = self.details.as_ref().and_then(|details| details.checksum.as_ref());
        checksum.is_some_and(|checksum| *checksum != migration.checksum())
    }
}

/// The two tables.
#[derive(Debug)]
pub(super) struct History {
    dialect: Dialect,
    versions: String,
    details: String,
}

impl History {
    /// Names the tables with their schema, as a migration may change the search path.
    pub(super) fn new(connection: &mut AnyConnection) -> Result<Self> {
        let dialect = connection.dialect();
        let schema = scalar(connection, dialect.capabilities().migrations.schema, &[])?;
        let schema = schema.map(|schema| format!("{}.", dialect.quote_ident(&schema)));
        let schema = schema.unwrap_or_default();
        Ok(Self {
            dialect,
            versions: format!("{schema}\"__diesel_schema_migrations\""),
            details: format!("{schema}\"__mizzle_migrations\""),
        })
    }

    fn ways(&self) -> &'static Migrating {
        &self.dialect.capabilities().migrations
    }

    fn exists(&self, connection: &mut AnyConnection, table: &str) -> Result<bool> {
        let ways = self.ways();
        let name = table.rsplit('"').nth(1).unwrap_or(table);
        let name = if ways.exists_by_whole_name { table } else { name };
        Ok(scalar(connection, ways.exists, &[name])?.is_some())
    }

    /// Creates the tables if they are missing.
    pub(super) fn create(&self, connection: &mut AnyConnection) -> Result<()> {
        if self.ways().by_file {
            return connection.batch(wrangler::CREATE);
        }
        if self.exists(connection, &self.versions)? && self.exists(connection, &self.details)? {
            return Ok(());
        }
        let moment = self.ways().moment;
        let Self { versions, details, .. } = self;
        connection.batch(&format!(
            "CREATE TABLE IF NOT EXISTS {versions} (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        ))?;
        connection.batch(&format!(
            "CREATE TABLE IF NOT EXISTS {details} (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             name TEXT NOT NULL, checksum TEXT NOT NULL, run_on TIMESTAMP NOT NULL, \
             applied_at {moment} NOT NULL, duration_ms BIGINT)"
        ))
    }

    /// Returns all applied migrations, in the order of their versions.
    pub(super) fn read(&self, connection: &mut AnyConnection) -> Result<Vec<Applied>> {
        if self.ways().by_file {
            return match self.exists(connection, wrangler::TABLE)? {
                true => read_files(connection),
                false => Ok(Vec::new()),
            };
        }
        if !self.exists(connection, &self.versions)? {
            return Ok(Vec::new());
        }
        let has_details = self.exists(connection, &self.details)?;
        let Migrating { run_on, applied_at, .. } = self.ways();
        let Self { versions, details, .. } = self;
        let sql = if has_details {
            format!(
                "SELECT v.version, coalesce({applied_at}, {run_on}), d.name, d.checksum, d.duration_ms \
                 FROM {versions} v LEFT JOIN {details} d ON d.version = v.version AND d.run_on = v.run_on"
            )
        } else {
            format!("SELECT v.version, {run_on} FROM {versions} v")
        };
        let rows = connection.ask(&sql, &[]).map_err(|error| match error.is_connection_lost() {
            true => error,
            false => error.with_hint(
                "if `__mizzle_migrations` isn't as mizzle creates it, drop it: mizzle creates it again, and the versions stay in \
                 `__diesel_schema_migrations`",
            ),
        })?;
        let mut applied: Vec<Applied> = rows.into_iter().filter_map(read_row).collect();
        // Sorted like the folder, and not by a collation of the database.
        applied.sort_by(|a, b| a.version.cmp(&b.version));
        Ok(applied)
    }

    /// Whether mizzle has applied a version that is not in diesel's table any more. The tables must exist.
    pub(super) fn had(&self, connection: &mut AnyConnection, version: &str) -> Result<bool> {
        if self.ways().by_file {
            return Ok(false);
        }
        let version = self.dialect.quote_literal(version);
        let sql = format!("SELECT 1 FROM {} WHERE version = {version}", self.details);
        Ok(tolerate(connection, |connection| scalar(connection, &sql, &[]))?.flatten().is_some())
    }

    /// Whether a version is applied. The tables must exist.
    pub(super) fn has(&self, connection: &mut AnyConnection, version: &str) -> Result<bool> {
        if self.ways().by_file {
            let applied = read_files(connection)?;
            return Ok(applied.iter().any(|applied| applied.version == version));
        }
        let version = self.dialect.quote_literal(version);
        let sql = format!("SELECT 1 FROM {} WHERE version = {version}", self.versions);
        Ok(scalar(connection, &sql, &[])?.is_some())
    }

    /// Records that a migration is applied. Call it inside a transaction.
    pub(super) fn add(
        &self,
        connection: &mut AnyConnection,
        migration: &Migration,
        elapsed: Option<Duration>,
    ) -> Result<()> {
        let Self { dialect, versions, details } = self;
        let now = self.ways().now;
        let version = dialect.quote_literal(migration.version());
        let name = dialect.quote_literal(migration.directory());
        let checksum = migration.checksum();
        let elapsed =
            elapsed.map_or_else(|| "NULL".into(), |elapsed| elapsed.as_millis().to_string());
        connection.batch(&format!(
            "DELETE FROM {details} WHERE version = {version}; \
             INSERT INTO {versions} (version) VALUES ({version}); \
             INSERT INTO {details} (version, name, checksum, run_on, applied_at, duration_ms) \
             SELECT version, {name}, '{checksum}', run_on, {now}, {elapsed} \
             FROM {versions} WHERE version = {version}"
        ))
    }

    /// Records that a migration is rolled back. Call it inside a transaction.
    pub(super) fn remove(&self, connection: &mut AnyConnection, version: &str) -> Result<()> {
        let Self { dialect, versions, details } = self;
        let version = dialect.quote_literal(version);
        connection.batch(&format!(
            "DELETE FROM {details} WHERE version = {version}; \
             DELETE FROM {versions} WHERE version = {version}"
        ))
    }
}

/// Returns what wrangler's table holds, in the order of the versions.
fn read_files(connection: &mut AnyConnection) -> Result<Vec<Applied>> {
    let rows = connection.ask(wrangler::READ, &[])?;
    let row = |row: Vec<Option<String>>| {
        let mut row = row.into_iter();
        let name = row.next()??;
        let directory = wrangler::migration_of(&name).to_owned();
        let version = orm_folder::version_of(&directory).unwrap_or_else(|| directory.clone());
        let applied_at = row.next().flatten().and_then(|text| moment(&text));
        let details = Some(Details { directory, checksum: None, elapsed: None });
        Some(Applied { version, applied_at, details })
    };
    let mut applied: Vec<Applied> = rows.into_iter().filter_map(row).collect();
    applied.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(applied)
}

fn read_row(row: Vec<Option<String>>) -> Option<Applied> {
    let mut row = row.into_iter();
    let version = row.next()??;
    let applied_at = row.next().flatten().and_then(|text| moment(&text));
    let mut next = || row.next().flatten();
    let (directory, checksum, elapsed) = (next(), next(), next());
    let details = directory.zip(checksum).map(|(directory, checksum)| Details {
        directory,
        checksum: Some(checksum),
        elapsed: elapsed.and_then(|text| text.parse().ok()).map(Duration::from_millis),
    });
    Some(Applied { version, applied_at, details })
}

/// Reads a moment in UTC.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(time.and_utc())
}

/// Returns the result of `ask`, or nothing for an error that only answers a question. An error that has ended the
/// transaction, such as a failing disk on SQLite, is returned: what follows would run outside the transaction.
pub(super) fn tolerate<T>(
    connection: &mut AnyConnection,
    ask: impl FnOnce(&mut AnyConnection) -> Result<T>,
) -> Result<Option<T>> {
    let open = connection.in_transaction();
    match ask(connection) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if open && !connection.in_transaction() => Err(error),
        Err(_) => Ok(None),
    }
}

/// Returns the first value of the first row.
pub(super) fn scalar(
    connection: &mut AnyConnection,
    sql: &str,
    values: &[&str],
) -> Result<Option<String>> {
    let rows = connection.ask(sql, values)?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
}

/// Returns the first value of each row, without NULLs.
pub(super) fn column(
    connection: &mut AnyConnection,
    sql: &str,
    values: &[&str],
) -> Result<Vec<String>> {
    let rows = connection.ask(sql, values)?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next()?).collect())
}
