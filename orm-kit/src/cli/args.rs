//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use orm_core::Dialect;

/// Generates and runs the migrations of this project.
///
/// The schema is that of the structs in this program. After you change them, `generate` writes a migration for you to
/// review, and `migrate` applies it.
#[derive(Parser)]
#[command(disable_version_flag = true, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes:
  0  done, or nothing to do
  1  failed, refused, or something wrong was found (`generate --check`: a migration is missing)
  2  an answer is needed: pass the flag that the message names")]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Args)]
pub(super) struct Global {
    /// The database: `sqlite:path/to/file.db` or `postgres://…`; by default DATABASE_URL
    #[arg(long, global = true, help_heading = "Common options")]
    pub(super) url: Option<String>,
    /// The folder of the migrations; `migrations` unless the program sets another
    #[arg(long, global = true, help_heading = "Common options")]
    pub(super) dir: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long, global = true, help_heading = "Common options")]
    pub(super) json: bool,
    /// Whether to print in colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        help_heading = "Common options",
        default_value_t,
        value_enum,
        hide_possible_values = true
    )]
    #[arg(help = "Whether to print in colour: auto, always or never")]
    pub(super) color: Color,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Write the migration from the last snapshot to the structs
    Generate(Generate),
    /// Join two migrations that were generated on different branches
    Merge(Merge),
    /// Remove the files of the newest migration, unless it is applied
    Undo(Undo),
    /// Apply the pending migrations
    Migrate(Migrate),
    /// Roll back the newest migrations
    Rollback(Rollback),
    /// List the migrations and their state
    Status,
    /// Change a development database to match the structs, without a migration
    Push(Push),
    /// Write structs for the tables of the database
    Pull(Pull),
    /// Look for risks and mistakes in pending migrations, in the folder and in the database
    Check(Check),
    /// Print the SQL that creates all tables
    Export(Export),
    /// Draw the tables: as Mermaid, DBML or SVG
    Diagram(Diagram),
    /// Show the data in a browser
    #[cfg(feature = "studio")]
    Studio(Studio),
    /// Print the completions of this program for a shell
    Completions(Completions),
}

/// A user's answers about names that are gone.
#[derive(Args)]
pub(super) struct Renames {
    /// Rename a table, column or label: `users=people`, `users.nick=nickname`, `users.role:admin=owner`
    #[arg(long, value_name = "OLD=NEW")]
    pub(super) rename: Vec<String>,
    /// Drop a table or column that could have been renamed: `users`, `users.nick`
    #[arg(long, value_name = "WHAT")]
    pub(super) drop: Vec<String>,
}

#[derive(Args)]
pub(super) struct Generate {
    /// The name of the migration; by default what it does, such as `create_users`
    #[arg(long)]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) renames: Renames,
    /// Write an empty migration, to fill in by hand
    #[arg(long)]
    pub(super) custom: bool,
    /// Write nothing; exit with 1 if a migration is missing, with 0 if not
    #[arg(long, conflicts_with = "custom")]
    pub(super) check: bool,
    #[command(flatten)]
    pub(super) dialects: Dialects,
}

#[derive(Args)]
pub(super) struct Merge {
    #[command(flatten)]
    pub(super) dialects: Dialects,
}

#[derive(Args)]
pub(super) struct Undo {
    /// Remove hand-written SQL too
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) dialects: Dialects,
}

#[derive(Args)]
pub(super) struct Migrate {
    /// The last migration to apply; by default all
    #[arg(long, value_name = "VERSION")]
    pub(super) to: Option<String>,
    /// Print the SQL that would run, and run nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Continue even if files of applied migrations were edited
    #[arg(long)]
    pub(super) allow_edited: bool,
}

#[derive(Args)]
pub(super) struct Rollback {
    /// How many migrations to roll back
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "to")]
    pub(super) steps: usize,
    /// The migration to go back to, which stays applied; `0` rolls back all
    #[arg(long, value_name = "VERSION")]
    pub(super) to: Option<String>,
    /// Roll back even if rows and values are lost
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Args)]
pub(super) struct Push {
    /// Drop tables and columns even if rows and values are lost
    #[arg(long)]
    pub(super) force: bool,
    /// Print the SQL that would run, or fail as the push would, and change nothing: it runs in a transaction that is rolled back
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) renames: Renames,
}

#[derive(Args)]
pub(super) struct Pull {
    /// The file to write; by default the structs are printed
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "out")]
    pub(super) force: bool,
    /// Write the first migration too, and record it as applied, for `generate` and `migrate` to build on
    #[arg(long)]
    pub(super) baseline: bool,
    /// The dialect of the baseline: sqlite, postgres or d1; by default that of the URL
    #[arg(long, value_parser = dialect, requires = "baseline")]
    pub(super) dialect: Option<Dialect>,
}

#[derive(Args)]
pub(super) struct Check {
    /// Exit with 1 for warnings too
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) dialects: Dialects,
}

#[derive(Args)]
pub(super) struct Dialects {
    /// Only for one database: sqlite, postgres or d1
    #[arg(long = "dialect", value_name = "DIALECT", value_parser = dialect)]
    pub(super) dialects: Vec<Dialect>,
}

#[derive(Args)]
pub(super) struct Export {
    /// The dialect of the SQL: sqlite, postgres or d1; by default that of the URL
    #[arg(long, value_parser = dialect)]
    pub(super) dialect: Option<Dialect>,
}

#[derive(Args)]
pub(super) struct Diagram {
    /// The language; by default that of the file's extension (.mmd, .dbml, .svg), or Mermaid
    #[arg(long, value_enum)]
    pub(super) format: Option<DiagramFormat>,
    /// The file to write; by default the diagram is printed
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write nothing; exit with 1 if the file differs from the structs, with 0 if not
    #[arg(long, requires = "out", conflicts_with = "force")]
    pub(super) check: bool,
    /// Overwrite a file that is not a diagram of this program
    #[arg(long, requires = "out")]
    pub(super) force: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DiagramFormat {
    Mermaid,
    Dbml,
    Svg,
}

#[cfg(feature = "studio")]
#[derive(Args)]
pub(super) struct Studio {
    /// The port to listen on; 0 for any that is free. By default 4983, or the next one that is free
    #[arg(long)]
    pub(super) port: Option<u16>,
    /// Refuse everything that writes
    #[arg(long)]
    pub(super) read_only: bool,
    /// Print the URL, and open no browser
    #[arg(long)]
    pub(super) no_open: bool,
}

#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

fn dialect(name: &str) -> Result<Dialect, String> {
    Dialect::ALL
        .into_iter()
        .find(|dialect| dialect.name() == name)
        .ok_or_else(|| "write `sqlite`, `postgres` or `d1`".into())
}
