//! Reading a folder of migrations.

use std::path::{Path, PathBuf};

use orm_core::Dialect;
use orm_core::migration::{self, FolderProblem, MigrationError, Migrations};

use super::{FolderError, Snapshot, chain};

/// The migrations of one dialect, in their order.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Whose SQL it holds.
    pub dialect: Dialect,
    /// The folder, such as `migrations/sqlite`.
    pub path: PathBuf,
    /// The migrations, by version.
    pub migrations: Vec<Migration>,
}

/// Two branches of a folder.
#[derive(Debug, Clone, Copy)]
pub struct Branches<'f> {
    /// The newest snapshot that both follow.
    pub base: Option<&'f Snapshot>,
    /// The last of each.
    pub ends: [&'f Snapshot; 2],
    /// The folders of the last.
    pub folders: [&'f Path; 2],
}

/// A migration in a folder: generated, or written by hand.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Its SQL.
    pub sql: migration::Migration,
    /// Its folder.
    pub path: PathBuf,
    /// The schema after it; a migration that was written by hand may have none, which leaves the schema as it is.
    pub snapshot: Option<Snapshot>,
}

impl Folder {
    /// Reads `<root>/<dialect>`, which is empty if it doesn't exist.
    ///
    /// # Errors
    /// What can't be read or is malformed, and two migrations of one version.
    pub fn read(root: &Path, dialect: Dialect) -> Result<Self, FolderError> {
        let path = root.join(dialect.name());
        let mut migrations = Vec::new();
        if path.exists() {
            let files = Migrations::from_path(root)?;
            for sql in files.of(dialect).unwrap_or_default() {
                let path = path.join(sql.directory());
                let snapshot = Snapshot::read(&path.join("snapshot.json"), dialect)?;
                migrations.push(Migration { sql: sql.clone(), path, snapshot });
            }
        } else {
            check_layout(root)?;
        }
        Ok(Self { dialect, path, migrations })
    }

    /// The snapshot that the next migration follows: the end of the chain. `None` where there is none yet.
    ///
    /// # Errors
    /// Branches, and a snapshot whose parent is missing.
    pub fn latest(&self) -> Result<Option<&Snapshot>, FolderError> {
        chain::end(&self.links())
    }

    /// The ends of two branches that nothing joins, after what both of them follow; `None` if there are none.
    ///
    /// # Errors
    /// As for [`latest`](Self::latest), but for branches that can be joined.
    pub fn branches(&self) -> Result<Option<Branches<'_>>, FolderError> {
        let links = self.links();
        let ends = chain::ends(&links)?;
        let [ours, theirs, ..] = ends.as_slice() else { return Ok(None) };
        let base = chain::common(&links, &[*ours, *theirs]);
        Ok(Some(Branches { base, ends: [ours.1, theirs.1], folders: [ours.0, theirs.0] }))
    }

    fn links(&self) -> Vec<chain::Link<'_>> {
        self.migrations
            .iter()
            .filter_map(|migration| Some((migration.path.as_path(), migration.snapshot.as_ref()?)))
            .collect()
    }

    /// The snapshot that this one follows.
    pub fn parent_of(&self, snapshot: &Snapshot) -> Option<&Snapshot> {
        let parent = snapshot.parent.as_ref()?;
        let mut snapshots = self.migrations.iter().filter_map(|known| known.snapshot.as_ref());
        snapshots.find(|known| known.id == *parent)
    }

    /// The newest version, if there is any migration.
    pub fn newest_version(&self) -> Option<&str> {
        self.migrations.last().map(|migration| migration.sql.version())
    }

    /// The schema after the first `count` migrations: the newest snapshot among them.
    pub fn snapshot_after(&self, count: usize) -> Option<&Snapshot> {
        let snapshots = |count: usize| {
            self.migrations[..count].iter().rev().filter_map(|known| known.snapshot.as_ref())
        };
        let is_there = |id: &str| snapshots(count).any(|known| known.id == id);
        // What joins branches changes nothing: two branches lead to it.
        let joined = snapshots(self.migrations.len())
            .find(|known| known.merged.is_some() && known.parents().all(is_there));
        let newest = snapshots(count).next();
        match (joined, newest) {
            (Some(joined), Some(newest)) if joined.parents().any(|id| id == newest.id) => {
                Some(joined)
            }
            _ => newest,
        }
    }
}

/// Refuses a folder whose migrations lie in it directly, as those of a program that knows one database: they would be
/// passed over.
fn check_layout(root: &Path) -> Result<(), FolderError> {
    let Err(error) = Migrations::from_path(root) else { return Ok(()) };
    match error.downcast_ref() {
        Some(MigrationError::Folder(folder))
            if matches!(folder.problem, FolderProblem::NotByDialect(_)) =>
        {
            Err(error.into())
        }
        // An empty folder, or none, is a beginning.
        _ => Ok(()),
    }
}
