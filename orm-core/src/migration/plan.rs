//! What a run has to do.

use super::Migration;
use super::history::{Applied, History};
use super::session::Session;

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

/// Returns the digits of a version that a user has given as digits or as a folder's name.
pub(super) fn version_in(given: &str) -> String {
    orm_folder::version_of(given).unwrap_or_else(|| given.into())
}

/// The state of the database while the run holds the lock.
pub(super) struct Held<'h> {
    pub(super) history: &'h History,
    pub(super) session: &'h Session,
}
