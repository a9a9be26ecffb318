//! Reading a folder of migrations.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use orm_core::Dialect;

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

/// A migration in a folder: generated, or written by hand.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The digits that the folder's name begins with.
    pub version: String,
    /// What follows them.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// The SQL that applies it.
    pub up: String,
    /// The SQL that takes it back, if there is any.
    pub down: Option<String>,
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
        for folder in folders(&path)? {
            migrations.push(Migration::read(folder, dialect)?);
        }
        // By path too, so that the order is the same on every file system.
        migrations
            .sort_by(|one, other| (&one.version, &one.path).cmp(&(&other.version, &other.path)));
        if let Some([first, second]) =
            migrations.windows(2).find(|pair| pair[0].version == pair[1].version)
        {
            let (first, second) = (first.path.clone(), second.path.clone());
            return Err(FolderError::SameVersion { first, second });
        }
        Ok(Self { dialect, path, migrations })
    }

    /// The snapshot that the next migration follows: the end of the chain. `None` where there is none yet.
    ///
    /// # Errors
    /// Branches, and a snapshot whose parent is missing.
    pub fn latest(&self) -> Result<Option<&Snapshot>, FolderError> {
        chain::end(&self.migrations)
    }

    /// The newest version, if there is any migration.
    pub fn newest_version(&self) -> Option<&str> {
        self.migrations.last().map(|migration| migration.version.as_str())
    }

    /// The schema before the migration at `position`: that of the snapshot before it.
    pub fn snapshot_before(&self, position: usize) -> Option<&Snapshot> {
        self.migrations[..position].iter().rev().find_map(|migration| migration.snapshot.as_ref())
    }
}

impl Migration {
    /// The folder's name.
    pub fn folder_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn read(path: PathBuf, dialect: Dialect) -> Result<Self, FolderError> {
        let folder = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // As diesel reads it: dashes in the version are for the eye.
        let (version, name) = folder.split_once('_').unwrap_or((&folder, ""));
        let version = version.replace('-', "");
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FolderError::NoVersion { path });
        }
        let name = name.to_owned();
        let up = read_if_there(&path.join("up.sql"))?
            .ok_or_else(|| FolderError::NoUp { path: path.clone() })?;
        let down = read_if_there(&path.join("down.sql"))?;
        let snapshot = Snapshot::read(&path.join("snapshot.json"), dialect)?;
        Ok(Self { version, name, path, up, down, snapshot })
    }
}

/// The folders in `path`; hidden ones are no migrations, such as one that is being written.
fn folders(path: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FolderError::io("read", path)(error)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(FolderError::io("read", path))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // Follows a symbolic link, as diesel does.
        if !hidden && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

fn read_if_there(path: &Path) -> Result<Option<String>, FolderError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FolderError::io("read", path)(error)),
    }
}
