//! Errors of migrations.

use std::fmt;
use std::time::Duration;

use orm_folder::FolderError;

use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind};

/// What went wrong with migrations, for programs that need more than the message. It is the source of an [`Error`] with
/// the code `MIGRATION_ERROR`; get it by [`Error::downcast_ref`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The folder can't be used.
    #[error(transparent)]
    Folder(FolderError),
    /// The folder has no migrations for the database.
    #[error("there are no migrations for {0}: the folder has no folder `{name}`", name = .0.name())]
    NoDialect(Dialect),
    /// A statement of a file failed.
    #[error("{}", .0.message())]
    Failed(Box<FailedStatement>),
    /// A file would lose something that it doesn't name.
    #[error("{path} was rolled back: {what}{}", before(file, .applied))]
    WouldLose {
        /// The migration's folder.
        migration: String,
        /// `up.sql` or `down.sql`.
        file: &'static str,
        /// The file's path in the folder of its database.
        path: String,
        /// What would be lost, and what to do.
        what: String,
        /// The folders of the migrations that ran before it in the same run.
        applied: Vec<String>,
    },
    /// A rollback would drop tables or columns that hold something, and was not allowed to.
    #[error("{}", data_loss(.path, .losses, *.rolled_back, .applied))]
    DataLoss {
        /// The migration's folder.
        migration: String,
        /// The file's path in the folder of its database.
        path: String,
        /// What would be dropped.
        losses: Vec<Loss>,
        /// Whether nothing of the file remains. `false` if it runs outside a transaction and something ran before.
        rolled_back: bool,
        /// The folders of the migrations that the same run has rolled back before it.
        applied: Vec<String>,
    },
    /// A file can't run as it is.
    #[error("{path}: {what}")]
    Unusable {
        /// The migration's folder.
        migration: String,
        /// `up.sql` or `down.sql`.
        file: &'static str,
        /// The file's path in the folder of its database.
        path: String,
        /// What is wrong, and what to do.
        what: String,
    },
    /// Files were edited after they were applied.
    #[error(
        "{} edited after being applied: {}",
        if .0.len() == 1 { "a migration was" } else { "migrations were" }, .0.join(", ")
    )]
    Edited(Vec<String>),
    /// The folder has migrations that aren't built into the program.
    #[error("the folder has migrations that are not built into the program: {}", .0.join(", "))]
    NotEmbedded(Vec<String>),
    /// The folder has no migration of this version.
    #[error("there is no migration of version {version} for {dialect}")]
    UnknownVersion {
        /// The version that was asked for.
        version: String,
        /// The database.
        dialect: Dialect,
    },
    /// The version to go back to isn't applied.
    #[error("version {0} is not applied, so nothing can be rolled back to it")]
    NotApplied(String),
    /// The database has a version that would have to be rolled back, but the folder doesn't have it.
    #[error("version {0} is applied, but it can't be rolled back: the folder doesn't have it")]
    Missing(String),
    /// A migration that would have to be rolled back has no `down.sql`.
    #[error("{0} can't be rolled back: it has no down.sql, or no statement in it")]
    NoDown(String),
    /// Another program has been running migrations for too long.
    #[error("another program has been running migrations (or, on SQLite, writing) for {} s", .0.as_secs())]
    Locked(Duration),
}

/// What a rollback drops although it holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loss {
    /// The table, as the file names it.
    pub table: String,
    /// The column, as the database names it, or `None` if the table is dropped.
    pub column: Option<String>,
    /// The number of rows that go, or that have a value in the column.
    pub rows: u64,
}

/// What rolling a migration back drops although it holds something: [`Migrator::rollback_losses`].
///
/// [`Migrator::rollback_losses`]: super::Migrator::rollback_losses
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationLosses {
    /// The migration's folder.
    pub migration: String,
    /// What is dropped, at least one thing.
    pub losses: Vec<Loss>,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, rows } = self;
        let plural = if *rows == 1 { "" } else { "s" };
        match column {
            Some(column) => {
                write!(
                    f,
                    "it drops column {column:?} of {table}, which has a value in {rows} row{plural}"
                )
            }
            None => write!(f, "it drops {rows} row{plural} of {table}"),
        }
    }
}

/// A statement of a migration that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedStatement {
    /// The migration's folder.
    pub migration: String,
    /// `up.sql` or `down.sql`.
    pub file: &'static str,
    /// The file's path in the folder of its database.
    pub path: String,
    /// The number of the statement in the file, from 1. The number after the last one is the runner's own work, such as
    /// COMMIT.
    pub number: usize,
    /// The number of statements in the file.
    pub total: usize,
    /// The line on which the statement begins, from 1; 0 for the runner's own statements.
    pub line: usize,
    /// The statement. A statement of the file is cut to 120 characters.
    pub statement: String,
    /// If it is a guard: the number of rows it found. Also `None` if the message contains the number.
    pub rows: Option<u64>,
    /// Whether it is a guard. If so, nothing failed: the migration was refused.
    pub refused: bool,
    /// The message of the database, or of the guard.
    pub reason: String,
    /// Whether another statement, instead of this one, could succeed. It can't if a full disk or a lost server is the
    /// reason.
    pub can_be_corrected: bool,
    /// Whether the file's earlier statements were rolled back. They aren't if it runs outside a transaction.
    pub rolled_back: bool,
    /// Whether the connection was lost while it waited for the result of something that can't be undone, such as
    /// COMMIT. If so, it may have been done.
    pub in_doubt: bool,
    /// The folders of the migrations that ran before it in the same run.
    pub applied: Vec<String>,
}

impl FailedStatement {
    fn message(&self) -> String {
        let Self { path, file, number, total, line, statement, reason, applied, .. } = self;
        let outcome = match self.in_doubt {
            true => {
                "the answer is lost, so it may have been done anyway: check the state of the migrations"
            }
            false => outcome(self.rolled_back),
        };
        let rest = before(file, applied);
        if self.refused {
            return format!("{path} is refused: {reason}; {outcome}{rest}");
        }
        let place = match line {
            0 => statement.clone(),
            _ => format!("statement {number} of {total}, line {line} (`{statement}`)"),
        };
        format!("{path} failed at {place}: {reason}; {outcome}{rest}")
    }
}

fn data_loss(path: &str, losses: &[Loss], rolled_back: bool, applied: &[String]) -> String {
    let losses: Vec<String> = losses.iter().map(Loss::to_string).collect();
    let outcome = outcome(rolled_back);
    let rest = before(DOWN, applied);
    format!("{path} is refused: {}; {outcome}{rest}", losses.join("; "))
}

fn outcome(rolled_back: bool) -> &'static str {
    match rolled_back {
        true => "nothing of it remains",
        false => "it runs outside a transaction, so what came before the statement remains",
    }
}

/// The file that a rollback runs.
const DOWN: &str = "down.sql";

/// Says what the run has done before.
fn before(file: &str, applied: &[String]) -> String {
    let was_down = file == DOWN;
    match (applied, was_down) {
        ([], _) => String::new(),
        ([one], false) => format!("; before it {one} ran, and stays"),
        (more, false) => format!("; before it {} ran, and stay", more.join(", ")),
        ([one], true) => format!("; before it {one} was rolled back"),
        (more, true) => format!("; before it {} were rolled back", more.join(", ")),
    }
}

impl MigrationError {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoDialect(_) => {
                "generate the migrations for this database too, or check the URL and the path of the folder"
            }
            Self::Failed(failed) if failed.refused => {
                "change the rows that the message names, in the database or by SQL above the guard in the file, and \
                 run the migration again; the command `undo` removes a migration that no database has had"
            }
            Self::DataLoss { .. } => {
                "if these rows and values may go, allow it with `allow_data_loss(true)` on the migrator, or `rollback --force` \
                 on the command line"
            }
            Self::Edited(_) => {
                "undo the edit and write the change as a new migration; if the edit has no effect, such as one of a \
                 comment, allow it with `allow_edited`"
            }
            Self::NotEmbedded(_) => {
                "change the file with `migrations!` and build the program again; cargo notices files that `generate` \
                 writes, and hand-written ones if a build.rs prints `cargo:rerun-if-changed=migrations`"
            }
            Self::UnknownVersion { .. } => {
                "give the digits at the start of a migration's folder; `status` lists them"
            }
            Self::NotApplied(_) => "`status` lists the applied versions",
            Self::Missing(_) => {
                "run the program (or check out the branch) that has the migration, and roll back with it"
            }
            Self::NoDown(_) => "write its down.sql, or restore a backup",
            Self::Locked(_) => {
                "check what it does (PostgreSQL: pg_stat_activity), wait for it and try again, or raise `lock_timeout`"
            }
            Self::Failed(failed) if failed.can_be_corrected => {
                "correct the statement that the message names, if its file was never applied anywhere"
            }
            Self::Folder(_) | Self::Failed(_) | Self::WouldLose { .. } | Self::Unusable { .. } => {
                return None;
            }
        })
    }
}

impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        let made = Self::new(ErrorKind::Migration, error.to_string());
        let made = match &error {
            MigrationError::Locked(_) => made.because_of(ErrorKind::Busy),
            _ => made,
        };
        let made = match error.hint() {
            Some(hint) => made.with_hint(hint),
            None => made,
        };
        made.with_source(error)
    }
}
