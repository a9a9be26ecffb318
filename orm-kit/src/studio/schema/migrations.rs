//! The migrations of the project, and which of them are applied.

use std::path::Path;

use orm_core::migration::{MigrationState, Migrations};
use orm_core::{Db, Result};
use serde_json::{Value as Json, json};

pub(super) fn migrations(db: &Db, dir: &Path) -> Result<Vec<Json>> {
    let migrations = Migrations::from_path(dir)?;
    let known = migrations.of(db.dialect()).unwrap_or_default();
    let status = db.migrator(&migrations).status()?;
    let document = |one: &orm_core::migration::MigrationStatus| {
        let migration = known.iter().find(|migration| migration.version() == one.version);
        let state = match one.state {
            MigrationState::Pending => "pending",
            MigrationState::Missing => "missing",
            MigrationState::Edited => "changed",
            _ => "applied",
        };
        json!({
            "name": one.directory,
            "version": one.version,
            "state": state,
            "at": one.applied_at,
            "outOfOrder": one.out_of_order,
            "up": migration.map(|migration| migration.up()),
            "down": migration.and_then(|migration| migration.down()),
        })
    };
    Ok(status.iter().map(document).collect())
}
