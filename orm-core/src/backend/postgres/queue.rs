//! Statements with their values, which wait to be sent together.

use std::collections::HashSet;
use std::ffi::CString;

use super::arguments::Arguments;
use super::message::Message;
#[cfg(feature = "tokio")]
use super::result::Answer;
use crate::backend::any::postgres::ffi_oid;
#[cfg(feature = "tokio")]
use crate::error::Error;

/// The most statements that are prepared in one exchange; further ones are sent without a name. The cache has room for
/// more, so none of them is evicted before it runs.
const MOST_PREPARED: usize = 256;

/// Statements to run together, with their places.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) statements: Vec<(usize, Queued)>,
    /// The names of those that are prepared.
    prepared: HashSet<CString>,
    /// Whether one of them relies on what the connection remembers of the session.
    pub(super) reused: bool,
}

impl Queue {
    /// Whether there is room for a statement that is prepared.
    pub(super) fn prepares_more(&self) -> bool {
        self.prepared.len() < MOST_PREPARED
    }

    /// Adds a statement. The first of those with a name prepares it.
    pub(super) fn push(&mut self, place: usize, mut queued: Queued, reused: bool) {
        self.reused |= reused;
        if let Some(name) = queued.name.as_ref().filter(|_| queued.prepares) {
            queued.prepares = self.prepared.insert(name.clone());
        }
        self.statements.push((place, queued));
    }

    #[cfg(feature = "tokio")]
    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Returns the places of the statements.
    #[cfg(feature = "tokio")]
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.statements.iter().map(|(place, _)| *place)
    }
}

/// A statement with its values, to run with others.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) name: Option<CString>,
    pub(super) sql: CString,
    pub(super) declared: Box<[ffi_oid]>,
    pub(super) prepares: bool,
    pub(super) arguments: Arguments,
}

impl Queued {
    pub(super) fn message(&self) -> Message<'_> {
        let Self { name, sql, declared, prepares, .. } = self;
        Message { name: name.as_deref(), sql, declared, prepares: *prepares }
    }
}

/// The statements that calls have posted.
#[cfg(feature = "tokio")]
#[derive(Debug, Default)]
pub(super) struct Posted {
    /// Those that are not sent. Their places are their tickets.
    pub(super) queue: Queue,
    /// What became of the others, until their calls take it.
    pub(super) done: Vec<(usize, Outcome)>,
    /// How many there were so far.
    pub(super) count: usize,
}

/// What became of a statement.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub(super) enum Outcome {
    Answered(Answer),
    Failed(Error),
    /// It has not run.
    Skipped,
}

#[cfg(feature = "tokio")]
impl Posted {
    /// Forgets the statements of a transaction that is over.
    pub(super) fn clear(&mut self) {
        *self = Self { count: self.count, ..Self::default() };
    }
}
