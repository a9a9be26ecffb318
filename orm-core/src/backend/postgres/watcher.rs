//! What a connection checks and finds out about its server along with statements.

use std::cell::Cell;
use std::fmt;

use crate::backend::{Refusal, Watch, Watched};
use crate::error::{Error, ErrorKind};

/// The state of a [`Watch`].
#[derive(Default)]
pub(super) struct Watcher {
    pub(super) watch: Watch,
    pub(super) found: Cell<Watched>,
    /// Why the last exchange doesn't count.
    pub(super) verdict: Cell<Option<Error>>,
    /// What the server has replayed, as of the last question.
    pub(super) known: Cell<u64>,
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("watch", &self.watch).finish_non_exhaustive()
    }
}

impl Watcher {
    /// Forgets where the server was after the last statement, because something runs.
    pub(super) fn forget(&self) {
        // Otherwise it was never found.
        if self.watch.after {
            self.found.set(Watched { after: None, ..self.found.get() });
        }
    }

    pub(super) fn refuse(&self, refusal: Refusal) -> Error {
        self.found.set(Watched { refusal: Some(refusal), ..self.found.get() });
        Error::new(ErrorKind::Unknown, "the server is not one that may run the statement")
    }
}
