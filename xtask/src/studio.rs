//! The tests of the studio's page in a browser, on both databases.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::postgres::Server;
use crate::{process, setup, steps};

/// Where the tests are, with the packages that they need.
const FOLDER: &str = "tests/studio/browser";

/// Builds the program, and runs the tests with it. Without node or a browser they are left out, which is said.
///
/// # Errors
/// If one fails.
pub(crate) fn test(server: &Server, prepare: impl Fn(&mut Command)) -> Result<()> {
    let folder = Path::new(FOLDER);
    if !has_node() {
        println!(
            "left out: the tests of the page need node, version 20 or later, and it isn't there"
        );
        return Ok(());
    }
    let Some(browser) = setup::chromium()? else {
        println!("left out: the tests of the page need Chromium, which can't be installed here");
        return Ok(());
    };
    succeed(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    let mut build = steps::cargo();
    // With the features of the step `test`, which has built it already.
    build.args(["build", "--quiet", "--workspace", "--all-features", "--example", "db"]);
    prepare(&mut build);
    succeed(&mut build)?;
    let sqlite = empty_file().context("no file for SQLite's database")?;
    let screenshots = target().join("studio-screenshots");
    let mut run = Command::new("node");
    run.arg(folder.join("run.mjs"))
        .env("STUDIO_PROGRAM", target().join("debug/examples/db"))
        .env("STUDIO_SQLITE_URL", format!("sqlite:{}", sqlite.display()))
        .env("STUDIO_POSTGRES_URL", server.create_database("studio_page")?)
        .env("STUDIO_SCREENSHOTS", &screenshots)
        .env("STUDIO_BROWSER", browser);
    succeed(&mut run).with_context(|| format!("pictures are in {}", screenshots.display()))
}

/// Returns the path of a fresh file. The program creates none, so that a wrong path is an error.
fn empty_file() -> std::io::Result<PathBuf> {
    let folder = target().join("studio-page");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("studio.db");
    std::fs::write(&file, "")?;
    file.canonicalize()
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}

fn has_node() -> bool {
    let mut node = Command::new("node");
    node.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    node.status().is_ok_and(|status| status.success())
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = process::run(command)?;
    if !status.success() {
        bail!("`{}` ended with {status}", process::shown(command));
    }
    Ok(())
}
