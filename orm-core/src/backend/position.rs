//! Where a server is in its log, so that a replica is read only once it has what its reader must see.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::which::{Inner, each};
use super::{AnyConnection, Backend as _};
use crate::error::Result;

/// A place in the log of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Position {
    /// Counts the failovers of the database.
    pub(crate) timeline: u32,
    pub(crate) lsn: u64,
}

/// What a server says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether it is a replica.
    pub(crate) in_recovery: bool,
    /// `None` if it doesn't say.
    pub(crate) timeline: Option<u32>,
    /// How far it has written its log or, as a replica, replayed it. `None` if it doesn't say.
    pub(crate) lsn: Option<u64>,
    /// Identifies the database cluster, with all of its replicas. Only if it was asked for.
    pub(crate) system: Option<u64>,
}

/// What the server of a statement must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gate {
    /// What a replica must have replayed.
    pub(crate) least: Option<Position>,
    /// Whether it must be a replica, and the statement a read.
    pub(crate) is_replica: bool,
}

/// Why a statement didn't pass its [`Gate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The replica has not replayed enough.
    Behind,
    /// The server is no replica any more.
    Promoted,
    /// The replica follows another primary.
    OtherTimeline,
    /// The statement may write, lock, or depend on the primary's session. It was not sent.
    NeedsPrimary,
}

/// What to check and to find out while statements run outside of a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    /// Checked before each statement, in the same exchange with the server.
    pub(crate) gate: Option<Gate>,
    /// Whether to find out, in the same exchange, where the server is after each statement and each COMMIT.
    pub(crate) after: bool,
}

/// What a [`Watch`] found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Where the server was before the last statement.
    pub(crate) before: Option<Standing>,
    /// Where it was after the last statement or COMMIT. `None` if something ran since then, or if it isn't known.
    pub(crate) after: Option<Standing>,
    pub(crate) refusal: Option<Refusal>,
}

/// A connection that is watched until this is dropped.
pub(crate) struct Watching<'c>(&'c mut AnyConnection);

impl<'c> Watching<'c> {
    pub(crate) fn new(connection: &'c mut AnyConnection, watch: Watch) -> Self {
        each!(&mut connection.inner, inner => inner.watch(watch));
        Self(connection)
    }

    /// Returns what was found out.
    pub(crate) fn found(&self) -> Watched {
        each!(&self.0.inner, inner => inner.watched())
    }
}

impl Deref for Watching<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.0
    }
}

impl DerefMut for Watching<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.0
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        each!(&mut self.0.inner, inner => inner.watch(Watch::default()));
    }
}

impl AnyConnection {
    /// Asks the server where it is, and waits for at most about `limit`. `None` for a database without replicas.
    pub(crate) fn standing(&mut self, limit: Duration) -> Result<Option<Standing>> {
        self.end_abandoned();
        each!(&mut self.inner, inner => inner.standing(limit))
    }

    /// Makes the server refuse to write in this session, and forgets nothing if a pooler stands between.
    pub(crate) fn refuse_writes(&mut self) -> Result<()> {
        each!(&mut self.inner, inner => inner.refuse_writes())
    }
}
