//! Builds the peers' programs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::plan::{self, Target};
use super::{Options, What};
use crate::{process, root, setup, steps};

/// The programs with the peers, as far as they are needed.
pub(crate) struct Programs {
    native: PathBuf,
    /// With the feature `tokio`.
    tasks: PathBuf,
    /// The peers that need another version of SQLite than mizzle.
    sqlx: PathBuf,
}

impl Programs {
    pub(crate) fn build(options: &Options) -> Result<Self> {
        setup::postgres()?;
        let root = root()?;
        let folder = target()?.join("benches");
        let build = |program: Program, is_needed: bool| match is_needed {
            true => {
                let (package, name) = match program {
                    Program::Native | Program::Tasks => ("benches", "peer"),
                    Program::Sqlx => ("benches/sqlx", "peer-sqlx"),
                };
                one(&root.join(package), &folder, name, &program.features(options))
            }
            false => Ok(PathBuf::new()),
        };
        let targets = plan::targets(options);
        let needs_native = options.includes(What::Instructions)
            || targets.iter().any(|target| !target.has_tasks());
        let needs_sqlx =
            plan::PEERS.iter().any(|peer| options.includes_peer(peer) && on_sqlx(peer));
        let mut tasks = build(Program::Tasks, targets.iter().any(|target| target.has_tasks()))?;
        if needs_native && !tasks.as_os_str().is_empty() {
            // The next program has the same name.
            let copy = tasks.with_file_name("peer-async");
            fs::copy(&tasks, &copy).with_context(|| format!("can't write {}", copy.display()))?;
            tasks = copy;
        }
        Ok(Self {
            native: build(Program::Native, needs_native)?,
            tasks,
            sqlx: build(Program::Sqlx, needs_sqlx)?,
        })
    }

    /// Returns the program that contains a peer.
    pub(crate) fn of(&self, target: Target, peer: &str) -> &Path {
        match peer {
            _ if on_sqlx(peer) => &self.sqlx,
            _ if target.has_tasks() => &self.tasks,
            _ => &self.native,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    Native,
    Tasks,
    Sqlx,
}

impl Program {
    /// Returns its features: those of the peers that run, as each takes long to build.
    fn features(self, options: &Options) -> String {
        let on_sqlite =
            [What::Sqlite, What::Instructions].iter().any(|what| options.includes(*what));
        let (own, peers): (_, &[&str]) = match self {
            Self::Native if on_sqlite => ("native", &["drizzle", "toasty"]),
            Self::Native => ("native", &["toasty"]),
            Self::Tasks => ("async", &["toasty"]),
            Self::Sqlx => ("sqlx", &["sea-orm"]),
        };
        let peers = peers.iter().copied().filter(|peer| options.includes_peer(peer));
        std::iter::once(own).chain(peers).collect::<Vec<_>>().join(",")
    }
}

fn on_sqlx(peer: &str) -> bool {
    matches!(peer, "sqlx" | "sea-orm")
}

fn one(package: &Path, folder: &Path, program: &str, features: &str) -> Result<PathBuf> {
    let mut cargo = steps::cargo();
    cargo.args(["build", "--release", "--locked", "--bin", program]);
    cargo.args(["--no-default-features", "--features", features]);
    cargo.arg("--manifest-path").arg(package.join("Cargo.toml")).arg("--target-dir").arg(folder);
    let status = process::run(&mut cargo)?;
    if !status.success() {
        bail!("`{}` failed: {status}", process::shown(&cargo));
    }
    Ok(folder.join("release").join(program))
}

/// Returns the folder for all builds.
pub(crate) fn target() -> Result<PathBuf> {
    let root = root()?;
    Ok(env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder)))
}
