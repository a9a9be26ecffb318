//! Builds the peers' programs.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{Options, What, plan};
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
        let native = one(&root.join("benches"), &folder, "peer", &features(options, false))?;
        let needs_sqlx =
            plan::PEERS.iter().any(|peer| options.includes_peer(peer) && on_sqlx(peer));
        let sqlx = match needs_sqlx {
            true => {
                let features = features(options, true);
                one(&root.join("benches/sqlx"), &folder, "peer-sqlx", &features)?
            }
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

/// Returns the features of a program: those of the peers that run, as each takes long to build.
fn features(options: &Options, sqlx: bool) -> String {
    let mut features = vec![if sqlx { "sqlx" } else { "native" }];
    let on_sqlite = [What::Sqlite, What::Instructions].iter().any(|what| options.includes(*what));
    for (peer, is_sqlx, runs) in
        [("drizzle", false, on_sqlite), ("toasty", false, true), ("sea-orm", true, true)]
    {
        if runs && is_sqlx == sqlx && options.includes_peer(peer) {
            features.push(peer);
        }
    }
    features.join(",")
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
