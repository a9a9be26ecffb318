//! What exists at a path.

use std::fs;
use std::path::Path;

use crate::error::{FolderError, Problem};

/// Returns what exists at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
    Nothing,
}

/// Returns what exists at a path, or at the target of a link there.
pub(crate) fn kind(path: &Path) -> Result<Kind, FolderError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(Kind::Folder),
        Ok(_) => Ok(Kind::File),
        Err(error) => match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                match path.is_symlink() {
                    true => Err(FolderError::new(path, Problem::BrokenLink)),
                    false => Ok(Kind::Nothing),
                }
            }
            _ => Err(FolderError::new(path, Problem::Unreadable(error))),
        },
    }
}
