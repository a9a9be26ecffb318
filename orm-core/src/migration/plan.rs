//! What a run is to do.

use super::Migration;
use super::history::{Applied, History};
use super::session::Session;

/// A migration that is to run.
#[derive(Debug)]
pub(super) struct Planned<'m> {
    pub(super) migration: &'m Migration,
    /// The newest applied version, if it is newer.
    pub(super) newer: Option<String>,
}

pub(super) fn find<'a>(applied: &'a [Applied], version: &str) -> Option<&'a Applied> {
    applied.iter().find(|applied| applied.version == version)
}

/// The version that a user gives, as its digits or as a folder's name.
pub(super) fn version_in(given: &str) -> String {
    orm_folder::version_of(given).unwrap_or_else(|| given.into())
}

/// What is there while the run's lock is held.
pub(super) struct Held<'h> {
    pub(super) history: &'h History,
    pub(super) session: &'h Session,
}
