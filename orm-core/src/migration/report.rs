//! What a run reports: while it runs, and at its end.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Migration;

/// The file of a migration that runs.
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

    /// Returns the path of a migration's file in the folder of its database.
    pub(super) fn path(self, migration: &Migration) -> String {
        let (layout, name) = (Migration::layout(migration.dialect()), migration.directory());
        let path = match self {
            Self::Up => layout.up(Path::new(""), name),
            Self::Down => layout.beside(Path::new(""), name).join(self.file()),
        };
        path.to_string_lossy().replace('\\', "/")
    }
}

/// Something that happens while migrations run, for [`Migrator::on_progress`](super::Migrator::on_progress).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'e> {
    /// Another program runs migrations or, on SQLite, writes. This run waits for it. The event comes again about once a
    /// second.
    Waiting {
        /// How long it has waited so far.
        elapsed: Duration,
    },
    /// The run knows which migrations to apply or to roll back.
    Planned {
        /// The number of migrations that will run.
        total: usize,
    },
    /// A migration is applied although newer ones are applied already, as after a merge of branches.
    OutOfOrder {
        /// The migration.
        migration: &'e Migration,
        /// The newest applied version.
        newest: &'e str,
    },
    /// A migration begins.
    Started {
        /// The migration.
        migration: &'e Migration,
        /// Its number among those that run, from 1.
        number: usize,
        /// The number of migrations that run.
        total: usize,
    },
    /// A statement begins.
    Statement {
        /// The migration.
        migration: &'e Migration,
        /// Its number in the file, from 1.
        number: usize,
        /// The number of statements in the file.
        total: usize,
        /// The statement on one line, cut to 120 characters.
        text: &'e str,
    },
    /// A statement of the form `INSERT INTO … SELECT …` is copying rows (only on SQLite). The event comes at most ten
    /// times a second, and once when all rows are copied.
    Rows {
        /// The migration.
        migration: &'e Migration,
        /// The table that the rows go to.
        table: &'e str,
        /// The number of rows copied so far.
        copied: u64,
        /// The number of rows of the source table; `None` if that number doesn't say how many rows will be copied.
        total: Option<u64>,
    },
    /// Another program ran a migration while this one waited for it.
    Skipped {
        /// The migration.
        migration: &'e Migration,
    },
    /// A migration is done and recorded.
    Finished {
        /// The migration.
        migration: &'e Migration,
        /// Its number among those that run, from 1.
        number: usize,
        /// The number of migrations that run.
        total: usize,
        /// How long it took.
        elapsed: Duration,
    },
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whether migrations were applied or rolled back.
    pub direction: Direction,
    /// The migrations that ran, in their order. Empty if there was nothing to do.
    pub migrations: Vec<Ran>,
    /// How long all of them took, including the wait for another program.
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

/// One line for each migration, and one for all.
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

/// The state of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its version.
    pub version: String,
    /// The name of its folder. If the folder no longer exists: its name when the migration was applied, or the version
    /// if the name isn't known.
    pub directory: String,
    /// Its state.
    pub state: MigrationState,
    /// When it was applied.
    pub applied_at: Option<DateTime<Utc>>,
    /// How long it took; `None` also if diesel's tools applied it, or if it was recorded without running.
    pub elapsed: Option<Duration>,
    /// Whether it is pending although a newer one is applied.
    pub out_of_order: bool,
}

/// The state of a migration, in [`MigrationStatus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MigrationState {
    /// It is applied.
    Applied,
    /// It isn't applied.
    Pending,
    /// It is applied, and its files have been edited since.
    Edited,
    /// It is applied, but the folder doesn't have it.
    Missing,
    /// It is applied, and the folder has a newer baseline that replaces it.
    Replaced,
}

impl MigrationState {
    /// Returns the state as a word: `applied`, `pending`, `edited`, `missing`, `replaced`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;

    #[test]
    fn errors_name_the_file_that_is_there() {
        let paths = |dialect| {
            let migration = Migration::unrecorded(dialect, "0001_add_posts", "", true);
            [Direction::Up, Direction::Down].map(|direction| direction.path(&migration))
        };
        for dialect in Dialect::USUAL {
            assert_eq!(paths(dialect), ["0001_add_posts/up.sql", "0001_add_posts/down.sql"]);
        }
        assert_eq!(paths(Dialect::D1), ["0001_add_posts.sql", "meta/0001_add_posts/down.sql"]);
    }
}
