//! Where a server is in its log, so that a replica is read only once it has what its reader must see.

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
