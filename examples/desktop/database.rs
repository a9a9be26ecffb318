//! Where the application's database is.

use std::path::Path;

use mizzle::prelude::*;

fn migrated(url: &str) -> mizzle::Result<Db> {
    let db = Db::connect(url)?;
    db.migrate(mizzle::migrations!("examples/desktop/migrations"))?;
    Ok(db)
}

/// Opens the application's file, and brings it up to date. The first start creates it.
pub fn open(file: &Path) -> mizzle::Result<Db> {
    migrated(&format!("sqlite:{}", file.display()))
}

/// Makes a database in memory with the same migrations, for a test or a preview.
pub fn in_memory() -> mizzle::Result<Db> {
    migrated("sqlite::memory:")
}
