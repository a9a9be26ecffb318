//! The command line: what a project's own `db` program does with its schema.

mod answers;
mod args;
mod check;
mod database;
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
mod ui;
mod undo;

pub use kit::{Kit, main};

use std::path::PathBuf;

use orm_core::Dialect;
use orm_core::schema::TableDef;

use failure::Failure;
use ui::Ui;

/// What a command works with.
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

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// It is done, or there was nothing to do.
    Done = 0,
    /// It failed, or found something wrong.
    Failed = 1,
    /// It needs an answer, which a flag gives.
    AnswerNeeded = 2,
}

/// What a command that ran to its end tells.
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
