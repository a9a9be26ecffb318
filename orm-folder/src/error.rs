//! Errors in a folder of migrations.

use std::path::{Path, PathBuf};

/// Something in a folder of migrations that can't be used. The message says what and where it is, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FolderError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: Problem,
}

impl FolderError {
    pub(crate) fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.into(), problem }
    }
}

/// What is wrong with a file or folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It doesn't exist.
    #[error(
        "there is no such folder: create it, with a folder `sqlite`, `postgres` or `d1` in it, or correct the path"
    )]
    Missing,
    /// It is a file.
    #[error("this is not a folder: name the folder that contains `sqlite`, `postgres` or `d1`")]
    NoFolder,
    /// It has no folder for a database.
    #[error(
        "the folder has no folder `sqlite`, `postgres` or `d1`: create the one of your database"
    )]
    NoDialect,
    /// It contains the migrations directly.
    #[error(
        "the migrations (such as {0}) are in the folder itself: move them into a folder `sqlite` or `postgres` in it, \
         the one of the database that they are written for"
    )]
    NotByDialect(String),
    /// The version can't be read from the name.
    #[error(
        "the name of a migration's folder begins with its version, of at most 50 digits, as in \
         `20260131120000_add_posts`: rename it"
    )]
    Name,
    /// The version can't be read from the name of a file.
    #[error(
        "the name of a migration's file begins with its number, as in `0001_add_posts.sql`: rename it, or move it out of \
         the folder, as wrangler would apply it"
    )]
    FileName,
    /// Two migrations have the same version.
    #[error(
        "it has the same version ({version}) as {other}: give one of the two another timestamp or number"
    )]
    SameVersion {
        /// The version.
        version: String,
        /// The folder of the other migration.
        other: String,
    },
    /// It has no statement to run.
    #[error("the migration has no up.sql: write one, or remove the folder")]
    NoUp,
    /// The settings can't be read.
    #[error(
        "the settings can't be read; write `run_in_transaction = false` or leave the file out: {0}"
    )]
    Metadata(Box<toml::de::Error>),
    /// A link to a target that doesn't exist.
    #[error("this is a broken link: restore its target, or remove it")]
    BrokenLink,
    /// It isn't valid text.
    #[error("this is not UTF-8 text: save it as UTF-8 (some editors and shells write UTF-16)")]
    NoText,
    /// The operating system can't read it.
    #[error("it can't be read: {0}")]
    Unreadable(std::io::Error),
}
