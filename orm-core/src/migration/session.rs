//! A connection while migrations run on it.

use super::history::scalar;
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;

/// What a script may leave changed on SQLite, and is set back.
const PRAGMAS: [&str; 4] =
    ["foreign_keys", "legacy_alter_table", "ignore_check_constraints", "busy_timeout"];

/// The connection's settings, as they are to be between migrations and afterwards.
#[derive(Debug)]
pub(super) struct Session {
    pragmas: Vec<(&'static str, String)>,
}

impl Session {
    /// Makes the connection ready.
    pub(super) fn begin(connection: &mut AnyConnection) -> Result<Self> {
        // The connection is closed afterwards.
        connection.lift_time_limit()?;
        let mut pragmas = Vec::new();
        match connection.dialect() {
            Dialect::Sqlite => {
                for name in PRAGMAS {
                    if let Some(value) = scalar(connection, &format!("PRAGMA {name}"), &[])? {
                        pragmas.push((name, value));
                    }
                }
                // Scripts tell by it that what they don't know of a table is kept by the runner.
                connection.batch("CREATE TEMP TABLE IF NOT EXISTS mizzle_runner (x)")?;
            }
            // So that a killed program's statement, and its lock, don't go on for long. Servers older than 14 don't
            // know it.
            Dialect::Postgres if connection.is_pooled() => {}
            Dialect::Postgres => drop(connection.batch(CHECK_CLIENT)),
        }
        Ok(Self { pragmas })
    }

    /// Sets back what a script has set. Outside a transaction.
    pub(super) fn restore(&self, connection: &mut AnyConnection) -> Result<()> {
        match connection.dialect() {
            Dialect::Sqlite => {
                for (name, value) in &self.pragmas {
                    connection.batch(&format!("PRAGMA {name} = {value}"))?;
                }
                connection.batch(
                    "DROP TABLE IF EXISTS temp.mizzle_guard; DROP TABLE IF EXISTS temp.mizzle_orphans",
                )
            }
            // The session is somebody else's by now: see `leave`.
            Dialect::Postgres if connection.is_pooled() => Ok(()),
            Dialect::Postgres => {
                connection.batch(RESET_ALL)?;
                let _ = connection.batch(CHECK_CLIENT);
                Ok(())
            }
        }
    }

    /// Sets back what a script has set, at the end of its transaction, if the session goes on to somebody else with it.
    pub(super) fn leave(connection: &mut AnyConnection) -> Result<()> {
        if connection.is_pooled() {
            connection.batch("SET SESSION AUTHORIZATION DEFAULT")?;
            connection.batch(RESET_ALL)?;
        }
        Ok(())
    }

    /// Leaves the connection as it was.
    pub(super) fn end(self, connection: &mut AnyConnection) -> Result<()> {
        self.restore(connection)?;
        if connection.dialect() == Dialect::Sqlite {
            connection.batch("DROP TABLE IF EXISTS temp.mizzle_runner")?;
        }
        Ok(())
    }
}

/// The server may have another default for what mizzle's connections begin with.
const RESET_ALL: &str = "RESET ALL; SET standard_conforming_strings = on";

const CHECK_CLIENT: &str = "SET client_connection_check_interval = '2s'";
