//! The entry point of the command line: from the arguments to the exit code.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use orm_core::schema::TableDef;
use orm_core::{Dialect, Schema};

use super::args::{Arguments, Command};
use super::failure::Failure;
use super::ui::Ui;
use super::{Exit, Outcome, Session};

/// Runs the command line for a project's schema, with the defaults of [`Kit`]. Use it as the `main` of a program that
/// generates and runs the project's migrations.
///
/// `cargo run --bin db -- help` lists the commands. The exit code is 0 if the command succeeded or had nothing to do,
/// 1 if it failed, and 2 if it needs an answer that a flag can give.
pub fn main<S: Schema>() -> ExitCode {
    Kit::new().run::<S>()
}

/// Settings of the command line.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `run`"]
pub struct Kit {
    dir: PathBuf,
    dialects: Option<Vec<Dialect>>,
}

impl Default for Kit {
    fn default() -> Self {
        Self { dir: "migrations".into(), dialects: None }
    }
}

impl Kit {
    /// Returns the default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the folder of the migrations, relative to the working directory; `migrations` by default. `--dir`
    /// overrides it.
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = dir.as_ref().to_owned();
        self
    }

    /// Sets the databases that the project runs on: `generate` writes migrations for them, and `check` reads them. By
    /// default these are the databases that already have a folder, or SQLite and PostgreSQL if none has.
    pub fn dialects(mut self, dialects: &[Dialect]) -> Self {
        self.dialects = Some(dialects.to_vec());
        self
    }

    /// Runs the command that the program's arguments name.
    pub fn run<S: Schema>(self) -> ExitCode {
        let args: Vec<OsString> = env::args_os().collect();
        let parsed = Arguments::command()
            .try_get_matches_from(&args)
            .and_then(|matches| Arguments::from_arg_matches(&matches));
        let (ui, outcome) = match parsed {
            Ok(arguments) => {
                let ui = Ui::new(arguments.global.json, arguments.global.color);
                let session = Session {
                    tables: S::tables(),
                    dir: arguments.global.dir.unwrap_or(self.dir),
                    dialects: self.dialects,
                    url: arguments.global.url.or_else(url_of_environment),
                    ui,
                };
                let outcome = session.run(&arguments.command);
                (session.ui, outcome)
            }
            // Report this even if the arguments can't be understood.
            Err(error) => {
                let json = args.iter().any(|argument| argument == "--json");
                if !error.use_stderr() || !json {
                    return usage(&error);
                }
                (Ui::new(true, Default::default()), Err(Failure::usage(&error)))
            }
        };
        ExitCode::from(ui.finish(outcome) as u8)
    }
}

impl Session {
    /// Returns the tables of the structs, and the views in the words of this database.
    pub(super) fn tables_of(&self, dialect: Dialect) -> Vec<TableDef> {
        self.tables.iter().map(|table| table.of_dialect(dialect)).collect()
    }

    fn run(&self, command: &Command) -> Outcome {
        match command {
            Command::Generate(options) => self.generate(options),
            Command::Merge(options) => self.merge(options),
            Command::Undo(options) => self.undo(options),
            Command::Migrate(options) => self.migrate(options),
            Command::Rollback(options) => self.rollback(options),
            Command::Status => self.status(),
            Command::Push(options) => self.push(options),
            Command::Pull(options) => self.pull(options),
            Command::Check(options) => self.check(options),
            Command::Export(options) => self.export(options),
            Command::Diagram(options) => self.diagram(options),
            #[cfg(feature = "studio")]
            Command::Studio(options) => self.studio(options),
            Command::Completions(options) => self.completions(options),
        }
    }
}

/// Prints help, or the error in the arguments. clap's own exit code for errors has another meaning here.
fn usage(error: &clap::Error) -> ExitCode {
    // If printing fails, nothing more can be done.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { Exit::Failed } else { Exit::Done } as u8)
}

fn url_of_environment() -> Option<String> {
    env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())
}
