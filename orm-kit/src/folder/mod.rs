//! The folder of migrations: `migrations/<dialect>/<version>_<name>/{up.sql, down.sql, snapshot.json, metadata.toml}`.
//! This is the layout of diesel's own tools, with a snapshot of the schema beside the SQL.

mod chain;
mod error;
mod merge;
mod name;
mod read;
mod snapshot;
mod version;
mod write;

pub use error::FolderError;
pub use merge::{Conflict, merge};
pub use name::{default_name, safe_name};
pub use read::{Branches, Folder, Migration};
pub use snapshot::Snapshot;
pub use version::next_version;
pub use write::{NewMigration, remove, write};
