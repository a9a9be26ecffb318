//! What the tests of D1 need: node, and the packages of `tests/d1`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process;

/// Installs the packages, as the lock file names them. Returns whether there is a node to run them, and says so otherwise.
///
/// # Errors
/// If the packages can't be installed.
pub(crate) fn is_possible() -> Result<bool> {
    let folder = Path::new("tests/d1");
    let mut node = Command::new("node");
    node.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    if !node.status().is_ok_and(|status| status.success()) {
        println!("left out: the tests of D1 need node, version 20 or later, and it isn't there");
        return Ok(false);
    }
    let mut install = Command::new("npm");
    install.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder);
    let status = process::run(&mut install)?;
    if !status.success() {
        bail!("npm ended with {status}");
    }
    Ok(true)
}
