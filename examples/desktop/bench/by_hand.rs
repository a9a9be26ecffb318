//! The repository by hand: SQL, and rows field by field. As fast as it gets, with statements that stay prepared.

use std::str::FromStr as _;

use chrono::TimeDelta;
use mizzle::prelude::*;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Params, Result, Row, params};

use crate::schema::{Execution, Status};

const COLUMNS: &str = "id, project_id, command, status, created_at, expires_at, finished_at";

/// The executions.
pub struct Executions {
    connection: Connection,
    find: String,
    active: String,
    expiring: String,
    page: String,
    queue: String,
    change: String,
}

fn moment(row: &Row<'_>, column: usize) -> Result<DateTime<Utc>> {
    let seconds = row.get(column)?;
    DateTime::from_timestamp(seconds, 0)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(column, seconds))
}

fn execution(row: &Row<'_>) -> Result<Execution> {
    let status = row.get_ref(3)?.as_str()?;
    let finished: Option<i64> = row.get(6)?;
    Ok(Execution {
        id: row.get(0)?,
        project_id: row.get(1)?,
        command: row.get(2)?,
        status: Status::from_str(status).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(3, Type::Text, Box::new(error))
        })?,
        created_at: moment(row, 4)?,
        expires_at: moment(row, 5)?,
        finished_at: finished.map(|_| moment(row, 6)).transpose()?,
    })
}

impl Executions {
    /// Those of a database, with the settings that mizzle has.
    pub fn new(connection: Connection) -> Result<Self> {
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
        )?;
        connection.set_prepared_statement_cache_capacity(64);
        let active = "status IN ('queued', 'running')";
        let recent = "ORDER BY created_at DESC, id DESC";
        Ok(Self {
            connection,
            find: format!("SELECT {COLUMNS} FROM executions WHERE id = ?1"),
            active: format!("SELECT {COLUMNS} FROM executions WHERE {active} {recent}"),
            expiring: format!(
                "SELECT {COLUMNS} FROM executions WHERE {active} AND expires_at > ?1 AND expires_at <= ?2 \
                 ORDER BY expires_at, id"
            ),
            page: format!(
                "SELECT {COLUMNS} FROM executions WHERE project_id = ?1 {recent} LIMIT ?2 OFFSET ?3"
            ),
            queue: format!(
                "INSERT INTO executions (project_id, command, created_at, expires_at) \
                 VALUES (?1, ?2, ?3, ?4) RETURNING {COLUMNS}"
            ),
            change: format!(
                "UPDATE executions SET status = ?1, finished_at = ?2 WHERE id = ?3 AND status = ?4 \
                 RETURNING {COLUMNS}"
            ),
        })
    }

    fn all(&self, sql: &str, values: impl Params) -> Result<Vec<Execution>> {
        self.connection.prepare_cached(sql)?.query_map(values, execution)?.collect()
    }

    pub fn find(&self, id: i64) -> Result<Option<Execution>> {
        self.connection.prepare_cached(&self.find)?.query_row([id], execution).optional()
    }

    pub fn active(&self) -> Result<Vec<Execution>> {
        self.all(&self.active, [])
    }

    pub fn expiring_within(&self, now: DateTime<Utc>, hours: i64) -> Result<Vec<Execution>> {
        let end = now + TimeDelta::hours(hours);
        self.all(&self.expiring, [now.timestamp(), end.timestamp()])
    }

    pub fn recent(&self, project_id: i64, page: i64, size: i64) -> Result<(Vec<Execution>, i64)> {
        let count = "SELECT count(*) FROM executions WHERE project_id = ?1";
        let total =
            self.connection.prepare_cached(count)?.query_row([project_id], |row| row.get(0))?;
        Ok((self.all(&self.page, [project_id, size, (page - 1) * size])?, total))
    }

    pub fn queue(
        &self,
        project_id: i64,
        command: &str,
        now: DateTime<Utc>,
        time_out: TimeDelta,
    ) -> Result<Execution> {
        let expires = (now + time_out).timestamp();
        let mut statement = self.connection.prepare_cached(&self.queue)?;
        statement.query_row(params![project_id, command, now.timestamp(), expires], execution)
    }

    pub fn start(&self, id: i64, now: DateTime<Utc>) -> Result<Execution> {
        self.change(id, [Status::Queued, Status::Running], None, ("started", now))
    }

    pub fn finish(&self, id: i64, status: Status, now: DateTime<Utc>) -> Result<Execution> {
        self.change(id, [Status::Running, status], Some(now.timestamp()), ("ended", now))
    }

    fn change(
        &self,
        id: i64,
        [from, to]: [Status; 2],
        finished: Option<i64>,
        (kind, at): (&str, DateTime<Utc>),
    ) -> Result<Execution> {
        let run = |sql: &str| self.connection.prepare_cached(sql)?.execute([]);
        run("BEGIN IMMEDIATE")?;
        let changed = (|| {
            let values = params![to.label(), finished, id, from.label()];
            let changed =
                self.connection.prepare_cached(&self.change)?.query_row(values, execution)?;
            self.event(id, kind, to.label(), at)?;
            Ok(changed)
        })();
        run(if changed.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        changed
    }

    fn event(&self, id: i64, kind: &str, text: &str, at: DateTime<Utc>) -> Result<usize> {
        let insert = "INSERT INTO events (execution_id, kind, text, at) VALUES (?1, ?2, ?3, ?4)";
        let mut statement = self.connection.prepare_cached(insert)?;
        statement.execute(params![id, kind, text, at.timestamp()])
    }
}
