//! What a run has to do.

use super::Migration;
use super::error::MigrationError;
use super::history::{Applied, History};
use super::session::Session;
use crate::error::Result;

/// A migration that will run.
#[derive(Debug)]
pub(super) struct Planned<'m> {
    pub(super) migration: &'m Migration,
    /// The newest applied version, if it is newer.
    pub(super) newer: Option<String>,
}

pub(super) fn find<'a>(applied: &'a [Applied], version: &str) -> Option<&'a Applied> {
    applied.iter().find(|applied| applied.version == version)
}

/// Returns the newest applied versions, the newest first.
pub(super) fn newest(applied: &[Applied], steps: usize) -> impl Iterator<Item = &Applied> {
    applied.iter().rev().take(steps)
}

/// Returns the versions that were applied after this one, the newest first.
pub(super) fn newer<'a>(
    applied: &'a [Applied],
    version: &str,
) -> Result<impl Iterator<Item = &'a Applied>> {
    if applied.iter().all(|applied| applied.version != version) {
        return Err(MigrationError::NotApplied(version.into()).into());
    }
    let version = version.to_owned();
    Ok(applied.iter().rev().take_while(move |applied| applied.version > version))
}

/// Returns the digits of a version that a user has given as digits or as a folder's name.
pub(super) fn version_in(given: &str) -> String {
    orm_folder::version_of(given).unwrap_or_else(|| given.into())
}

/// The state of the database while the run holds the lock.
pub(super) struct Held<'h> {
    pub(super) history: &'h History,
    pub(super) session: &'h Session,
}
