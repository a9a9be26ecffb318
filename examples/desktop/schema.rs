//! The tables of the application. Moments are seconds since 1970, as Drizzle's `integer({ mode: 'timestamp' })` stores them.

use mizzle::prelude::*;

/// A folder in which the user runs commands.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(executions = Execution))]
pub struct Project {
    /// Its number.
    #[column(primary_key, auto)]
    pub id: i64,
    /// What the user calls it.
    #[column(unique, max_length = 100, check = "name <> ''")]
    pub name: String,
    /// Where it is.
    pub folder: String,
    /// Whether the user has put it away.
    #[column(default = false)]
    pub archived: bool,
    /// When it was added.
    #[column(stored = unix_seconds, default = now)]
    pub created_at: DateTime<Utc>,
}

/// What has become of an execution.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Running,
    /// It has ended well.
    Succeeded,
    /// It has ended with an error.
    Failed,
    /// It took too long.
    TimedOut,
}

/// A command that runs in a project.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    index(project_id, created_at.desc(), id.desc()),
    index(status, expires_at),
    check(ended = "(finished_at IS NULL) = (status IN ('queued', 'running'))"),
    has_many(events = Event)
)]
pub struct Execution {
    /// Its number.
    #[column(primary_key, auto)]
    pub id: i64,
    /// Goes with its project.
    #[column(references(Project, on_delete = cascade))]
    pub project_id: i64,
    /// What runs.
    #[column(check = "command <> ''")]
    pub command: String,
    /// What has become of it.
    #[column(default = Status::Queued)]
    pub status: Status,
    /// When the user asked for it.
    #[column(stored = unix_seconds)]
    pub created_at: DateTime<Utc>,
    /// When it times out.
    #[column(stored = unix_seconds)]
    pub expires_at: DateTime<Utc>,
    /// When it ended.
    #[column(stored = unix_seconds)]
    pub finished_at: Option<DateTime<Utc>>,
}

/// What an event is about.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The execution began.
    Started,
    /// A line that the command wrote.
    Output,
    /// The execution ended.
    Ended,
}

/// Something that happened in an execution.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(index(execution_id, id))]
pub struct Event {
    /// Its number. A later event of an execution has a larger one.
    #[column(primary_key, auto)]
    pub id: i64,
    /// Goes with its execution.
    #[column(references(Execution, on_delete = cascade))]
    pub execution_id: i64,
    /// What it is about.
    pub kind: Kind,
    /// Its words.
    pub text: String,
    /// When it happened.
    #[column(stored = unix_seconds)]
    pub at: DateTime<Utc>,
}

mizzle::schema! {
    /// All tables of the application.
    pub Desktop = [Project, Execution, Event]
}
