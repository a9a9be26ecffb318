//! The workloads and who runs them.

mod diesel_orm;
mod mizzle_orm;
mod raw;

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// rusqlite with cached statements.
    Rusqlite,
    /// diesel as its guides write it.
    Diesel,
    /// mizzle.
    Mizzle,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// One row by its primary key.
    Find,
    /// One row by a filter on a unique column.
    Filter,
    /// The first 20 rows of a filter, sorted.
    Page,
    /// All 10,000 rows.
    Load,
    /// One row, given back.
    Insert,
    /// 100 rows in one statement.
    Insert100,
    /// All columns of one row.
    Update,
    /// 100 rows with 10 related rows each, with 5 related rows each.
    Relations,
}

impl Peer {
    /// All, the raw driver first.
    pub const ALL: [Self; 3] = [Self::Rusqlite, Self::Diesel, Self::Mizzle];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rusqlite => "rusqlite",
            Self::Diesel => "diesel",
            Self::Mizzle => "mizzle",
        }
    }
}

impl Workload {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Find,
        Self::Filter,
        Self::Page,
        Self::Load,
        Self::Insert,
        Self::Insert100,
        Self::Update,
        Self::Relations,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Filter => "filter",
            Self::Page => "page",
            Self::Load => "load",
            Self::Insert => "insert",
            Self::Insert100 => "insert-100",
            Self::Update => "update",
            Self::Relations => "relations",
        }
    }
}

/// Rows in the table at the start.
pub const ROWS: i64 = 10_000;

/// Prepares a database, does the workload `times` times, and returns something that depends on the result.
pub fn run(peer: Peer, workload: Workload, times: u64) -> u64 {
    match peer {
        Peer::Rusqlite => raw::run(workload, times),
        Peer::Diesel => diesel_orm::run(workload, times),
        Peer::Mizzle => mizzle_orm::run(workload, times),
    }
}

/// The key that repetition `time` works on.
fn key(time: u64) -> i64 {
    (time as i64 * 7919) % ROWS + 1
}
