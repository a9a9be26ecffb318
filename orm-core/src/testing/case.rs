//! What the database of a test contains before the test.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::handle::Db;
use crate::migration::Migrations;
use crate::run::Executor as _;
use crate::schema::{TableDef, create_schema};

/// A test as the macro describes it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The package that it is in.
    pub package: &'static str,
    /// What makes the tables.
    pub content: Content,
    /// SQL that runs afterwards: each file's path, and its text.
    pub fixtures: &'static [(&'static str, &'static str)],
    /// Whether the test passes if it panics.
    pub should_panic: bool,
}

/// What makes the tables.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// Nothing does.
    Empty,
    /// The tables of a schema.
    Tables {
        /// Returns them.
        tables: fn() -> Vec<TableDef>,
        /// Creates them.
        create: fn(&Db) -> Result<()>,
    },
    /// Migrations.
    Migrations(fn() -> &'static Migrations),
}

impl Case {
    /// Returns what tells its database's content from others: hexadecimal digits.
    pub(super) fn hash(&self, dialect: Dialect) -> Result<String> {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        add(env!("CARGO_PKG_VERSION"));
        match self.content {
            Content::Empty => add("empty"),
            Content::Tables { tables, .. } => {
                add("tables");
                create_schema(&tables(), dialect)?.iter().for_each(|statement| add(statement));
            }
            Content::Migrations(migrations) => {
                add("migrations");
                let migrations = migrations();
                for migration in migrations.of(dialect).unwrap_or_default() {
                    add(migration.directory());
                    add(&migration.checksum());
                }
                // With these, applying them fails and says why.
                migrations.left_out(dialect).iter().for_each(|directory| add(directory));
            }
        }
        for (path, sql) in self.fixtures {
            add(path);
            add(sql);
        }
        Ok(hex(&hash.finalize()[..12]))
    }

    /// Makes what the database contains.
    pub(super) fn fill(&self, db: &Db) -> Result<()> {
        match self.content {
            Content::Empty => {}
            Content::Tables { create, .. } => create(db)?,
            Content::Migrations(migrations) => drop(db.migrate(migrations())?),
        }
        for (path, sql) in self.fixtures {
            db.execute_sql(sql).map_err(|error| {
                let message = format!("the fixture `{path}` failed: {error}");
                Error::new(ErrorKind::Query, message).with_source(error)
            })?;
        }
        Ok(())
    }
}

/// Returns the hexadecimal digits of bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
