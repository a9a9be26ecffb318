//! The folder of migrations: `migrations/<dialect>/<version>_<name>/{up.sql, down.sql, snapshot.json, metadata.toml}`.
//! This is the layout of diesel's own tools, with a snapshot of the schema beside the SQL. For D1 it is that of Cloudflare's
//! wrangler: `migrations/d1/<number>_<name>.sql`, and everything else in `migrations/d1/meta/<number>_<name>`.

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
pub use version::Versions;
pub use write::{NewMigration, remove, write, write_snapshot};
