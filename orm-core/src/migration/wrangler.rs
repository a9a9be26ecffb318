//! The history of Cloudflare's wrangler: a table with the name of each file that a D1 database has had. wrangler and mizzle
//! can take turns.

use crate::dialect::Dialect;

/// The table.
pub(super) const TABLE: &str = "d1_migrations";

/// As wrangler creates it.
pub(super) const CREATE: &str = "CREATE TABLE IF NOT EXISTS d1_migrations(\n\
     \t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\
     \t\tname       TEXT UNIQUE,\n\
     \t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n\
     )";

/// Asks for all names, and when each file was applied.
pub(super) const READ: &str = "SELECT name, applied_at FROM d1_migrations ORDER BY id";

/// Returns the name of the migration of a file.
pub(super) fn migration_of(file: &str) -> &str {
    file.strip_suffix(".sql").unwrap_or(file)
}

/// Returns the statement that records a migration. It fails if somebody else has recorded it.
pub(super) fn record(migration: &str) -> String {
    format!("INSERT INTO d1_migrations (name) VALUES ({})", file(migration))
}

/// Returns the statement that removes the record of a migration.
pub(super) fn forget(migration: &str) -> String {
    format!("DELETE FROM d1_migrations WHERE name = {}", file(migration))
}

fn file(migration: &str) -> String {
    Dialect::EITHER.quote_literal(&format!("{migration}.sql"))
}
