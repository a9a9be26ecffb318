//! Builds the peers' programs.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{Options, plan};
use crate::{process, root, setup, steps};

/// The programs with the peers. Peers that need another version of SQLite than mizzle are in the second.
pub(crate) struct Programs {
    native: PathBuf,
    sqlx: PathBuf,
}

impl Programs {
    pub(crate) fn build(options: &Options) -> Result<Self> {
        setup::postgres()?;
        let root = root()?;
        let folder = target()?.join("benches");
        let native = one(&root.join("benches"), &folder, "peer")?;
        let needs_sqlx =
            plan::PEERS.iter().any(|peer| options.includes_peer(peer) && on_sqlx(peer));
        let sqlx = match needs_sqlx {
            true => one(&root.join("benches/sqlx"), &folder, "peer-sqlx")?,
            false => PathBuf::new(),
        };
        Ok(Self { native, sqlx })
    }

    /// Returns the program that contains a peer.
    pub(crate) fn of(&self, peer: &str) -> &Path {
        if on_sqlx(peer) { &self.sqlx } else { &self.native }
    }
}

fn on_sqlx(peer: &str) -> bool {
    matches!(peer, "sqlx" | "sea-orm")
}

fn one(package: &Path, folder: &Path, program: &str) -> Result<PathBuf> {
    let mut cargo = steps::cargo();
    cargo.args(["build", "--release", "--locked", "--bin", program]);
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
