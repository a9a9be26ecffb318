//! Migrations for diesel's own harness.

use std::fmt;

use diesel::connection::BoxableConnection;
use diesel::migration::{
    Migration as DieselMigration, MigrationMetadata, MigrationName, MigrationSource,
    MigrationVersion, Result,
};

use super::{Migration, Migrations};
use crate::backend::Any;
use crate::dialect::Dialect;

impl Migrations {
    /// Returns the migrations for one database, for diesel's `MigrationHarness` on an
    /// [`AnyConnection`](crate::backend::AnyConnection). They run without the additions of mizzle's own runner. Empty
    /// if the folder has none for this database.
    pub fn for_diesel(&self, dialect: Dialect) -> DieselMigrations {
        DieselMigrations(self.of(dialect).unwrap_or_default().to_vec())
    }
}

/// Migrations of one database, for diesel: [`Migrations::for_diesel`].
#[derive(Debug, Clone)]
pub struct DieselMigrations(Vec<Migration>);

impl MigrationSource<Any> for DieselMigrations {
    fn migrations(&self) -> Result<Vec<Box<dyn DieselMigration<Any>>>> {
        let boxed = |migration: &Migration| {
            let migration = Named {
                name: Name(migration.clone()),
                settings: Settings(migration.runs_in_transaction()),
            };
            Box::new(migration) as Box<dyn DieselMigration<Any>>
        };
        Ok(self.0.iter().map(boxed).collect())
    }
}

struct Named {
    name: Name,
    settings: Settings,
}

struct Name(Migration);

struct Settings(bool);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.directory())
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        self.0.version().into()
    }
}

impl MigrationMetadata for Settings {
    fn run_in_transaction(&self) -> bool {
        self.0
    }
}

impl DieselMigration<Any> for Named {
    fn run(&self, connection: &mut dyn BoxableConnection<Any>) -> Result<()> {
        Ok(connection.batch_execute(self.name.0.up())?)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<Any>) -> Result<()> {
        match self.name.0.down() {
            Some(down) => Ok(connection.batch_execute(down)?),
            None => Err(super::MigrationError::NoDown(self.name.to_string()).into()),
        }
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.settings
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}
