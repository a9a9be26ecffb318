//! Errors in a folder of migrations.

use std::io;
use std::path::{Path, PathBuf};

/// A folder of migrations that can't be read or written. Each message names the file and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// An error of the file system.
    #[error("can't {doing} {}: {source}", path.display())]
    Io {
        /// The action, such as `read`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Migrations whose files can't be used.
    #[error(transparent)]
    Migrations(#[from] orm_core::Error),
    /// A file with unexpected content.
    #[error("{}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A snapshot from a later version of mizzle.
    #[error(
        "{} has format {found}, and this version of mizzle reads formats up to {known}: update mizzle",
        path.display()
    )]
    NewerFormat {
        /// The snapshot.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The newest format that this version knows.
        known: u64,
    },
    /// Migrations that were generated side by side, without knowing of each other.
    #[error(
        "{} were both generated from the same schema, on branches that didn't know of each other: {}",
        list(folders),
        remedy(folders)
    )]
    Branches {
        /// Their folders, in the order of their versions.
        folders: Vec<PathBuf>,
    },
    /// A snapshot whose parent is missing.
    #[error(
        "{} was generated on top of a migration that is not in the folder: restore that from version control, or \
         delete this migration and run `generate` again",
        folder.display()
    )]
    NoParent {
        /// The migration's folder.
        folder: PathBuf,
    },
    /// A name that is unsuitable for a folder.
    #[error("{name:?} can't name a migration: {problem}")]
    Name {
        /// The name.
        name: String,
        /// The reason.
        problem: &'static str,
    },
}

impl FolderError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }

    pub(super) fn malformed(path: &Path, problem: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_owned(), problem: problem.into() }
    }
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    shown.join(" and ")
}

/// Says what to do about branches: delete the later one, because the earlier one is likelier to be applied somewhere.
fn remedy(folders: &[PathBuf]) -> String {
    let last = folders.last().map(|path| path.display().to_string()).unwrap_or_default();
    format!(
        "run `merge`, which joins them if they change different things; otherwise delete the one that is not applied \
         anywhere yet (probably {last}) and run `generate`, which writes it again on top of the other; if it is \
         hand-written, delete only its snapshot.json"
    )
}
