//! Where the command line begins: from the arguments to the exit code.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use orm_core::{Dialect, Schema};

use super::args::{Arguments, Command};
use super::failure::Failure;
use super::ui::Ui;
use super::{Exit, Outcome, Session};

/// The command line of a project's schema, with the defaults of [`Kit`]: the `main` of a program that generates and
/// runs the project's migrations.
///
/// `cargo run --bin db -- help` lists its commands. It ends with 0 when all is done or nothing was to do, 1 when it
/// failed, 2 when it needs an answer that a flag gives.
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
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The folder of the migrations, from where the program runs; `migrations` by default. `--dir` goes before it.
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = dir.as_ref().to_owned();
        self
    }

    /// The databases that the project runs on: for which `generate` writes migrations, and `check` reads them. By
    /// default those that have a folder already, and both where none has.
    pub fn dialects(mut self, dialects: &[Dialect]) -> Self {
        self.dialects = Some(dialects.to_vec());
        self
    }

    /// Does what the program's arguments say.
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
            // Told even where no argument could be understood.
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
        }
    }
}

/// Prints help, or what is wrong with the arguments. clap's own exit code for the latter means something else here.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to do where this can't be printed.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { Exit::Failed } else { Exit::Done } as u8)
}

fn url_of_environment() -> Option<String> {
    env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())
}
