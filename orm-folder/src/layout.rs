//! Where the files of a migration are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{FolderError, Problem};
use crate::kind::{Kind, kind};

/// Where the files of a migration are in the folder of its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Each has a folder, with an `up.sql`: diesel's.
    Folders,
    /// Each is a file; what else it has is in a folder of its name in `meta`: that of Cloudflare's wrangler.
    Files,
}

impl Layout {
    /// Returns the layout of the database's folder, by its dialect's name.
    pub fn of(dialect: &str) -> Self {
        if dialect == "d1" { Self::Files } else { Self::Folders }
    }

    /// Returns the migration's folder, or its file.
    pub fn place(self, folder: &Path, name: &str) -> PathBuf {
        match self {
            Self::Folders => folder.join(name),
            Self::Files => folder.join(format!("{name}.sql")),
        }
    }

    /// Returns the file with the statements that apply the migration.
    pub fn up(self, folder: &Path, name: &str) -> PathBuf {
        match self {
            Self::Folders => folder.join(name).join("up.sql"),
            Self::Files => self.place(folder, name),
        }
    }

    /// Returns the folder with what else belongs to the migration: its snapshot, its way back, its settings.
    pub fn beside(self, folder: &Path, name: &str) -> PathBuf {
        match self {
            Self::Folders => folder.join(name),
            Self::Files => folder.join("meta").join(name),
        }
    }

    /// Returns the names of the migrations, in no order.
    pub(crate) fn names(self, folder: &Path) -> Result<Vec<String>, FolderError> {
        Ok(match self {
            Self::Folders => children(folder, Kind::Folder)?,
            Self::Files => {
                let files = children(folder, Kind::File)?.into_iter();
                files.filter_map(|file| Some(file.strip_suffix(".sql")?.to_owned())).collect()
            }
        })
    }

    /// Returns what is wrong with a name without a version.
    pub(crate) fn name_problem(self) -> Problem {
        match self {
            Self::Folders => Problem::Name,
            Self::Files => Problem::FileName,
        }
    }
}

/// Returns the names of the folders or files in `folder`. Hidden ones belong to other tools.
pub(crate) fn children(folder: &Path, wanted: Kind) -> Result<Vec<String>, FolderError> {
    let unreadable = |error: std::io::Error| FolderError::new(folder, Problem::Unreadable(error));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") || kind(&entry.path())? != wanted {
            continue;
        }
        let name = name.into_string();
        names.push(name.map_err(|_| FolderError::new(&entry.path(), Problem::Name))?);
    }
    Ok(names)
}
