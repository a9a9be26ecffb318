//! The project's own commands.
//!
//! `cargo xtask test` sets up what it needs and runs every check. `cargo xtask bench` measures. `cargo xtask postgres
//! -- <command>` runs one command with a throwaway PostgreSQL server.

mod bench;
mod d1;
mod examples;
mod house;
mod pooler;
mod postgres;
mod process;
mod runner;
mod setup;
mod steps;
mod studio;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

use crate::postgres::{Purpose, Server};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Sets up what is needed and runs every check: format, lints, tests on both databases, documentation, examples.
    Test(runner::Options),
    /// Compares mizzle with the raw drivers and its peers: a table of medians and ratios, and a report with plots.
    Bench(bench::Options),
    /// Starts a throwaway PostgreSQL server, runs a command, and stops the server.
    ///
    /// The command finds the server's address in MIZZLE_TEST_POSTGRES_URL, which also replaces `{url}` in its
    /// arguments: `cargo xtask postgres -- psql {url}`.
    Postgres {
        /// The command and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            if process::interrupted() { ExitCode::from(130) } else { ExitCode::FAILURE }
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    process::watch_signals()?;
    match task {
        Task::Test(options) => {
            env::set_current_dir(root()?).context("can't enter the workspace")?;
            runner::test(&options)
        }
        Task::Bench(options) => {
            env::set_current_dir(root()?).context("can't enter the workspace")?;
            bench::bench(&options)
        }
        Task::Postgres { command } => beside_postgres(&command),
    }
}

fn beside_postgres(command: &[String]) -> Result<ExitCode> {
    let Some((program, args)) = command.split_first() else { bail!("no command is given") };
    let server = Server::start(Purpose::Tests)?;
    let mut command = Command::new(program);
    command.args(args.iter().map(|arg| arg.replace("{url}", &server.url())));
    server.lend_to(&mut command);
    let status = process::interactive(&mut command)?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Returns the workspace's folder.
fn root() -> Result<PathBuf> {
    let package =
        env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&package).parent().context("xtask has no parent folder")?;
    Ok(root.to_owned())
}
