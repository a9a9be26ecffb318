//! The command line: what a project's `db` program does with its schema.

mod answers;
mod args;
mod baseline;
mod check;
mod completions;
mod database;
mod diagram;
mod export;
mod failure;
mod generate;
mod generated;
mod hazards;
mod kit;
mod merge;
mod migrate;
mod pull;
mod push;
mod rollback;
mod status;
#[cfg(feature = "studio")]
mod studio;
mod ui;
mod unapplied;
mod undo;

pub use kit::{Kit, main};

use std::path::PathBuf;

use orm_core::Dialect;
use orm_core::schema::TableDef;

use failure::Failure;
use ui::Ui;

/// The state that a command works with.
struct Session {
    /// The tables of the structs.
    tables: Vec<TableDef>,
    /// The folder of the migrations.
    dir: PathBuf,
    /// The dialects that the project names.
    dialects: Option<Vec<Dialect>>,
    /// The database, if one is named.
    url: Option<String>,
    ui: Ui,
}

/// The result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Done, or there was nothing to do.
    Done = 0,
    /// Failed, or found an error.
    Failed = 1,
    /// Needs an answer, which a flag can give.
    AnswerNeeded = 2,
}

/// The output of a command that ran to its end.
struct Report {
    exit: Exit,
    /// The document for `--json`.
    json: serde_json::Value,
}

impl Report {
    fn done(json: serde_json::Value) -> Self {
        Self { exit: Exit::Done, json }
    }
}

type Outcome = Result<Report, Failure>;
