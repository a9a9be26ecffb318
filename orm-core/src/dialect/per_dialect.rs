//! Text of a column for only one database.

use serde::{Deserialize, Serialize};

use super::Dialect;

/// Text for each database. A database without one uses its default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PerDialect {
    /// For SQLite, and for D1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlite: Option<String>,
    /// For PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<String>,
}

impl PerDialect {
    /// Returns the text for this database.
    pub fn get(&self, dialect: Dialect) -> Option<&str> {
        match dialect {
            Dialect::Sqlite | Dialect::D1 => self.sqlite.as_deref(),
            Dialect::Postgres => self.postgres.as_deref(),
        }
    }

    /// Replaces the text for this database.
    pub fn set(&mut self, dialect: Dialect, text: Option<String>) {
        match dialect {
            Dialect::Sqlite | Dialect::D1 => self.sqlite = text,
            Dialect::Postgres => self.postgres = text,
        }
    }

    /// Returns whether there is no text for any database.
    pub fn is_empty(&self) -> bool {
        self.sqlite.is_none() && self.postgres.is_none()
    }
}
