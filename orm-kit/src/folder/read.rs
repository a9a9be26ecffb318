//! Reading a folder of migrations.

use std::path::{Path, PathBuf};

use orm_core::Dialect;
use orm_core::migration::{self, FolderProblem, MigrationError, Migrations};

use super::{FolderError, Snapshot, chain};

/// The migrations of one dialect, in order.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The dialect of the SQL.
    pub dialect: Dialect,
    /// The folder, such as `migrations/sqlite`.
    pub path: PathBuf,
    /// The migrations, in the order of their versions.
    pub migrations: Vec<Migration>,
}

/// Two branches of a folder.
#[derive(Debug, Clone, Copy)]
pub struct Branches<'f> {
    /// The newest snapshot that both follow.
    pub base: Option<&'f Snapshot>,
    /// The last snapshot of each branch.
    pub ends: [&'f Snapshot; 2],
    /// The folders of the last snapshots.
    pub folders: [&'f Path; 2],
}

/// A migration in a folder, generated or written by hand.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Its SQL.
    pub sql: migration::Migration,
    /// Its folder, or its file.
    pub path: PathBuf,
    /// The file that applies it.
    pub up: PathBuf,
    /// The folder with its snapshot and its way back, which may not exist.
    pub beside: PathBuf,
    /// The schema after it. A migration that was written by hand may have none, and then leaves the schema as it is.
    pub snapshot: Option<Snapshot>,
}

impl Folder {
    /// Reads `<root>/<dialect>`. A missing folder is the same as an empty one.
    ///
    /// # Errors
    /// Fails if a file is unreadable or malformed, or if two migrations have the same version.
    pub fn read(root: &Path, dialect: Dialect) -> Result<Self, FolderError> {
        let path = root.join(dialect.name());
        let mut migrations = Vec::new();
        if path.exists() {
            let files = Migrations::from_path(root)?;
            let layout = migration::Migration::layout(dialect);
            for sql in files.of(dialect).unwrap_or_default() {
                let name = sql.directory();
                let beside = layout.beside(&path, name);
                let snapshot = Snapshot::read(&beside.join("snapshot.json"), dialect)?;
                let (up, path) = (layout.up(&path, name), layout.place(&path, name));
                migrations.push(Migration { sql: sql.clone(), path, up, beside, snapshot });
            }
        } else {
            check_layout(root)?;
        }
        Ok(Self { dialect, path, migrations })
    }

    /// Returns the snapshot that the next migration follows: the end of the chain. Returns `None` if there are no
    /// snapshots yet.
    ///
    /// # Errors
    /// Fails if branches are not joined, or if the parent of a snapshot is missing.
    pub fn latest(&self) -> Result<Option<&Snapshot>, FolderError> {
        chain::end(&self.links())
    }

    /// Returns the ends of two branches that are not joined, and the newest snapshot that both follow. Returns `None`
    /// if there are no branches.
    ///
    /// # Errors
    /// Fails as [`latest`](Self::latest) does, except for branches that can be joined.
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

    /// Returns the snapshot that this one follows.
    pub fn parent_of(&self, snapshot: &Snapshot) -> Option<&Snapshot> {
        let parent = snapshot.parent.as_ref()?;
        let mut snapshots = self.migrations.iter().filter_map(|known| known.snapshot.as_ref());
        snapshots.find(|known| known.id == *parent)
    }

    /// Returns the newest version, if there are migrations.
    pub fn newest_version(&self) -> Option<&str> {
        self.migrations.last().map(|migration| migration.sql.version())
    }

    /// Returns the schema after the first `count` migrations: the newest snapshot among them.
    pub fn snapshot_after(&self, count: usize) -> Option<&Snapshot> {
        let snapshots = |count: usize| {
            self.migrations[..count].iter().rev().filter_map(|known| known.snapshot.as_ref())
        };
        let is_there = |id: &str| snapshots(count).any(|known| known.id == id);
        // A migration that joins branches changes nothing. Both branches together already have its schema.
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

/// Refuses a folder that directly contains migrations, as a program for one database would have it. Otherwise they
/// would be ignored.
fn check_layout(root: &Path) -> Result<(), FolderError> {
    let Err(error) = Migrations::from_path(root) else { return Ok(()) };
    match error.downcast_ref() {
        Some(MigrationError::Folder(folder))
            if matches!(folder.problem, FolderProblem::NotByDialect(_)) =>
        {
            Err(error.into())
        }
        // A missing or empty folder is a new project.
        _ => Ok(()),
    }
}
