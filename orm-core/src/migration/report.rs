//! What a run tells: while it goes on, and at its end.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Migration;

/// Which of a migration's files runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `up.sql`: it is applied.
    Up,
    /// `down.sql`: it is rolled back.
    Down,
}

impl Direction {
    /// The file's name.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Up => "up.sql",
            Self::Down => "down.sql",
        }
    }
}

/// Something that happens while migrations run, for [`Migrator::on_progress`](super::Migrator::on_progress).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'e> {
    /// Another program runs migrations, or, on SQLite, writes: this one waits for it. Comes again about once a
    /// second.
    Waiting {
        /// For how long by now.
        elapsed: Duration,
    },
    /// The pending migrations are known.
    Planned {
        /// How many migrations will run.
        total: usize,
    },
    /// A migration is applied though newer ones are applied already, as after a merge of branches.
    OutOfOrder {
        /// The migration.
        migration: &'e Migration,
        /// The newest version that is applied.
        newest: &'e str,
    },
    /// A migration begins.
    Started {
        /// The migration.
        migration: &'e Migration,
        /// Which of those that run, from 1.
        number: usize,
        /// How many run.
        total: usize,
    },
    /// A statement begins.
    Statement {
        /// The migration.
        migration: &'e Migration,
        /// Which of the file's, from 1.
        number: usize,
        /// How many the file has.
        total: usize,
        /// The statement on one line, cut to 120 characters.
        text: &'e str,
    },
    /// A statement of the form `INSERT INTO … SELECT …` is copying rows (SQLite alone). Comes at most ten times a
    /// second, and once when all are copied.
    Rows {
        /// The migration.
        migration: &'e Migration,
        /// The table that is filled.
        table: &'e str,
        /// How many rows by now.
        copied: u64,
        /// How many rows the table has that they come from; `None` where that doesn't tell how many will be copied.
        total: Option<u64>,
    },
    /// A migration was run by another program while this one waited for it.
    Skipped {
        /// The migration.
        migration: &'e Migration,
    },
    /// A migration is done, and recorded.
    Finished {
        /// The migration.
        migration: &'e Migration,
        /// Which of those that run, from 1.
        number: usize,
        /// How many run.
        total: usize,
        /// How long it took.
        elapsed: Duration,
    },
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whether migrations were applied or rolled back.
    pub direction: Direction,
    /// Those that ran, in their order. Empty where there was nothing to do.
    pub migrations: Vec<Ran>,
    /// How long all took, with the time that was spent waiting for another program.
    pub elapsed: Duration,
}

/// A migration that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Its version.
    pub version: String,
    /// The name of its folder.
    pub directory: String,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether newer ones were applied before it.
    pub out_of_order: bool,
}

/// A line for each, and one for all.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = match self.direction {
            Direction::Up => "applied",
            Direction::Down => "rolled back",
        };
        for ran in &self.migrations {
            writeln!(f, "{done} {} in {}", ran.directory, milliseconds(ran.elapsed))?;
        }
        match self.migrations.len() {
            0 => f.write_str("nothing to do"),
            1 => write!(f, "1 migration {done} in {}", milliseconds(self.elapsed)),
            count => write!(f, "{count} migrations {done} in {}", milliseconds(self.elapsed)),
        }
    }
}

fn milliseconds(duration: Duration) -> String {
    match duration.as_millis() {
        short @ 0..10_000 => format!("{short} ms"),
        long => format!("{}.{} s", long / 1000, long % 1000 / 100),
    }
}

/// Where a migration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its version.
    pub version: String,
    /// The name of its folder. Where the folder doesn't have it: as it was when it was applied, or the version where
    /// even that is not known.
    pub directory: String,
    /// Where it stands.
    pub state: MigrationState,
    /// When it was applied.
    pub applied_at: Option<DateTime<Utc>>,
    /// How long it took; `None` too where diesel's tools applied it, or it was recorded without running.
    pub elapsed: Option<Duration>,
    /// Whether it is not applied though a newer one is.
    pub out_of_order: bool,
}

/// Where a migration stands, in [`MigrationStatus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MigrationState {
    /// It is applied.
    Applied,
    /// It is not.
    Pending,
    /// It is applied, and its files were edited since.
    Edited,
    /// It is applied, and the folder doesn't have it.
    Missing,
    /// It is applied, and the folder has a newer baseline for it.
    Replaced,
}

impl MigrationState {
    /// The state as a word: `applied`, `pending`, `edited`, `missing`, `replaced`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Replaced => "replaced",
        }
    }
}
